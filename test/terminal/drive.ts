import { firstState, step } from "../../device/terminal/machine.ts";
import type { Effect, News, PhaseName, ReportedOutcome, Settings, State, Touch } from "../../device/terminal/types.ts";
import { makeCheckInCode } from "../../protocol/check-in-code.ts";
import { refuse } from "../../protocol/errors.ts";
import type { Ticket } from "../../protocol/messages.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

export const begin = Date.parse("2026-11-23T09:00:00Z");

/** How the time is known. */
interface Timekeeping {
  timeIsSure?: boolean;
  /** How far the terminal's own clock is behind the hub's, in milliseconds. */
  behindMs?: number;
  /** How far what the terminal takes for the hub's time is off before the first beat, in milliseconds. */
  hubOff?: number;
}

/** A machine driven by hand: the hub's time passes when told, ids count up, effects are kept. */
export function driveMachine(
  settings: Settings = makeSettings(),
  { timeIsSure = true, behindMs = 0, hubOff = 0 }: Timekeeping = {},
) {
  let state = firstState(settings, begin - behindMs);
  let now = begin;
  let ids = 0;
  const effects: Effect[] = [];
  const drive = {
    now: () => now,
    state: () => state,
    effects,
    /** Starts again from this state; the effects before it are forgotten. */
    set(next: State) {
      state = next;
      effects.length = 0;
    },
    pass(ms: number) {
      now += ms;
      return drive;
    },
    /** From the next beat on the hub's clock is off by so much, in milliseconds. */
    hubIsOff(ms: number) {
      hubOff = ms;
      return drive.feed({ type: "beat" });
    },
    /** Feeds inputs one after another; the id of the first is `id-1`. */
    feed(...given: News[]) {
      for (const one of given) {
        ids += 1;
        const next = step(state, { ...one, at: now - behindMs, id: `id-${ids}`, hubTime: now + hubOff, timeIsSure });
        state = next.state;
        effects.push(...next.effects);
      }
      return drive;
    },
    /** Ready for the first visitor. */
    open() {
      return drive.feed(
        { type: "journal", touches: [] },
        { type: "link", up: true },
        { type: "beat" },
        { type: "office", office: makeOffice() },
        { type: "status", peripheral: "printer", status: { state: "ready", detail: "" } },
        { type: "status", peripheral: "screen", status: { state: "ready", detail: "" } },
        { type: "status", peripheral: "scanner", status: { state: "ready", detail: "" } },
      );
    },
    /** Time passes while the hub keeps beating. */
    passLive(ms: number) {
      now += ms;
      return drive.feed({ type: "beat" }, { type: "tick" });
    },
    requests: (verb: string) => effects.filter((effect) => effect.type === "request" && effect.verb === verb),
    prints: () => effects.filter((effect) => effect.type === "print"),
    stored: () => effects.flatMap((effect) => (effect.type === "store" ? [effect.touch] : [])),
  };
  return drive;
}

export type Drive = ReturnType<typeof driveMachine>;

export const ticket: Ticket = makeTicket("A017", { ahead: 3, estimateMinutes: [20, 30] });

const appointment = { time: "2026-11-23T09:10:00Z", services: ["id-card"] };

let touches = 0;
/** A touch on the page with an id of its own. */
export function touch(what: { do: string; [more: string]: unknown }): News {
  touches += 1;
  return { type: "touch", input: { id: `touch-${touches}`, ...what } };
}

export const choose = (service = "id-card") => touch({ do: "choose", service });
export const press = (button = "one"): News => ({ type: "button", button, action: "press" });
export const issued = (request: string, of = ticket): News => {
  return { type: "answer", request, answer: { state: "done", result: { ticket: of, appointment } } };
};
export const paper = (job: string, outcome: "printed" | "failed" | "unknown"): News => {
  return { type: "paper", job, outcome: { outcome, sure: outcome !== "unknown", detail: "" } };
};

/** The keys of the pad, one after another. */
export const digits = (entered: string): News[] => [...entered].map((digit) => touch({ do: "digit", digit }));
/** Somebody born on 9 March 1984, from the start screen to the question at the hub. */
export const enterBirthdate = (entered = "09031984"): News[] => [
  touch({ do: "birthdate" }),
  ...digits(entered),
  touch({ do: "enter" }),
];

/** The request of the visitor that the machine is busy with. */
export function requestOf(state: State): string {
  const { phase } = state;
  if (!("request" in phase)) throw new Error(`no request in ${phase.name}`);
  return phase.request;
}

/** A code as the scanner reads it, by default one that the hub may know. */
export const scan = (text = makeCheckInCode({ site: 1, day: "2026-11-23" }, "1".repeat(22))) => ({
  type: "scan" as const,
  text,
});

/** Brings a new machine into a phase, the way a visitor would. */
export function arriveAt(phase: PhaseName, settings?: Settings): Drive {
  const drive = driveMachine(settings);
  if (phase === "starting") return drive;
  if (phase === "looking-back") {
    const last = openTouch({ step: "issued", ticket });
    return drive.feed({ type: "journal", touches: [last], last }).open();
  }
  drive.open();
  if (phase === "choose") return drive;
  if (phase === "birthdate") return drive.feed(touch({ do: "birthdate" }));
  if (phase === "appointment-time") {
    drive.feed(...enterBirthdate());
    const error = refuse("ambiguous", "enter the time");
    return drive.feed({ type: "answer", request: requestOf(drive.state()), answer: { state: "refused", error } });
  }
  if (phase === "checking") return drive.feed(scan());
  if (phase === "turned-away") return drive.feed(scan("no code of ours"));
  drive.feed(choose());
  if (phase === "asking") return drive;
  const request = requestOf(drive.state());
  if (phase === "unclear") return drive.feed({ type: "answer", request, answer: { state: "unknown", why: "" } });
  if (phase === "refused") {
    return drive.feed({ type: "answer", request, answer: { state: "refused", error: refuse("full", "full") } });
  }
  drive.feed(issued(request));
  if (phase === "printing") return drive;
  if (phase === "kept") return drive.feed(paper(`${request}.0`, "unknown"));
  drive.feed(paper(`${request}.0`, "printed"));
  if (phase === "taken") return drive;
  return drive.feed(touch({ do: "done" }), choose());
}

/** What is known of a paper that was reported once. */
export const reportOf = (outcome: ReportedOutcome) => ({
  attempt: 1,
  outcome,
  sure: outcome !== "unknown",
  detail: "",
});

export const openTouch = (changes: Partial<Touch> = {}): Touch => ({
  request: "before",
  service: "id-card",
  language: "de",
  at: begin - 5_000,
  step: "sent",
  ticket: null,
  report: null,
  reserve: null,
  code: null,
  toDesk: false,
  left: false,
  ...changes,
});
