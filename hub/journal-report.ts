import { refuse } from "../protocol/errors.ts";
import type { JournalTicket } from "../protocol/journal.ts";
import type { Parsed, Result } from "../protocol/requests.ts";
import type { ReserveNumber } from "./office/adopt.ts";
import { placesInTime } from "./office/adopt.ts";
import { collect } from "./office/collected.ts";
import { isSameNumber, recoverTicket } from "./office/recover.ts";
import { heldRanges, rangeAround } from "./office/series.ts";
import type { TicketRecord } from "./office/state.ts";
import { reportPaper } from "./office/tickets.ts";
import type { Adopted, TouchReply, TouchWork } from "./touch-requests.ts";
import { adoptOne, lastContact, lateAnswer, startOfDay, tellStaff, ticketIn } from "./touch-requests.ts";

/** A ticket, and whether the hub had not known it. */
type Taken = (Adopted & { ok: true } & { isNew: boolean }) | (Adopted & { ok: false });

/**
 * Takes what a terminal knows of the day after a backup was put in place: the numbers that it holds, and the tickets that it
 * gave. Those that are in the file stay as they are; the others come back. However often it is told, it has one effect.
 */
export function takeReport(work: TouchWork, report: Parsed<"journal.report">): TouchReply<"journal.report"> {
  const { state, caller, apply } = work;
  const { grants = [], tickets, done } = report;
  if (report.epoch !== state.epoch) {
    return { ok: false, error: refuse("bad-request", `epoch: the hub is in epoch ${state.epoch}`) };
  }
  // First the ranges: what was given from them is taken only then.
  apply(collect(state, caller, { numbers: new Map(), grants, done: false }));
  const result: Result<"journal.report"> = { taken: [], refused: [] };
  const numbers = new Map<string, number>();
  const places = reservePlaces(work, tickets);
  for (const item of tickets) {
    const { request, number, day, reserve } = item;
    const place = places.get(item);
    const taken = reserve && place ? readopt(work, item, { ...reserve, ...place }) : recover(work, item);
    if (!taken.ok) {
      result.refused.push({ request, number, error: taken.error });
      if (day === state.day) tellStaff(work, item, taken.error.message);
      continue;
    }
    notePaper(work, taken.ticket, item);
    result.taken.push({ request, ticket: taken.ticket.id, number, state: taken.ticket.state });
    if (!taken.isNew || reserve || number.length - 1 !== state.plan.numberDigits) continue;
    const letter = number.slice(0, 1);
    const value = Number(number.slice(1));
    // A copy of what another terminal gave from its reserve says nothing of how far the hub had come.
    if (rangeAround(heldRanges(state, day, letter), value)) continue;
    numbers.set(letter, Math.max(numbers.get(letter) ?? 0, value));
  }
  apply(collect(state, caller, { numbers, grants: [], done }));
  return { ok: true, result };
}

type Place = ReturnType<typeof placesInTime>[number];

/** The places in time of those that were given from the reserve. */
function reservePlaces(
  { state, caller, now }: TouchWork,
  tickets: readonly JournalTicket[],
): Map<JournalTicket, Place> {
  const given = tickets
    .flatMap((item) => (item.reserve ? [{ item, ...item.reserve, issuedAt: item.issuedAt }] : []))
    .sort((a, b) => a.order - b.order);
  const since = { sure: startOfDay(state, now), unsure: lastContact(state, caller, now) };
  const places = placesInTime(given, since, now);
  return new Map(given.flatMap(({ item }, index) => (places[index] ? [[item, places[index]]] : [])));
}

/** The hub had adopted it before. */
function readopt(
  work: TouchWork,
  journal: JournalTicket,
  reserve: Pick<ReserveNumber, "order" | "clock" | "contact" | "earnedAt" | "earliest">,
): Taken {
  const { request, number, day, service, services, issuedAt, language, code, kind, appointmentAt } = journal;
  const there = work.state.tickets.get(`${day}/${number}`);
  // A terminal that printed a copy of it may have been heard before.
  if (there?.origin === "hub" && isSameNumber(work.state, there, journal)) return recover(work, journal);
  const isNew = !there;
  const bookedAt = kind === "appointment" && appointmentAt !== undefined ? Date.parse(appointmentAt) : undefined;
  const about = { request, number, day, service, services, issuedAt, language, code };
  const item = { ...about, bookedAt, ...reserve, afterRestore: true };
  const adopted = adoptOne(work, item);
  return adopted.ok ? { ...adopted, isNew } : adopted;
}

/** The hub had given it itself. */
function recover(work: TouchWork, item: JournalTicket): Taken {
  const { state, caller, now } = work;
  const { request, number, day } = item;
  const verb = item.kind === "appointment" ? "appointment.check-in" : "ticket.issue";
  const known = work.answered(request);
  if (known && known.verb !== verb) {
    return { ok: false, error: refuse("bad-request", `request: is the id of a ${known.verb}`) };
  }
  const id = `${day}/${number}`;
  const answered = ticketIn(known?.body);
  const there = state.tickets.get(id);
  // Another terminal may have told of it: one that printed the number of an appointment too.
  const isSame = there && (answered?.id === id || isSameNumber(state, there, item));
  if (!isSame) {
    const made = answered && answered.id !== id ? state.tickets.get(answered.id) : undefined;
    // An appointment that was checked in before is answered with the number it has: that one stays.
    const own = made?.issuer === caller.client ? made : undefined;
    const recovered = recoverTicket(state, caller, item, own, now);
    if (!recovered.ok) return recovered;
    work.apply(recovered.events);
  }
  const ticket = state.tickets.get(id);
  if (!ticket) throw new Error(`${id} was taken back and is not there`);
  if (answered?.id !== id) work.tombstone(request, verb, { ok: true, result: lateAnswer(work, ticket, verb) });
  return { ok: true, ticket, isNew: !isSame };
}

/**
 * What became of the paper, where the file does not say; and that it came out after all, where his code was shown once more
 * after a first try that is on record or was told before.
 */
function notePaper({ state, caller, now, apply }: TouchWork, ticket: TicketRecord, { paper }: JournalTicket): void {
  if (!paper) return;
  const isNews = ticket.paper === "pending" || (paper.outcome === "printed" && ticket.paper !== "printed");
  if (!isNews) return;
  const reported = reportPaper(state, caller, { ticket: ticket.id, ...paper }, now);
  if (reported.ok) apply(reported.events);
}
