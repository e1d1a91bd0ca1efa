// time limit: 300 s
import { readFileSync, writeFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hashPassword } from "../../hub/accounts.ts";
import type { BrokerKind } from "../brokers.ts";
import { launchChromium } from "../chromium.ts";
import { openAlphaSign } from "../emulators/sign-alpha.ts";
import { openLineSign } from "../emulators/sign-line.ts";
import { accounts, ask, type OfficeProcess, openOfficeProcess } from "../hub/office-process.ts";
import { need } from "../needs.ts";
import { openRelay } from "../relay.ts";
import { until } from "../until.ts";
import { type BoardProcess, startBoard } from "./board-process.ts";
import { hangUpBoard, patienceMs, seatClerk } from "./waiting-room.ts";

/**
 * A board shows the calls so long after its program was started, in milliseconds. It is held to that in time on the
 * processor, which does not depend on what else the machine is doing; there is nothing that it waits for.
 */
const startMaxMs = 2_000;
/** Without a beat for 10 s a board says so; the last one may have come up to 3 s before the silence began. */
const noticeMs = [10_000 - 3_000, 10_000] as const;
/** What looking takes on a busy machine, in milliseconds. */
const lookMs = 4_000;
const dashes = "-".repeat(8);

let browser: Promise<Browser> | undefined;

async function inOffice(
  kind: BrokerKind,
  live: (office: OfficeProcess, browser: Browser) => Promise<void>,
  setup = {},
) {
  browser ??= launchChromium({ further: ["--autoplay-policy=no-user-gesture-required"] });
  const chromium = await browser;
  const office = await openOfficeProcess(kind, setup);
  try {
    await live(office, chromium);
  } finally {
    await office.close();
  }
}

/** How long a process was on the processor so far, in milliseconds (proc_pid_stat(5): fields 14 and 15, in ticks of 10 ms). */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Waits until the page of a board that was just started is told of this number by a hub that is heard. */
async function startsInTime({ view, startedAt, pid }: BoardProcess, number: string): Promise<void> {
  await until("live", () => view()?.isLive && view()?.current?.number === number, patienceMs);
  const busyMs = processorMs(pid);
  console.log(`calls after ${Math.round(performance.now() - startedAt)} ms, ${busyMs} ms of them on the processor`);
  assert.ok(busyMs <= startMaxMs, `${busyMs} ms`);
}

