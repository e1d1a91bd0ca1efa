import type { BoardView } from "../../device/board/view.ts";
import type { RecordedEvent } from "../../hub/office/events.ts";
import type { Display } from "../../protocol/messages.ts";
import * as office from "./office.ts";

/** Numbers are those of the rules: so many calls a display has, and a board has room for. */
const displayCallsMax = 20;
const boardCallsMax = 7;
/** Each desk may take its last call back, and then those before it are there still; older ones are forgotten. */
const keptCallsMax = displayCallsMax + office.desks.length;

/** What boards have to show, reckoned once more from the record and apart from the product. */
export interface Calls {
  /** The next event of the record. */
  hear(event: RecordedEvent): void;
  /** What the house is told to do instead of waiting. */
  readonly emergency: string | null;
  /** What a display must hold: its calls, the newest first, and what is said instead or beside. */
  display(): Pick<Display, "calls" | "message">;
  /** What a board must show that is not announcing anything. */
  board(): Pick<BoardView, "current" | "last" | "emergency" | "message">;
}

export function keepCalls(): Calls {
  let calls: Display["calls"] = [];
  let message: string | null = null;
  let emergency: string | null = null;
  /** By which call each visitor came to his desk. */
  const callOf = new Map<string, string>();

  const nameOf = (desk: string) => office.officeConfig.desks.find(({ id }) => id === desk)?.name ?? desk;
  const takeBack = (call: string | undefined) => {
    calls = calls.filter((each) => each.call !== call);
  };
  const show = (call: string, number: string, desk: string, at: number, count = 1) => {
    calls.unshift({ call, number, desk, deskName: nameOf(desk), calledAt: new Date(at).toISOString(), count });
    calls = calls.slice(0, keptCallsMax);
  };

  return {
    hear(event) {
      switch (event.type) {
        case "ticket.called":
          show(event.call, event.number, event.desk, event.at);
          callOf.set(event.ticket, event.call);
          break;
        case "ticket.recalled": {
          const before = calls.find(({ call }) => call === event.call);
          takeBack(event.call);
          // One of too long ago is not there any more.
          show(event.call, event.number, event.desk, event.at, before ? before.count + 1 : 2);
          break;
        }
        case "ticket.undone":
          takeBack(event.call);
          break;
        case "ticket.replaced":
          if (event.desk === null) break;
          takeBack(callOf.get(event.ticket));
          show(event.call, event.replacementNumber, event.desk, event.at);
          callOf.set(event.replacement, event.call);
          break;
        case "office.changed":
          if (event.what === "day") calls = [];
          if (event.what === "emergency") emergency = event.message;
          if (event.what === "message") message = event.message;
          break;
      }
    },
    get emergency() {
      return emergency;
    },
    display: () => ({ calls: calls.slice(0, displayCallsMax), message: emergency ?? message }),
    board() {
      // Each number once: nobody may be sent to two desks.
      const newest = calls.slice(0, displayCallsMax);
      const once = newest.filter((each, index) => newest.findIndex(({ number }) => number === each.number) === index);
      const [current = null, ...last] = once
        .slice(0, boardCallsMax)
        .map(({ number, desk }) => ({ number, desk: nameOf(desk) }));
      return { current, last, emergency, message: emergency === null ? message : null };
    },
  };
}
