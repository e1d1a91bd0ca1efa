import { generate } from "lean-qr";
import { checkInEarlyMs } from "../../protocol/check-in-code.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import type { Office, Ticket } from "../../protocol/messages.ts";
import { readableAccent } from "./accent.ts";
import { asksBirthdates, mayEnterAgain } from "./birthdate.ts";
import type { EntryScreen } from "./entry-view.ts";
import { entryScreen } from "./entry-view.ts";
import { isLive, isSettling, officeNow, officeService } from "./liveness.ts";
import { mayPrintCopy } from "./paper.ts";
import { hasReserve } from "./reserve.ts";
import { afterRestart } from "./restart.ts";
import type { Texts } from "./texts.ts";
import { fill, localText, mainLanguage, offeredLanguages, textsOf } from "./texts.ts";
import { aheadInWords, boardsInWords, waitInWords } from "./ticket.ts";
import { clockTime, shortDate, whenInWords } from "./time-of-day.ts";
import { findTouch } from "./touches.ts";
import type { KeptReason, Phase, Proof, State } from "./types.ts";

/** How a screen means what it says; the page gives each tone its colour and its sign or word. */
export type Tone = "calm" | "good" | "wait" | "problem";

/** A key on the screen and the touch that it sends. */
export interface Action {
  label: string;
  do: "again" | "birthdate" | "done";
}

export interface ServiceKey {
  service: string;
  name: string;
  /** What is written on the physical key; empty where there is none. */
  label: string;
  open: boolean;
  lines: string[];
}

/** What is offered to people with an appointment; empty texts where that way is not to be had. */
export interface AppointmentRow {
  question: string;
  scan: string;
  or: string;
  birthdate: string;
}

export type ScreenView =
  | EntryScreen
  | {
      kind: "choose";
      name: "choose";
      question: string;
      services: ServiceKey[];
      appointment: AppointmentRow | null;
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
  const { phase, office } = state;
  // Whatever somebody is at: he is to go.
  if (office?.emergency !== undefined) return message("emergency", "problem", office.emergency);
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
    case "looking-back":
      return phase.isDoubtful ? message("moment", "wait", texts.moment) : lookingBackScreen(phase, texts);
    case "taken":
      return takenScreen(state, phase, texts);
    case "kept":
      return keptScreen(state, phase, texts);
    case "refused":
      return refusedScreen(state, phase, texts);
    case "unclear":
      return message("unclear", "problem", texts.unclearTitle, [texts.unclearText], back);
    case "paused":
      return message("paused", "wait", texts.pausedTitle, [texts.pausedText], back);
    case "birthdate":
    case "appointment-time":
      return entryScreen(state, phase, texts);
    case "checking":
      return message("busy", "wait", texts.checking);
    case "turned-away":
      return turnedAwayScreen(state, phase, texts);
  }
}

function startScreen(state: State, texts: Texts): ScreenView {
  const office = officeNow(state);
  const isAlone = !isLive(state);
  if (isSettling(state)) return message("moment", "wait", texts.moment);
  const canGive = (service: string) => !isAlone || hasReserve(state, service);
  if (!office?.services.some(({ id }) => canGive(id)))
    return message("away", "calm", texts.awayTitle, [texts.awayText]);
  if (!office.open) return closedScreen(state, texts, office.nextChange);
  const services = office.services.map((service): ServiceKey => {
    const { bring, fee } = service;
    const isOpen = service.open && canGive(service.id);
    const details = [
      isOpen ? (isAlone ? "" : loadInWords(service, texts)) : texts.serviceClosed,
      service.open
        ? lateInWords(state, isAlone ? undefined : service.intake, texts)
        : opensInWords(state, texts, service.opensAt),
      bring ? fill(texts.bring, { what: localText(bring, state.language) }) : "",
      fee ? fill(texts.fee, { fee: localText(fee, state.language) }) : "",
    ];
    return {
      service: service.id,
      name: localText(service.names, state.language),
      label: state.settings.keys.find((key) => key.service === service.id)?.label ?? "",
      open: isOpen && (isAlone || service.intake?.stop !== "refuse"),
      lines: details.filter((line) => line !== ""),
    };
  });
  const appointment = appointmentRow(state, texts);
  return { kind: "choose", name: "choose", question: texts.question, services, appointment, more: texts.more };
}