/** A board with page and sign is killed again and again while calls go on; last the hub is away, too. */
async function killAndReturn(kind: BrokerKind): Promise<void> {
  await inOffice(kind, async (office, chromium) => {
    const sign = openLineSign({ columns: 8 });
    const options = { protocol: "line", path: sign.path, columns: 8 };
    const board = await hangUpBoard(chromium, { url: office.url, sign: options });
    const signShows = (text: string) =>
      until(`${kind}: the sign shows ${text}`, () => sign.lit().text === text, patienceMs);
    try {
      const clerk = await seatClerk(office);
      const first = await clerk.call();
      await board.shows([first], true);
      await signShows(`${first}  1`);
      await until("the gong", async () => (await board.gongs()) === 1);

      // Killed after the gong, a call missed: shown and announced, the other one not again.
      await board.keeps(first);
      await board.kill();
      await board.shows([first], false);
      const missed = await clerk.call();
      await startsInTime(await board.start(), missed);
      await board.shows([missed, first], true);
      await signShows(`${missed}  1`);
      await until("the missed call's gong", async () => (await board.gongs()) === 2);
      await board.picture(`${kind}-live`);

      // Killed with the hub: what it had, not live, without a gong.
      await board.keeps(missed);
      await board.kill();
      await office.hub.kill();
      await office.broker?.stop();
      await board.start();
      await board.shows([missed, first], false);
      await signShows(dashes);
      await signShows(`${missed}  1`);
      await board.picture(`${kind}-remembered`);
      assert.is(await board.gongs(), 2);

      // Its memory is torn by the power cut: it begins clean, and has what the hub has; calls of the last seconds are
      // announced once more, since nobody knows that they were.
      await board.kill();
      const whole = readFileSync(board.memory);
      writeFileSync(board.memory, whole.subarray(0, whole.length / 2));
      await board.start();
      await board.shows([], true);
      if (kind === "mosquitto") await office.startBroker();
      await office.startHub();
      await board.shows([missed, first], true);
      await signShows(`${missed}  1`);

      // A message, then an evacuation, over a restart without the hub.
      const admin = await office.connect("admin-1");
      await ask(admin, "display.message", { group: "all", message: "Heute nur bis 12 Uhr" });
      await until("the message", () => board.page.getByText("Heute nur bis 12 Uhr").isVisible(), patienceMs);
      await board.picture(`${kind}-message`);
      await ask(admin, "office.change", { emergency: { message: "Bitte verlassen Sie das Haus" } });
      await until("the evacuation", () => board.page.getByText("verlassen Sie das Haus").isVisible(), patienceMs);
      await signShows("");
      await until("kept", () => /"emergency":"[^"]/.test(readFileSync(board.memory, "utf8")), patienceMs);
      await board.kill();
      await office.hub.kill();
      await board.start();
      await board.shows([missed, first], false);
      await until("the evacuation", () => board.page.getByText("verlassen Sie das Haus").isVisible(), patienceMs);
      await until("no calls", async () => !(await board.page.locator("#calls").isVisible()), patienceMs);
      await signShows(dashes);
      await board.picture(`${kind}-evacuation-remembered`);
      assert.equal(sign.errors, []);
    } finally {
      await board.close();
      sign.close();
    }
  });
}

/** Waits for all, so that nothing goes on behind one that failed. */
async function together(...all: Promise<void>[]): Promise<void> {
  for (const each of await Promise.allSettled(all)) if (each.status === "rejected") throw each.reason;
}

type Room = Awaited<ReturnType<typeof hangUpBoard>>;

/** Waits for the notice, which comes when ten seconds have passed without a beat, not before. */
async function silence(what: string, board: Room, numbers: readonly string[], since: number): Promise<void> {
  const [least, most] = noticeMs;
  await board.shows(numbers, false, most + lookMs);
  const after = performance.now() - since;
  assert.ok(after >= least, `${what}: the notice after ${after} ms`);
}

const passwordHash = await hashPassword("demo");
const users = [...accounts, { name: "board-2", role: "board" }].map((user) => ({ ...user, passwordHash }));

