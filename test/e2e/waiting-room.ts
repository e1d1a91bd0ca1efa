import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import * as assert from "uvu/assert";
import type { Session } from "../../protocol/session.ts";
import { freePort } from "../brokers.ts";
import { temporaryFolder } from "../hub/hub-process.ts";
import { ask, type OfficeProcess } from "../hub/office-process.ts";
import { until } from "../until.ts";
import { type BoardProcess, startBoard } from "./board-process.ts";

/** What a busy machine may take for any step, in milliseconds. */
export const patienceMs = 60_000;
const notice = "Anzeige nicht aktuell, bitte auf Ansage achten";

/** A board whose page stands in a browser that lives on while the board's process comes and goes. */
export interface WaitingRoomBoard {
  readonly page: Page;
  /** The file of the board's memory. */
  readonly memory: string;
  start(): Promise<BoardProcess>;
  kill(): Promise<void>;
  /** Waits until the page shows these numbers, the one that is called first, and whether it says that it is not live. */
  shows(numbers: readonly string[], isLive: boolean, ms?: number): Promise<void>;
  /** Waits until this number or text is on its disk: what it shows it writes down just afterwards. */
  keeps(text: string): Promise<unknown>;
  gongs(): Promise<number>;
  /** Takes a picture where somebody wants to look at it. */
  picture(name: string): Promise<void>;
  close(): Promise<void>;
}

export interface WaitingRoomBoardSetup {
  url: string;
  user?: string;
  sign?: object;
}

export async function hangUpBoard(browser: Browser, { url, ...setup }: WaitingRoomBoardSetup) {
  const { user = "board-1" } = setup;
  const port = await freePort();
  const folder = temporaryFolder();
  const memory = join(folder, `board-${user}.json`);
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  let process: BoardProcess | undefined;
  const texts = (selector: string) => page.locator(selector).allTextContents();
  const board: WaitingRoomBoard = {
    page,
    memory,
    async start() {
      process = await startBoard(url, { ...setup, folder, port });
      if (page.url() === "about:blank") await page.goto(`http://127.0.0.1:${port}/`);
      return process;
    },
    kill: async () => process?.kill(),
    async shows(numbers, isLive, ms = patienceMs) {
      let seen = "";
      const wanted = JSON.stringify([numbers, isLive]);
      await until(
        `the page shows ${wanted}`,
        async () => {
          const shown = [...(await texts("#number")), ...(await texts("#last li span:first-child"))];
          const isNotLive = await page.getByText(notice).isVisible();
          seen = JSON.stringify([shown.filter((text) => text !== ""), !isNotLive]);
          return seen === wanted;
        },
        ms,
      ).catch((error: Error) => {
        throw new Error(`${error.message}, it shows ${seen}`);
      });
    },
    keeps: (text) => until(`it keeps ${text}`, () => readFileSync(memory, "utf8").includes(`"${text}"`), patienceMs),
    gongs: async () => Number(await page.getAttribute("body", "data-gongs")),
    async picture(name) {
      const pictures = globalThis.process.env.WARTEMARKE_TEST_PICTURES;
      if (pictures) await page.screenshot({ path: join(pictures, `waiting-room-${name}.png`) });
    },
    async close() {
      await process?.stop();
      await page.close();
    },
  };
  await board.start();
  return board;
}

/** The clerk of desk 1, who finishes whoever is there and calls the next one. */
export interface Clerk {
  session: Session;
  /** Gives out a number and calls it. */
  call(): Promise<string>;
}

export async function seatClerk(office: OfficeProcess): Promise<Clerk> {
  const session = await office.connect("desk-1");
  await ask(session, "desk.open", { desk: "1" });
  let current: string | null = null;
  return {
    session,
    async call() {
      await ask(session, "ticket.issue", { service: "id-card" });
      const { ticket } = await ask(session, "call.next", { desk: "1", current, finish: true });
      assert.ok(ticket, "somebody is there to be called");
      current = ticket.id;
      return ticket.number;
    },
  };
}