function appointmentRow(state: State, texts: Texts): AppointmentRow | null {
  const canScan = state.office?.appointments === true && state.peripherals.scanner?.state === "ready";
  const canEnter = asksBirthdates(state);
  if (!canScan && !canEnter) return null;
  return {
    question: texts.appointmentQuestion,
    scan: canScan ? texts.appointmentScan : "",
    or: canScan && canEnter ? texts.appointmentOr : "",
    birthdate: canEnter ? texts.appointmentBirthdate : "",
  };
}

/** What somebody is told who could not be served before the office closes; empty while he could. */
function lateInWords(state: State, intake: Office["services"][number]["intake"], texts: Texts): string {
  if (!intake) return "";
  const when = instantInWords(state, texts, intake.from);
  const late = intake.stop === "refuse" ? texts.lateRefused : texts.lateWarning;
  return when ? `${late} ${fill(texts.lateBetter, { when })}` : late;
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
  const isSoon = opensAt !== null && Date.parse(opensAt) - state.hubAt <= checkInEarlyMs;
  const actions: Action[] =
    isSoon && asksBirthdates(state) ? [{ label: texts.checkInByBirthdate, do: "birthdate" }] : [];
  return message("closed", "calm", texts.closedTitle, opens ? [texts.opens, opens] : [], actions);
}

/** When a service that is closed by hand is open again, where that is known. */
function opensInWords(state: State, texts: Texts, opensAt: unknown): string {
  const when = instantInWords(state, texts, opensAt);
  return when === undefined ? "" : fill(texts.fullFrom, { when });
}

function instantInWords(state: State, texts: Texts, instant: unknown): string | undefined {
  const at = typeof instant === "string" ? Date.parse(instant) : Number.NaN;
  if (!state.office || Number.isNaN(at)) return undefined;
  return whenInWords(at, state.hubAt, texts, state.office.timeZone);
}

function timeInWords(state: State, texts: Texts, instant: unknown): string {
  const at = typeof instant === "string" ? Date.parse(instant) : Number.NaN;
  return state.office && !Number.isNaN(at) ? clockTime(at, texts, state.office.timeZone) : "";
}

function takenScreen(state: State, { ticket, request }: Extract<Phase, { name: "taken" }>, texts: Texts): ScreenView {
  const toDesk = findTouch(state, request)?.toDesk === true;
  return {
    kind: "number",
    name: "taken",
    tone: "good",
    heading: texts.take,
    number: ticket.number,
    lines: [
      toDesk ? texts.ticketShowCode : "",
      aheadInWords(ticket, texts) ?? "",
      waitInWords(ticket, texts) ?? "",
      boardsInWords(ticket, texts),
    ].filter((line) => line !== ""),
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
  "restart-printed": "afterRestartPrinted",
  "restart-failed": "afterRestartFailed",
} as const satisfies Record<KeptReason, keyof Texts>;

function lookingBackScreen({ ticket }: Extract<Phase, { name: "looking-back" }>, texts: Texts): ScreenView {
  const { number } = ticket;
  const lines = [texts.afterRestartLooking];
  return {
    kind: "number",
    name: "looking-back",
    tone: "wait",
    heading: texts.lastTicket,
    number,
    lines,
    qr: null,
    actions: [],
  };
}

function keptScreen(state: State, phase: Extract<Phase, { name: "kept" }>, texts: Texts): ScreenView {
  const { ticket, why, copies } = phase;
  const mayCopy = mayPrintCopy(why, copies, state.settings.limits);
  const again: Action[] = mayCopy ? [{ label: texts.printAgain, do: "again" }] : [];
  return {
    kind: "number",
    name: "kept",
    tone: toneOf(why),
    // After a restart somebody else may stand there, who must not take it for his.
    heading: afterRestart.has(why) ? texts.lastTicket : texts.yourNumber,
    number: ticket.number,
    lines: [texts[keptTexts[why]], ...toRemember(ticket, why, texts)],
    qr: ticket.statusUrl ? qrRows(ticket.statusUrl) : null,
    actions: [...again, { label: texts.done, do: "done" }],
  };
}

function toneOf(why: KeptReason): Tone {
  if (why === "restart-printed") return "good";
  return why === "unknown" || why === "restart" ? "calm" : "problem";
}

/** Whoever has his paper has the number on it. */
function toRemember(ticket: Ticket, why: KeptReason, texts: Texts): string[] {
  if (why === "restart-printed") return [];
  return [ticket.statusUrl ? texts.rememberOrScan : texts.remember];
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
    const opens = opensInWords(state, texts, error.opensAt);
    const lines = opens === "" ? [texts.serviceClosedText] : [opens, texts.serviceClosedText];
    return message("service-closed", "problem", fill(texts.serviceClosedTitle, name), lines, back);
  }
  if (error.code === "full") {
    const from = instantInWords(state, texts, error.from);
    const lines = from ? [fill(texts.fullFrom, { when: from }), texts.fullText] : [texts.fullText];
    return message("full", "problem", fill(texts.fullTitle, name), lines, back);
  }
  return message("refused", "problem", texts.refusedTitle, [texts.refusedText], back);
}