if (need("chromium", "mosquitto")) {
  test("killed between two calls, with and without the hub: last calls, missed calls, no gong twice", () =>
    together(killAndReturn("embedded"), killAndReturn("mosquitto")));

  test("silence of ten seconds is seen on page and sign, and ends with the next beat", async () => {
    /** The hub freezes while its connection stands; then the broker goes. */
    const frozenHub = inOffice("mosquitto", async (office, chromium) => {
      const sign = openAlphaSign({ columns: 8 });
      const board = await hangUpBoard(chromium, {
        url: office.url,
        sign: { protocol: "alpha", path: sign.path, columns: 8 },
      });
      const signShows = (...pages: string[]) =>
        until(`the sign shows ${pages}`, () => sign.lit().pages.join() === pages.join(), patienceMs);
      try {
        const clerk = await seatClerk(office);
        const first = await clerk.call();
        await board.shows([first], true);
        await signShows(`${first}  1`);
        const frozenAt = performance.now();
        office.hub.signal("SIGSTOP");
        await silence("a frozen hub", board, [first], frozenAt);
        await signShows(`${first}  1`, dashes);
        await board.picture("not-live");
        office.hub.signal("SIGCONT");
        await board.shows([first], true);
        await signShows(`${first}  1`);
        const second = await clerk.call();
        await board.shows([second, first], true);

        const goneAt = performance.now();
        await office.broker?.stop();
        await silence("no broker", board, [second, first], goneAt);
        await signShows(`${second}  1`, dashes);
        await office.startBroker();
        await board.shows([second, first], true);
        const third = await clerk.call();
        await board.shows([third, second, first], true);
        await signShows(`${third}  1`);
        await until("a gong for each", async () => (await board.gongs()) === 3);
        assert.equal(sign.errors, []);
      } finally {
        office.hub.signal("SIGCONT");
        await board.close();
        sign.close();
      }
    });

    /** Two boards lose the network: one's connection stands and nothing comes over it, the other's is cut. */
    const noNetwork = inOffice(
      "embedded",
      async (office, chromium) => {
        const { hostname: host, port } = new URL(office.url);
        const ways = await Promise.all([1, 2].map(() => openRelay({ host, port: Number(port) })));
        const [stuck, cut] = ways as [(typeof ways)[0], (typeof ways)[0]];
        const sign = openLineSign({ columns: 8 });
        const signOptions = { protocol: "line", path: sign.path, columns: 8 };
        const signShows = (text: string) => until(`the sign shows ${text}`, () => sign.lit().text === text, patienceMs);
        const boards = [
          await hangUpBoard(chromium, { url: stuck.url, user: "board-1" }),
          await hangUpBoard(chromium, { url: cut.url, user: "board-2", sign: signOptions }),
        ];
        const each = (look: (board: Room) => Promise<void>) => Promise.all(boards.map(look));
        try {
          const clerk = await seatClerk(office);
          const first = await clerk.call();
          await each((board) => board.shows([first], true));
          const lostAt = performance.now();
          stuck.freeze();
          cut.cut();
          for (const way of ways) way.shut();
          const meanwhile = await clerk.call();
          await each((board) => silence("no network", board, [first], lostAt));
          await signShows(dashes);
          await signShows(`${first}  1`);
          stuck.thaw();
          for (const way of ways) way.reopen();
          await each((board) => board.shows([meanwhile, first], true));
          await each(async (board) => {
            await until("a gong for each call", async () => (await board.gongs()) === 2);
          });
          assert.equal(sign.errors, []);
        } finally {
          for (const way of ways) way.reopen();
          await each((board) => board.close());
          for (const way of ways) way.stop();
          sign.close();
        }
      },
      { config: { users } },
    );
    await together(frozenHub, noNetwork);
  });

  test("a sign whose cable or power was away shows what is now", () =>
    inOffice(
      "embedded",
      async (office, chromium) => {
        const line = openLineSign({ columns: 8 });
        const alpha = openAlphaSign({ columns: 8 });
        const signs = [line, alpha] as const;
        // A process inherits the ends of the cables that are plugged in when it starts, and would hold them.
        for (const sign of signs) sign.unplug();
        const board = await hangUpBoard(chromium, {
          url: office.url,
          sign: { protocol: "line", path: line.path, columns: 8 },
        });
        const other = await startBoard(office.url, {
          user: "board-2",
          sign: { protocol: "alpha", path: alpha.path, columns: 8 },
        });
        const show = (number: string) =>
          until(
            `both signs show ${number}`,
            () => line.lit().text === `${number}  1` && alpha.lit().pages.join() === `${number}  1`,
            patienceMs,
          );
        try {
          const clerk = await seatClerk(office);
          const first = await clerk.call();
          for (const sign of signs) sign.plugIn();
          await show(first);
          for (const sign of signs) sign.unplug();
          const second = await clerk.call();
          await board.shows([second, first], true);
          for (const sign of signs) sign.plugIn();
          await show(second);
          // The other kind never answers: that it is dark shows after a minute, in the tests of its driver.
          line.power(false);
          assert.is(line.lit().text, "");
          line.power(true);
          await show(second);
          for (const sign of signs) assert.equal(sign.errors, []);
        } finally {
          await board.close();
          await other.stop();
          for (const sign of signs) sign.close();
        }
      },
      { config: { users } },
    ));

  test("the browser ends", async () => {
    await (await browser)?.close();
  });

  test.run();
}
