import { isDeepStrictEqual } from "node:util";
import type { Session } from "../protocol/session.ts";
import { type BoardInput, boardNext } from "./board/machine.ts";
import { keepsTheSame, keptOf, startBoard } from "./board/start.ts";
import type { BoardKept } from "./board/state.ts";
import { type BoardView, boardPicture, boardView } from "./board/view.ts";
import type { BoardMemory, Remembered } from "./board-memory.ts";
import { type BootFacts, unknownBoot } from "./boot.ts";
import type { CommandHandlers } from "./commands.ts";
import { drawableOffice } from "./drawable-office.ts";
import type { Clock, Screen, Sign } from "./ports.ts";
import type { Report, Role } from "./role.ts";

/** How often the machine is told the time: a flash ends and the next call begins at most so much late. */
const tickMs = 200;

export interface BoardRoleParts {
  /** Which calls it shows, by the display's group. */
  group: string;
  screen: Screen<BoardView> | undefined;
  sign: Sign | undefined;
  session: Pick<Session, "subscribe" | "onLink">;
  clock: Clock;
  report: Report;
  memory: BoardMemory;
  /** What the machine knows of itself at this moment; nothing when left out. */
  boot?: () => BootFacts;
}

/** What happens without the time that it happens at. */
type Untimed<I> = I extends BoardInput ? Omit<I, "now"> : never;

/** Connects the hub's display of a group with a page and an LED sign, by the board's machine. */
export function createBoardRole(parts: BoardRoleParts): Role & { commands: CommandHandlers } {
  const { group, screen, sign, session, clock, report, memory, boot = () => unknownBoot } = parts;
  const bootId = boot().id;
  let state = startBoard(clock.uptime());
  /** The view that the screen was given last, as text. */
  let shown: string | undefined;
  /** What the memory holds. */
  let kept: object | undefined;
  let cancelTick = () => {};
  let isRunning = false;

  function handle(input: Untimed<BoardInput>): void {
    if (!isRunning) return;
    const before = state;
    state = boardNext(state, { ...input, now: clock.uptime() } as BoardInput);
    const view = boardView(state);
    const text = JSON.stringify(view);
    if (text !== shown) screen?.show(view);
    shown = text;
    sign?.show(boardPicture(state, sign.columns));
    // After it was shown: whom the power cut between the two, he is called twice rather than not at all.
    if (!keepsTheSame(before, state)) remember();
  }

  /** Writes down what is new in it; time alone is not, since each write wears the card. */
  function remember(): void {
    const next = keptOf(state);
    if (!next || isDeepStrictEqual(timeless(next), kept)) return;
    kept = timeless(next);
    memory.keep({ ...next, boot: bootId });
  }

  /** What it kept; of an earlier life of the machine nobody can tell how much time has passed since. */
  function recall(): Remembered | undefined {
    const recalled = memory.recall();
    kept = recalled && timeless(recalled);
    const isSameBoot = recalled?.boot === bootId && bootId !== "";
    return recalled && { ...recalled, hubAheadMs: isSameBoot ? recalled.hubAheadMs : undefined };
  }

  /** Our own time of day in place of the hub's, where anything has set our clock since the machine is on. */
  function standInMs(): number | undefined {
    return boot().clockIsSet ? clock.now() - clock.uptime() : undefined;
  }

  function tick(): void {
    handle({ type: "tick", standInMs: state.isHubTime ? undefined : standInMs() });
    cancelTick = clock.after(tickMs, tick);
  }

  return {
    start() {
      isRunning = true;
      state = startBoard(clock.uptime(), standInMs(), recall());
      session.subscribe("display", { group }, (display, _levels, isKept) =>
        handle({ type: "display", display, isKept }),
      );
      session.subscribe("beat", {}, (beat) => handle({ type: "beat", beat, group }));
      session.subscribe("queue", {}, (queue) => handle({ type: "queue", queue }));
      session.subscribe("office", {}, (office) => handle({ type: "office", office: drawableOffice(office) }));
      session.onLink(({ up }) => handle({ type: "link", up }));
      // What is touched on a board has no meaning.
      screen?.start((event) => {
        if (event.type === "status") report("screen", event.status);
      });
      sign?.start((event) => report("sign", event.status));
      tick();
    },
    async stop() {
      isRunning = false;
      cancelTick();
      await Promise.all([screen?.stop(), sign?.stop()]);
    },
    commands: {
      identify() {
        handle({ type: "identify" });
        return { ok: true, detail: "the board flashes" };
      },
    },
  };
}

function timeless({ display, office, unannounced, toldAt, hubAheadMs }: BoardKept): object {
  return { display, office, unannounced, isDated: toldAt !== undefined, isTimed: hubAheadMs !== undefined };
}
