import { isDeepStrictEqual } from "node:util";
import type { Session } from "../protocol/session.ts";
import { type BoardInput, boardNext, startBoard } from "./board/machine.ts";
import { type BoardView, boardPicture, boardView } from "./board/view.ts";
import type { CommandHandlers } from "./commands.ts";
import { drawableOffice } from "./drawable-office.ts";
import type { Clock, Screen, Sign } from "./ports.ts";
import type { Report, Role } from "./role.ts";
import { steady } from "./steady.ts";

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
}

/** What happens without the time that it happens at. */
type Untimed<I> = I extends BoardInput ? Omit<I, "now"> : never;

/** Connects the hub's display of a group with a page and an LED sign, by the board's machine. */
export function createBoardRole(parts: BoardRoleParts): Role & { commands: CommandHandlers } {
  const { group, screen, sign, session, clock, report } = parts;
  const time = steady(clock);
  let state = startBoard(time.now());
  let shown: BoardView | undefined;
  let cancelTick = () => {};
  let isRunning = false;

  function handle(input: Untimed<BoardInput>): void {
    if (!isRunning) return;
    state = boardNext(state, { ...input, now: time.now() } as BoardInput);
    const view = boardView(state);
    if (!isDeepStrictEqual(view, shown)) {
      shown = view;
      screen?.show(view);
    }
    sign?.show(boardPicture(state, sign.columns));
  }

  function tick(): void {
    handle({ type: "tick" });
    cancelTick = clock.after(tickMs, tick);
  }

  return {
    start() {
      isRunning = true;
      state = startBoard(time.now());
      session.subscribe("display", { group }, (display) => handle({ type: "display", display }));
      session.subscribe("beat", {}, (beat) => handle({ type: "beat", beat }));
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