/** What somebody with an appointment is told, by the code of the hub's answer. */
const codeTexts = {
  "bad-code": ["badCodeTitle", "badCodeText"],
  "other-site": ["otherSiteTitle", "otherSiteText"],
  "other-day": ["otherDayTitle", "otherDayText"],
  "too-early": ["tooEarlyTitle", "tooEarlyText"],
  "too-late": ["tooLateTitle", "tooLateText"],
  "wrong-state": ["servedTitle", "servedText"],
  moved: ["movedTitle", "movedText"],
  cancelled: ["cancelledTitle", "cancelledText"],
  "not-confirmed": ["notConfirmedTitle", "notConfirmedText"],
  unavailable: ["noAnswerTitle", "noAnswerText"],
} as const satisfies Partial<Record<ErrorCode, [keyof Texts, keyof Texts]>>;

/** By birth date there is one answer for every case, so that nobody learns whether its owner is expected. */
const birthdateTexts = {
  "no-match": ["noMatchTitle", "noMatchText"],
  ambiguous: ["noMatchTitle", "noMatchText"],
  locked: ["lockedTitle", "lockedText"],
  unavailable: ["noBirthdateTitle", "noBirthdateText"],
  expired: ["noBirthdateTitle", "noBirthdateText"],
  forbidden: ["noBirthdateTitle", "noBirthdateText"],
} as const satisfies Partial<Record<ErrorCode, [keyof Texts, keyof Texts]>>;

const turnedAwayTexts: Record<Proof["way"], Partial<Record<ErrorCode, readonly [keyof Texts, keyof Texts]>>> = {
  code: codeTexts,
  birthdate: birthdateTexts,
};

/** Refusals after which somebody need only wait, or does something else: nothing is wrong. */
const isCalm = (way: Proof["way"], code: ErrorCode) => way === "birthdate" || code === "too-early";

function turnedAwayScreen(state: State, phase: Extract<Phase, { name: "turned-away" }>, texts: Texts): ScreenView {
  const { error, way } = phase;
  const [title, text] = turnedAwayTexts[way][error.code] ?? (["refusedTitle", "refusedText"] as const);
  const date = typeof error.date === "string" ? Date.parse(`${error.date}T12:00:00Z`) : Number.NaN;
  const values = {
    when: instantInWords(state, texts, error.from) ?? "",
    date: Number.isNaN(date) ? "" : shortDate(date, texts, "UTC"),
    time: timeInWords(state, texts, error.until),
  };
  const tone = isCalm(way, error.code) ? "calm" : "problem";
  const leadsToNumber = way === "birthdate" || error.code === "too-late" || error.code === "wrong-state";
  const onward: Action = { label: leadsToNumber ? texts.takeNumber : texts.back, do: "done" };
  const again: Action[] = mayEnterAgain(phase) ? [{ label: texts.enterAgain, do: "birthdate" }] : [];
  return message("turned-away", tone, fill(texts[title], values), [fill(texts[text], values)], [...again, onward]);
}
