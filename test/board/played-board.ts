import { type BoardInput, boardNext } from "../../device/board/machine.ts";
import { startBoard } from "../../device/board/start.ts";
import type { BoardState } from "../../device/board/state.ts";
import { boardView } from "../../device/board/view.ts";
import type { DisplayCall } from "../../protocol/messages.ts";

/** 23 November 2026, 10:42 in Berlin: where all tables begin, on the hub's clock. */
export const t0 = Date.parse("2026-11-23T09:42:00Z");
const iso = (ms: number) => new Date(ms).toISOString();

/** What a step of a table is: seconds since the start, and what happens then. */
export type Step = [seconds: number, what: What];
type What =
  | { display: string[]; revision: number; epoch?: number; message?: string; isKept?: boolean }
  | { revision: number }
  | "beat"
  | "link down"
  | "link up"
  | "tick";

/** `A017>1` is the first call of A017 to desk 1, `A017>1x2@-60` its recall, called 60 s before the start. */
function callOf(text: string, seconds: number): DisplayCall {
  const [, number = "", desk = "", count = "1", at] = /^(\w+)>([\w-]+?)(?:x(\d))?(?:@(-?\d+))?$/.exec(text) ?? [];
  const calledAt = iso(t0 + (at === undefined ? seconds : Number(at)) * 1000);
  return { call: `${number}-${desk}`, number, desk, deskName: `Platz ${desk}`, calledAt, count: Number(count) };
}

export interface World {
  /** How far the device's time is behind the hub's, in seconds. */
  behind?: number;
}

export function inputOf([seconds, what]: Step, { behind = 0 }: World): BoardInput {
  const now = t0 + (seconds - behind) * 1000;
  if (what === "tick") return { type: "tick", standInMs: undefined, now };
  if (what === "link down" || what === "link up") return { type: "link", up: what === "link up", now };
  if (what === "beat" || !("display" in what)) {
    const revisions = what === "beat" ? {} : { all: what.revision };
    const beat = { at: iso(t0 + seconds * 1000), session: "s", epoch: 1, seq: 1, revisions };
    return { type: "beat", beat, group: "all", now };
  }
  const calls = what.display.map((text) => callOf(text, seconds));
  const display = { epoch: what.epoch ?? 1, revision: what.revision, calls, message: what.message ?? null };
  return { type: "display", display, isKept: what.isKept ?? false, now };
}

/** Runs the steps with a tick each quarter of a second, and notes what was announced when, and each flash. */
export function play(
  steps: Step[],
  until: number,
  world: World = {},
): { announced: string[]; flashes: number[]; state: BoardState } {
  let state = startBoard(t0 - (world.behind ?? 0) * 1000);
  const announced: string[] = [];
  const flashes: number[] = [];
  let last: string | null = null;
  const ticks: Step[] = Array.from({ length: until * 4 }, (_, n) => [(n + 1) / 4, "tick"]);
  for (const step of [...steps, ...ticks].sort((a, b) => a[0] - b[0])) {
    state = boardNext(state, inputOf(step, world));
    const { announcement, current, flash } = boardView(state);
    if (announcement !== null && announcement !== last) {
      announced.push(`${step[0]} ${current?.number} ${current?.desk}`);
      flashes.push(0);
    }
    last = announcement;
    if (flash && step[1] === "tick") flashes[flashes.length - 1] = (flashes.at(-1) ?? 0) + 0.25;
  }
  return { announced, flashes, state };
}

export const tickAt = (now: number): BoardInput => ({ type: "tick", standInMs: undefined, now });
