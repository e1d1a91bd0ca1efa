import type { BoardView } from "../../device/board/view.ts";
import type { RecordedEvent } from "../../hub/office/events.ts";
import { keepCalls } from "./calls.ts";
import type { Schedule } from "./schedule.ts";

/** A number of the rules: what a board finds when it connects is announced only if it was called within this time. */
const freshMs = 30_000;
/** What tells of a call may be so late in a storm, in milliseconds, and the tick of a board. */
const lateMs = 16_000;
/** Calls that come together are announced one after the other, each so much later, in milliseconds. */
const eachMs = 5_000;
/** Before whoever is announced now stood those of so long, in milliseconds. */
const queueMs = 60_000;

/** How often somebody has been called by one call, and when last. */
interface Called {
  at: number;
  count: number;
}

/** What boards announce, heard by somebody who stands before them and knows who was called. */
export interface Gongs {
  /** What a board shows now; undefined when its power goes. */
  shown(board: string, view: BoardView | undefined): void;
  /** At this moment the hub's word does not come to a board that is switched on. */
  unreached(board: string): void;
  /** The next events of the record. */
  committed(events: readonly RecordedEvent[]): void;
  /** A backup was put in place: calls may be counted once more, and nobody knows what has to be heard. */
  restored(): void;
  /** What has not been announced at a board although it was called by this event, and nobody has taken it back. */
  missing(board: string, event: RecordedEvent): string | undefined;
}

/** What somebody has heard and seen at one board. */
interface Ear {
  /** What it announced, since it has power and before, and what it announces now. */
  announced: Map<string, Called>;
  before: Map<string, Called>;
  now: string | null;
  /** When it showed an evacuation last, and when the hub's word did not come to it. */
  evacuatedAt: number;
  unreachedAt: number;
}

const never = Number.NEGATIVE_INFINITY;

const isCall = (event: RecordedEvent) =>
  event.type === "ticket.called" ||
  event.type === "ticket.recalled" ||
  (event.type === "ticket.replaced" && event.desk !== null);

export function keepGongs(schedule: Schedule, wrong: (what: string) => void): Gongs {
  const calls = keepCalls();
  const made = new Map<string, Called>();
  const ears = new Map<string, Ear>();
  /**
   * When an evacuation began or ended last: nobody is called as long as it lasts, and who was still to be is afterwards, also he
   * whose announcement it broke off.
   */
  let evacuatedAt = never;
  let isOff = false;

  function earOf(board: string): Ear {
    const nothing = { announced: new Map(), before: new Map(), now: null, evacuatedAt: never, unreachedAt: never };
    const ear: Ear = ears.get(board) ?? nothing;
    ears.set(board, ear);
    return ear;
  }

  function judge(board: string, text: string, { announced, ...ear }: Ear): void {
    const at = schedule.now();
    const [, call = "", digits] = /^\d+\/(.+)\/(\d+)$/.exec(text) ?? [];
    const count = Number(digits);
    const known = made.get(call);
    const before = announced.get(call);
    const queued = [...announced.values()].filter((each) => at - each.at < queueMs).length;
    const agedMs = freshMs + lateMs + queued * eachMs;
    announced.set(call, { at, count });
    if (isOff) return;
    if (!known || count > known.count) wrong(`${board} announces ${text}, and nobody called`);
    else if (before && before.at >= Math.max(known.at, evacuatedAt, ear.evacuatedAt) && before.count >= count)
      wrong(`${board} announces ${text} once more`);
    else if (known.at > Math.max(evacuatedAt, ear.unreachedAt) && at - known.at > agedMs)
      wrong(`${board} announces ${text} of long ago`);
  }

  return {
    shown(board, view) {
      const ear = earOf(board);
      const now = view?.announcement ?? null;
      if (!view) Object.assign(ear, { before: ear.announced, announced: new Map() });
      else if (now !== null && now !== ear.now) judge(board, now, ear);
      ear.now = now;
      if (view && view.emergency !== null) ear.evacuatedAt = schedule.now();
    },
    unreached(board) {
      earOf(board).unreachedAt = schedule.now();
    },
    committed(events) {
      for (const event of events) {
        calls.hear(event);
        if (event.type === "office.changed" && event.what === "emergency") evacuatedAt = event.at;
        const [top] = calls.display().calls;
        if (isCall(event) && top) made.set(top.call, { at: event.at, count: top.count });
      }
    },
    restored() {
      isOff = true;
    },
    missing(board, event) {
      if (isOff || !isCall(event) || !("call" in event) || evacuatedAt >= event.at || calls.emergency !== null)
        return undefined;
      const isThere = calls.display().calls.some(({ call }) => call === event.call);
      const ear = ears.get(board);
      const last = ear?.announced.get(event.call) ?? ear?.before.get(event.call);
      if (!isThere || (last && last.at >= event.at)) return undefined;
      return `${board} has not announced ${event.call} in time`;
    },
  };
}
