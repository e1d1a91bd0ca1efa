import { statSync } from "node:fs";
import type { Clock, OfficeClock } from "./clock.ts";

/**
 * The office's time where the machine's clock cannot be relied on: one without a battery starts in 1970 or at the hour of
 * its last stop and is set by the network a little later, and people mistype dates. By time alone tickets expire and
 * reservations lapse, so the hub counts on by itself when the clock is suddenly elsewhere, and believes it only when a time
 * server has set it or it has stayed there.
 *
 * Daylight saving is none of this: it moves no clock, only what is shown.
 */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A clock is corrected by so much without a word, in milliseconds. */
export const stepMs = minuteMs;
/** A clock that has been elsewhere for so long is followed, in milliseconds: whoever mistyped a date has seen it by then. */
export const settleMs = 5 * minuteMs;
/**
 * A clock that is further behind what the hub recorded last is wrong for certain when the hub starts, in milliseconds; less
 * is how coarsely a machine without a battery knows when it was stopped.
 */
export const behindMs = 2 * hourMs;
/** A hub may have been switched off for so long without anybody wondering, in milliseconds. */
export const awayMs = 7 * dayMs;
/** After a leap ahead by more than this nothing is erased for as long again, in milliseconds. */
export const leapMs = dayMs;
/** systemd-timesyncd asks at least every 2048 s (`PollIntervalMaxSec`, timesyncd.conf(5)); so old an answer still counts. */
export const syncMs = 2 * hourMs;
/** How often it is noted what time it is, in milliseconds. */
const keptEveryMs = minuteMs;

/** What the machine shows at one moment, in milliseconds. */
export interface Reading {
  /** Since the epoch: the clock that can be set. */
  wall: number;
  /** Since any moment: it is never set. */
  running: number;
  /** When a time server last set the clock, by the clock itself; undefined where none has since the machine started. */
  syncedAt: number | undefined;
}

/** What of the office's time is known at a start. */
export interface KnownTime {
  /** When the hub was last at work. */
  at: number;
  /** Nothing is erased before this. */
  eraseFrom: number;
}

/** How the office's time goes on. */
export interface Course {
  /** The office's time is the running clock and this. */
  offset: number;
  /** The clock is elsewhere, and not followed yet. */
  doubt: Doubt | null;
  eraseFrom: number;
}

interface Doubt {
  offset: number;
  /** When it was first seen there: by the running clock, by the clock itself, and by the office's time. */
  since: number;
  shown: number;
  counted: number;
  /** Whoever set it did that after this, by the clock itself. */
  from: number;
  /** It lies behind what has already happened: only when it is set again is it looked at. */
  isImpossible: boolean;
}

/** By which time the office begins. @param isBusy whether somebody waits or is at a desk, for whom a day would end. */
export function beginCourse(known: KnownTime | undefined, reading: Reading, isBusy: boolean): Course {
  const { wall, running } = reading;
  const offset = wall - running;
  const from = Number.NEGATIVE_INFINITY;
  if (!known || isSynced(reading, from)) return { offset, doubt: null, eraseFrom: 0 };
  const ahead = wall - known.at;
  if (ahead < -stepMs || (ahead > awayMs && isBusy)) {
    const isImpossible = ahead < -behindMs;
    const doubt = { offset, since: running, shown: wall, counted: known.at, from, isImpossible };
    return { offset: known.at - running, doubt, eraseFrom: known.eraseFrom };
  }
  return { offset, doubt: null, eraseFrom: heldUntil(ahead, wall, known.eraseFrom) };
}

/** How the office's time goes on from one moment to the next. */
export function goOn(course: Course, reading: Reading): Course {
  const { wall, running } = reading;
  const offset = wall - running;
  const ahead = offset - course.offset;
  if (Math.abs(ahead) <= stepMs) {
    const isHeld = wall < course.eraseFrom && !isSynced(reading, course.eraseFrom - leapMs);
    return { offset, doubt: null, eraseFrom: isHeld ? course.eraseFrom : 0 };
  }
  const before = course.doubt;
  const isSet = before === null || Math.abs(offset - before.offset) > stepMs;
  const counted = timeOf(course, reading);
  const doubt = isSet ? { offset, since: running, shown: wall, counted, from: wall, isImpossible: false } : before;
  if (isSynced(reading, doubt.from)) return { offset, doubt: null, eraseFrom: 0 };
  // What could not be has been put right.
  const isCorrected = isSet && before?.isImpossible === true && ahead > 0 && ahead <= awayMs;
  const hasSettled = !doubt.isImpossible && running - doubt.since >= settleMs;
  if (!isCorrected && !hasSettled) return { ...course, doubt };
  return { offset, doubt: null, eraseFrom: heldUntil(ahead, wall, course.eraseFrom) };
}

