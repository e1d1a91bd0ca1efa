import { generate } from "lean-qr";
import type { Ticket } from "../../protocol/messages.ts";
import { readableAccent } from "./accent.ts";
import { isLive, isSettling, officeService } from "./liveness.ts";
import { mayPrintCopy } from "./paper.ts";
import type { Texts } from "./texts.ts";
import { fill, localText, mainLanguage, offeredLanguages, textsOf } from "./texts.ts";
import { aheadInWords, boardsInWords, waitInWords } from "./ticket.ts";
import { whenInWords } from "./time-of-day.ts";
import type { KeptReason, Phase, State } from "./types.ts";

/** How a screen means what it says; the page gives each tone its colour and its sign or word. */
export type Tone = "calm" | "good" | "wait" | "problem";

/** A key on the screen and the touch that it sends. */
export interface Action {
  label: string;
  do: "again" | "done";
}

export interface ServiceKey {
  service: string;
  name: string;
  /** What is written on the physical key; empty where there is none. */
  label: string;
  open: boolean;
  lines: string[];
}

export type ScreenView =
  | {
      kind: "choose";
      name: "choose";
      question: string;
      services: ServiceKey[];
      hint: string;
      /** The label of the key that shows the services for which there was no room. */
      more: string;
    }
  | { kind: "message"; name: string; tone: Tone; title: string; lines: string[]; actions: Action[] }
  | {
      kind: "number";
      name: string;
      tone: Tone;
      heading: string;
      number: string;
      lines: string[];
      /** Rows of a QR code, `1` for dark; null where there is nothing to scan. */
      qr: string[] | null;
      actions: Action[];
    };

/** All that the page draws; every text is in the visitor's language already. */
export interface View {
  office: string;
  accent: string;
  language: string;
  languages: { code: string; name: string }[];
  largePrint: { label: string; on: boolean };
  /** Shown above everything else while somebody looks for this very device; else empty. */
  banner: string;
  /** What the page says by itself when it no longer hears this device. */
  moment: string;
  screen: ScreenView;
}

export function viewOf(state: State): View {
  const { office, language, settings } = state;
  const texts = textsOf(settings.languages, language);
  const codes = office ? offeredLanguages(settings.languages, office) : [mainLanguage];
  return {
    office: office?.name ?? "",
    accent: readableAccent(office?.accent),
    language,
    languages: codes.map((code) => ({ code, name: textsOf(settings.languages, code).languageName })),
    largePrint: { label: texts.largePrint, on: state.large },
    banner: state.identifyUntil > state.at ? fill(texts.identify, { name: settings.client }) : "",
    moment: texts.moment,
    screen: screenOf(state, texts),
  };
}

function message(name: string, tone: Tone, title: string, lines: string[] = [], actions: Action[] = []): ScreenView {
  return { kind: "message", name, tone, title, lines, actions };
}

function screenOf(state: State, texts: Texts): ScreenView {
  const { phase } = state;
  const back: Action[] = [{ label: texts.back, do: "done" }];
  switch (phase.name) {
    case "starting":
      return message("moment", "wait", texts.moment);
    case "choose":
      return startScreen(state, texts);
    case "asking":
      return message("busy", "wait", texts.printing);
    case "printing":
      return message("busy", "wait", phase.copies === 0 ? texts.printing : texts.reprinting);
    case "taken":
      return takenScreen(phase.ticket, texts);
    case "kept":
      return keptScreen(state, phase, texts);
    case "refused":
      return refusedScreen(state, phase, texts);
    case "unclear":
      return message("unclear", "problem", texts.unclearTitle, [texts.unclearText], back);
    case "paused":
      return message("paused", "wait", texts.pausedTitle, [texts.pausedText], back);
    case "scanned": {
      const kind = fill(texts.symbology, { kind: symbologyName(phase.symbology, texts) });
      return message("scanned", "good", texts.scannedTitle, [kind, texts.scannedText], back);
    }
  }
}

function startScreen(state: State, texts: Texts): ScreenView {
  const { office } = state;
  if (isSettling(state)) return message("moment", "wait", texts.moment);
  if (!isLive(state) || !office) return message("away", "calm", texts.awayTitle, [texts.awayText]);
  if (!office.open) return closedScreen(state, texts, office.nextChange);
  const services = office.services.map((service): ServiceKey => {
    const { bring, fee } = service;
    const details = [
      service.open ? loadInWords(service, texts) : texts.serviceClosed,
      bring ? fill(texts.bring, { what: localText(bring, state.language) }) : "",
      fee ? fill(texts.fee, { fee: localText(fee, state.language) }) : "",
    ];
    return {
      service: service.id,
      name: localText(service.names, state.language),
      label: state.settings.keys.find((key) => key.service === service.id)?.label ?? "",
      open: service.open,
      lines: details.filter((line) => line !== ""),
    };
  });
  const hint = state.peripherals.scanner?.state === "ready" ? texts.scanHint : "";
  return { kind: "choose", name: "choose", question: texts.question, services, hint, more: texts.more };
}

