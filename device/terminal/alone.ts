import { checkInEarlyMs, checkInLateMs, hashCheckInCode, readCheckInCode } from "../../protocol/check-in-code.ts";
import type { ProtocolError } from "../../protocol/errors.ts";
import { refuse } from "../../protocol/errors.ts";
import type { TerminalAppointments } from "../../protocol/messages.ts";
import { printAgain, printFromReserve } from "./paper.ts";
import { appointmentLetter, today } from "./reserve.ts";
import { localDate } from "./time-of-day.ts";
import type { State, Step, Touch } from "./types.ts";

type Entry = TerminalAppointments["appointments"][number];

/** What becomes of a code without the hub: a step, or why its holder is turned away. */
export type Judged = { ok: true; step: Step } | { ok: false; error: ProtocolError };

/**
 * Checks in by a code without the hub: by the lists that it left here, with a number from the reserve. One appointment has
 * one number here, however often its code is shown. Whoever cannot be judged gets a number too, and shows his code at the
 * desk.
 *
 * @param readAt when the code was read, by the hub's clock as far as known.
 */
export function checkInAlone(state: State, request: string, text: string, readAt: number): Judged {
  const code = readCheckInCode(text);
  if (!code) return { ok: false, error: refuse("bad-code", "not a check-in code") };
  const hash = hashCheckInCode(text);
  const before = state.alone.admitted.find((touch) => touch.code === hash);
  const { sure } = state.alone.clock;
  const isOver = sure && before?.ticket?.day !== today(state);
  if (before?.ticket && !isOver) return { ok: true, step: printAgain(state, before, before.ticket) };
  const entry = state.alone.lists.flatMap(({ appointments }) => appointments).find((one) => one.code === hash);
  const declined = whyNot(state, code, entry, readAt, sure);
  if (declined) return { ok: false, error: declined };
  const isJudged = sure && entry?.state === "confirmed";
  const services = entry
    ? [...new Set(entry.services)]
    : (state.office?.services.slice(0, 1).map(({ id }) => id) ?? []);
  const [service] = services;
  // Without a service the hub could not take the number.
  if (service === undefined) return noNumber;
  const touch: Touch = {
    request,
    service,
    language: state.language,
    at: state.hubAt,
    step: "sent",
    ticket: null,
    report: null,
    reserve: null,
    code: hash,
    toDesk: !isJudged,
    left: false,
  };
  const time = entry ? { appointmentAt: entry.at } : {};
  const step = printFromReserve(state, touch, { letter: appointmentLetter, services, at: readAt, ...time });
  return step ? { ok: true, step } : noNumber;
}

const noNumber: Judged = { ok: false, error: refuse("unavailable", "the hub does not answer") };

function whyNot(
  state: State,
  code: { site: number; day: string },
  entry: Entry | undefined,
  readAt: number,
  sure: boolean,
): ProtocolError | undefined {
  const { office } = state;
  if (office?.siteNumber !== undefined && code.site !== office.siteNumber) {
    return refuse("other-site", "this code is for another office");
  }
  if (entry?.state === "cancelled") return refuse("cancelled", "the appointment was cancelled");
  if (entry?.state === "moved") {
    const date = localDate(Date.parse(entry.at), office?.timeZone ?? "UTC");
    return refuse("moved", "the appointment was moved", { date });
  }
  // Without a clock nothing can be said about days and times.
  if (!sure) return undefined;
  if (code.day !== today(state)) return refuse("other-day", "the appointment is on another day", { date: code.day });
  return entry?.state === "confirmed" ? outOfTime(Date.parse(entry.at), readAt) : undefined;
}

const toSecond = (at: number) => Math.floor(at / 1000);

/** Judged in whole seconds, as by the hub. */
function outOfTime(at: number, readAt: number): ProtocolError | undefined {
  const [from, until] = [at - checkInEarlyMs, at + checkInLateMs];
  if (toSecond(readAt) < toSecond(from)) {
    return refuse("too-early", "it is too early", { from: new Date(from).toISOString() });
  }
  if (toSecond(readAt) <= toSecond(until)) return undefined;
  return refuse("too-late", "the appointment has lapsed", { until: new Date(until).toISOString() });
}