const heldUntil = (ahead: number, wall: number, before: number) => (ahead > leapMs ? wall + leapMs : before);

/** Whether a time server has set the clock since it went the way it goes now. */
const isSynced = ({ wall, syncedAt }: Reading, from: number) =>
  syncedAt !== undefined && syncedAt >= from - stepMs && syncedAt >= wall - syncMs && syncedAt <= wall + stepMs;

/** The office's time, in milliseconds since the epoch. */
export const timeOf = ({ offset }: Course, { running }: Pick<Reading, "running">): number => running + offset;

export const mayErase = (course: Course, reading: Pick<Reading, "running">): boolean =>
  course.doubt === null && timeOf(course, reading) >= course.eraseFrom;

const iso = (at: number) => new Date(at).toISOString();

/** What staff are told, in words. */
export function doubtOf(course: Course, reading: Pick<Reading, "running">): string | undefined {
  const { doubt, eraseFrom } = course;
  if (doubt) {
    const until = doubt.isImpossible ? "the clock is set" : `it has stayed there for ${settleMs / minuteMs} min`;
    const shown = `the machine's clock showed ${iso(doubt.shown)}`;
    return `${shown}: the hub goes on from ${iso(doubt.counted)} by its own count until ${until}`;
  }
  if (mayErase(course, reading)) return undefined;
  return `the machine's clock was set ahead to ${iso(eraseFrom - leapMs)}: nothing is erased before ${iso(eraseFrom)}`;
}

/** The clocks of the machine. */
export interface Machine {
  wall(): number;
  running(): number;
  syncedAt(): number | undefined;
}

/** Touched by systemd-timesyncd whenever it has heard a time server (systemd-timesyncd.service(8)). */
const syncFile = "/run/systemd/timesync/synchronized";

export const machineClocks: Machine = {
  wall: () => Date.now(),
  // Whole milliseconds, as the office's time is stored.
  running: () => Math.floor(performance.now()),
  syncedAt: () => statSync(syncFile, { throwIfNoEntry: false })?.mtimeMs,
};

/** Under this name the store keeps what is known of the time. */
export const knownTimeKey = "time";

export interface SteadyClockOptions {
  machine: Machine;
  timers: Pick<Clock, "every" | "after">;
  known: KnownTime | undefined;
  isBusy: boolean;
  /** Makes it durable; may throw, and is then tried again. */
  keep(known: KnownTime): void;
}

export function createSteadyClock({ machine, timers, known, isBusy, keep }: SteadyClockOptions): OfficeClock {
  const read = (): Reading => ({ wall: machine.wall(), running: machine.running(), syncedAt: machine.syncedAt() });
  let course = beginCourse(known, read(), isBusy);
  let kept = known;

  function look(): Reading {
    const wall = machine.wall();
    const running = machine.running();
    const isPlain = course.eraseFrom === 0 && Math.abs(wall - running - course.offset) <= stepMs;
    const reading = { wall, running, syncedAt: isPlain ? undefined : machine.syncedAt() };
    course = goOn(course, reading);
    return reading;
  }

  return {
    ...timers,
    now() {
      const reading = look();
      return timeOf(course, reading);
    },
    doubt() {
      const reading = look();
      return doubtOf(course, reading);
    },
    mayErase() {
      const reading = look();
      return mayErase(course, reading);
    },
    look() {
      const reading = look();
      const at = timeOf(course, reading);
      const { eraseFrom } = course;
      if (kept && kept.eraseFrom === eraseFrom && Math.abs(at - kept.at) < keptEveryMs) return;
      keep({ at, eraseFrom });
      kept = { at, eraseFrom };
    },
  };
}
