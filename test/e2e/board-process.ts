import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BoardView } from "../../device/board/view.ts";
import { freePort, testSite } from "../brokers.ts";
import { temporaryFolder } from "../hub/hub-process.ts";
import { until } from "../until.ts";

const mainFile = join(import.meta.dirname, "../../device/main.ts");

/** The device daemon as it is shipped, with the role of a board, and what its page is told. */
export interface BoardProcess {
  /** The newest view of its page. */
  view(): BoardView | undefined;
  stop(): Promise<void>;
}

/** Starts a board of the group `all` as the user `board-1`; resolves when its page has got a first view. */
export async function startBoard(url: string, environment: Record<string, string> = {}): Promise<BoardProcess> {
  const folder = temporaryFolder();
  const port = await freePort();
  const path = join(folder, "board.json");
  const config = {
    site: testSite,
    mqtt: { url, user: "board-1", password: "demo" },
    data: folder,
    board: { group: "all", screen: { port } },
  };
  writeFileSync(path, JSON.stringify(config));
  const child = spawn(process.execPath, [mainFile, "--config", path], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let view: BoardView | undefined;
  const hangUp = new AbortController();
  const page = await until(
    "the board serves its page",
    () => fetch(`http://127.0.0.1:${port}/events`, { signal: hangUp.signal }).catch(() => undefined),
    30_000,
  );
  const following = followViews(page, (newest) => {
    view = newest;
  });
  await until("the page has a view", () => view);
  return {
    view: () => view,
    async stop() {
      hangUp.abort();
      await following;
      child.kill("SIGTERM");
      await ended;
    },
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
