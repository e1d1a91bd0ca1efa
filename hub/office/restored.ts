import { alarmKey, over, restoredAlarm, unheardAlarm } from "./alarms.ts";
import { terminalDays } from "./appointments/terminal-list.ts";
import { byTime, messageChanged } from "./closing.ts";
import { beginCollecting } from "./collecting.ts";
import type { OfficeEvent } from "./events.ts";
import { addRange, grantedLetters, topmostFree, unknownHolder } from "./reserves.ts";
import { heldRanges, seriesEnd } from "./series.ts";
import type { CalendarDay, OfficeState, ReserveRange } from "./state.ts";
import { dayAt, everyBoard } from "./state.ts";
import { isLive } from "./tickets.ts";
import { allTerminals } from "./users.ts";

/** What is known of the time between the backup that was put in place and the end of the file that it replaces. */
export interface Restored {
  /** The last that the backup knows, and the last instant at which anything may have happened since. */
  from: number;
  until: number;
  /** Numbers of each series that are left out behind the highest one known: they may have been given. */
  skip: number;
  /** Whether the ranges of terminals could be read in the file that was replaced. */
  rangesKnown: boolean;
}

/**
 * What a hub does before anything else when a backup was put in place: it goes on behind the highest number that may have
 * been given, leaves alone what terminals may hold, waits for what these know of the day, tells visitors on the boards
 * that they may have been forgotten, and staff that they must look.
 *
 * @param notice what the boards say, until the end of the day.
 */
export function afterRestore(state: OfficeState, restored: Restored, notice: string, now: number): OfficeEvent[] {
  const detail =
    `a backup was put in place: what happened from ${iso(restored.from)} to ${iso(restored.until)} is unknown; ` +
    "please check desks, boards and the queue";
  const awaited = allTerminals(state);
  return [
    {
      type: "office.changed",
      what: "restored",
      from: restored.from,
      until: restored.until,
      series: behind(state, Object.fromEntries(state.series), restored.skip),
      skip: restored.skip,
      awaited,
      rangesUnsure: !restored.rangesKnown,
      held: restored.rangesKnown ? [] : unknownRanges(state),
    },
    messageChanged(everyBoard, notice, dayAt(state, now)?.end ?? null, byTime),
    { type: "device.alarm", client: "hub", alarm: restoredAlarm, detail, open: true },
    ...beginCollecting(awaited),
  ];
}

/** So many numbers behind the last ones known. */
function behind(state: OfficeState, known: Record<string, number>, skip: number): Record<string, number> {
  const letters = grantedLetters(state).map((letter) => [letter, (known[letter] ?? 0) + skip] as const);
  return Object.fromEntries(letters.map(([letter, last]) => [letter, Math.min(last, seriesEnd(state))]));
}

/**
 * The numbers behind which a day goes on that begins: those known, or further on where others may have been given on it of
 * which nobody knows. It is such a day where the clock was wrong when the hub began with the backup.
 */
export function seriesOf(state: OfficeState, { start }: CalendarDay, known: Record<string, number>) {
  const { until = null, skip = 0 } = state.recovery ?? {};
  return until === null || until < start ? known : { ...known, ...behind(state, known, skip) };
}

/** Applies the beginning of an epoch to the state: all that the backup says of today is to be checked; see `evolve`. */
export function evolveRestored(state: OfficeState, event: Extract<OfficeEvent, { what: "restored" }>): void {
  const { skip, awaited, until } = event;
  state.recovery = { skip, awaited, unheard: [], until };
  for (const [letter, last] of Object.entries(event.series)) state.series.set(letter, last);
  if (event.rangesUnsure) {
    for (const range of [...state.reserves.values()].flat()) {
      if (!range.lost) Object.assign(range, { client: unknownHolder, lost: true });
    }
  }
  for (const { day, ...range } of event.held) addRange(state, day, { client: unknownHolder, lost: true, ...range });
  for (const desk of state.desks.values()) desk.afterRestore = true;
  for (const ticket of state.tickets.values()) ticket.afterRestore ||= isLive(ticket.state);
}

const acts: readonly OfficeEvent["type"][] = [
  "ticket.called",
  "ticket.recalled",
  "ticket.undone",
  "ticket.no-show",
  "ticket.parked",
  "ticket.resumed",
  "ticket.transferred",
  "ticket.finished",
  "desk.opened",
  "desk.closed",
  "desk.paused",
  "desk.resumed",
];

/** Whoever does something at a desk has seen how it stands. */
export function lookedAfter(state: OfficeState, event: OfficeEvent): void {
  if (!acts.includes(event.type) || !("desk" in event) || event.desk === null) return;
  const desk = state.desks.get(event.desk);
  if (desk) desk.afterRestore = false;
}

/** The day on which everybody had to look is over. */
export function watchRestored(state: OfficeState): OfficeEvent[] {
  return [restoredAlarm, unheardAlarm].flatMap((alarm) => {
    const open = state.alarms.get(alarmKey("hub", alarm));
    return open && dayAt(state, open.since)?.date !== state.day ? over(state, "hub", alarm) : [];
  });
}

const iso = (at: number) => new Date(at).toISOString();

/** Numbers that terminals may have been granted since the backup: of each series the topmost, once for every terminal. */
function unknownRanges(state: OfficeState): UnknownRange[] {
  const size = allTerminals(state).length * state.plan.reserveNumbers;
  return terminalDays(state).flatMap((day) =>
    grantedLetters(state).flatMap((letter) => {
      const given = day === state.day ? (state.series.get(letter) ?? 0) : 0;
      const range = topmostFree(state, heldRanges(state, day, letter), given, size);
      return range ? [{ day, letter, digits: state.plan.numberDigits, ...range }] : [];
    }),
  );
}

type UnknownRange = { day: string } & Pick<ReserveRange, "letter" | "first" | "last" | "digits">;
