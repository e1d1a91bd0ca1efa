import type { BoardView } from "../../device/board/view.ts";
import { freePort } from "../brokers.ts";
import { until } from "../until.ts";
import { type DeviceSetup, startDevice } from "./device-process.ts";

/** The device daemon as it is shipped, with the role of a board, and what its page is told. */
export interface BoardProcess {
  /** The newest view of its page. */
  view(): BoardView | undefined;
  /** What it has announced with a gong so far, each by its name. */
  announced(): string[];
  /** When it was started, by this process's `performance.now()`. */
  readonly startedAt: number;
  readonly pid: number;
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
}

export interface BoardSetup extends DeviceSetup {
  user?: string;
  /** Where it is not the site of tests. */
  site?: string;
  /** Of its page; a free one when left out. */
  port?: number;
  /** How its LED sign is connected, if it has one. */
  sign?: object;
}

/** Starts a board of the group `all`; resolves when its page has got a first view. */
export async function startBoard(url: string, setup: BoardSetup = {}): Promise<BoardProcess> {
  const { user = "board-1", site, port = await freePort(), sign } = setup;
  const startedAt = performance.now();
  const parts = { ...(site ? { site } : {}), board: { group: "all", screen: { port }, ...(sign ? { sign } : {}) } };
  const device = startDevice(url, user, parts, setup);
  let view: BoardView | undefined;
  const announced = new Set<string>();
  const hangUp = new AbortController();
  const page = await until(
    "the board serves its page",
    () => fetch(`http://127.0.0.1:${port}/events`, { signal: hangUp.signal }).catch(() => undefined),
    60_000,
  );
  const following = followViews(page, (newest) => {
    view = newest;
    if (newest.announcement !== null) announced.add(newest.announcement);
  });
  await until("the page has a view", () => view);
  const end = async (how: "stop" | "kill") => {
    hangUp.abort();
    await following;
    await device[how]();
  };
  return {
    view: () => view,
    announced: () => [...announced],
    startedAt,
    pid: device.pid,
    stop: () => end("stop"),
    kill: () => end("kill"),
  };
}

/** Reads Server-Sent Events (HTML standard, 9.2) until the connection ends. */
async function followViews(response: Response, seen: (view: BoardView) => void): Promise<void> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const part of response.body ?? []) {
      const blocks = (text + decoder.decode(part, { stream: true })).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^event: view\ndata: (.*)$/m.exec(block)?.[1];
        if (data) seen(JSON.parse(data));
      }
    }
  } catch {
    // The board ended, or we hung up.
  }
}