/** `ca. 20–30 Min. · 5 warten`. */
function loadInWords(
  { waiting, estimateMinutes }: { waiting: number; estimateMinutes: [number, number] | null },
  texts: Texts,
): string {
  const people =
    waiting === 0 ? texts.waitingNone : waiting === 1 ? texts.waitingOne : fill(texts.waiting, { count: waiting });
  if (!estimateMinutes) return people;
  const [low, high] = estimateMinutes;
  if (high === 0) return waiting === 0 ? texts.minutesNone : people;
  const minutes = low === high ? fill(texts.minutesOne, { minutes: low }) : fill(texts.minutesRange, { low, high });
  return `${unbroken(minutes)} · ${unbroken(people)}`;
}

/** Breaks into lines between its parts only. */
function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

function closedScreen(state: State, texts: Texts, opensAt: string | null): ScreenView {
  const opens = instantInWords(state, texts, opensAt);
  return message("closed", "calm", texts.closedTitle, opens ? [texts.opens, opens] : []);
}

function instantInWords(state: State, texts: Texts, instant: unknown): string | undefined {
  const at = typeof instant === "string" ? Date.parse(instant) : Number.NaN;
  if (!state.office || Number.isNaN(at)) return undefined;
  return whenInWords(at, state.at, texts, state.office.timeZone);
}

function takenScreen(ticket: Ticket, texts: Texts): ScreenView {
  return {
    kind: "number",
    name: "taken",
    tone: "good",
    heading: texts.take,
    number: ticket.number,
    lines: [aheadInWords(ticket, texts), waitInWords(ticket, texts) ?? "", boardsInWords(ticket, texts)].filter(
      (line) => line !== "",
    ),
    qr: null,
    actions: [{ label: texts.done, do: "done" }],
  };
}

const keptTexts = {
  "paper-out": "noPaper",
  "cover-open": "coverOpen",
  offline: "noPrinter",
  failed: "printFailed",
  unknown: "printUnknown",
  restart: "afterRestart",
} as const satisfies Record<KeptReason, keyof Texts>;

function keptScreen(state: State, phase: Extract<Phase, { name: "kept" }>, texts: Texts): ScreenView {
  const { ticket, why, copies } = phase;
  const mayCopy = mayPrintCopy(why, copies, state.settings.limits);
  const again: Action[] = mayCopy ? [{ label: texts.printAgain, do: "again" }] : [];
  return {
    kind: "number",
    name: "kept",
    tone: why === "unknown" || why === "restart" ? "calm" : "problem",
    heading: texts.yourNumber,
    number: ticket.number,
    lines: [texts[keptTexts[why]], ticket.statusUrl ? texts.rememberOrScan : texts.remember],
    qr: ticket.statusUrl ? qrRows(ticket.statusUrl) : null,
    actions: [...again, { label: texts.done, do: "done" }],
  };
}

function qrRows(text: string): string[] {
  return generate(text).toString({ on: "1", off: "0", lf: "\n", pad: 0 }).trim().split("\n");
}

function refusedScreen(state: State, phase: Extract<Phase, { name: "refused" }>, texts: Texts): ScreenView {
  const { error, service } = phase;
  const names = officeService(state.office, service)?.names;
  const name = { service: names ? localText(names, state.language) : service };
  const back: Action[] = [{ label: texts.back, do: "done" }];
  if (error.code === "closed") {
    const opensAt = typeof error.opensAt === "string" ? error.opensAt : null;
    return { ...closedScreen(state, texts, opensAt), actions: back } as ScreenView;
  }
  if (error.code === "service-closed") {
    return message("service-closed", "problem", fill(texts.serviceClosedTitle, name), [texts.serviceClosedText], back);
  }
  if (error.code === "full") {
    const from = instantInWords(state, texts, error.from);
    const lines = from ? [fill(texts.fullFrom, { when: from }), texts.fullText] : [texts.fullText];
    return message("full", "problem", fill(texts.fullTitle, name), lines, back);
  }
  return message("refused", "problem", texts.refusedTitle, [texts.refusedText], back);
}

const symbologyNames: Record<string, string> = {
  qr: "QR",
  "data-matrix": "Data Matrix",
  aztec: "Aztec",
  pdf417: "PDF417",
  code128: "Code 128",
  ean: "EAN",
};

function symbologyName(symbology: string, texts: Texts): string {
  return symbologyNames[symbology] ?? (symbology === "other" ? texts.symbologyOther : texts.symbologyUnknown);
}
