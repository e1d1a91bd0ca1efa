// time limit: 240 s
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { launchChromium } from "../chromium.ts";
import { need } from "../needs.ts";
import { noonZone } from "../noon-zone.ts";
import { until } from "../until.ts";
import { next, press, says, shows, toThoseAway, works } from "./desk-driver.ts";
import type { RunningHub } from "./running-hub.ts";
import { runHub } from "./running-hub.ts";
import { typeSignIn } from "./staff-sign-in.ts";

/** A folder for pictures to look at. */
const pictures = process.env.WARTEMARKE_PICTURES;

let browser: Browser | undefined;

async function atDesk(
  work: (hub: RunningHub, page: Page) => Promise<void>,
  { who = "clerk", path = "/desk/1", size = { width: 1024, height: 768 }, config = {} } = {},
): Promise<void> {
  const hub = await runHub({ config: { timeZone: noonZone(), ...config } });
  browser ??= await launchChromium();
  const page = await browser.newPage({ viewport: size });
  try {
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    await page.goto(`http://127.0.0.1:${hub.httpPort}${path}`);
    await typeSignIn(page, who);
    await work(hub, page);
    assert.equal(problems, []);
  } finally {
    await page.close();
    await hub.stop();
  }
}

const panel = (page: Page) => page.textContent("#panel");
const focus = (page: Page) => page.evaluate<string>("document.activeElement.textContent.trim()");

/** A key that must not work was pressed: the page has asked for nothing, which would at once have taken these words away. */
async function asksNothing(page: Page, said: RegExp): Promise<void> {
  assert.match((await page.textContent("#notice")) ?? "", said);
}

async function withTickets(hub: RunningHub, page: Page, ...services: string[]): Promise<void> {
  await hub.ask("desk.open", { desk: "1" });
  for (const service of services) await hub.ask("ticket.issue", { service });
  await until("the queue is shown", async () => (await page.locator("#waiting tr").count()) === services.length);
}

/** What axe-core finds wrong with the page for people who see or hear it differently. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  // In the page this is the page's own `axe`.
  const { violations } = await page.evaluate(() => axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
}

async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

if (need("chromium")) {
  test("parked, and called again from the list of those who are away", () =>
    atDesk(async (hub, page) => {
      await withTickets(hub, page, "id-card", "registration");
      await next(page, "A001");
      await press(page, "park");
      await says(page, /^A001 ist geparkt\.$/);
      await shows(page, "Niemand am Platz");
      await next(page, "B001");
      await until("A001 is among those away", async () => (await page.textContent("#gone"))?.includes("A001"));
      await toThoseAway(page);
      assert.is(await focus(page), "Aufrufen");
      await page.keyboard.press("Enter");
      await says(page, /^B001 ist noch am Platz\. Bitte zuerst beenden\.$/);
      await press(page, "finish");
      await says(page, /^B001 ist beendet\.$/);
      await toThoseAway(page);
      await page.keyboard.press("Enter");
      await shows(page, "A001");
      assert.match((await page.textContent("#reason")) ?? "", "war geparkt");
      assert.not(await page.isVisible("#away"));
    }));

  test("a no-show who is back stands in front again", () =>
    atDesk(async (hub, page) => {
      await withTickets(hub, page, "id-card", "id-card");
      await next(page, "A001");
      await press(page, "again");
      await says(page, /noch einmal aufgerufen/);
      await press(page, "no-show");
      await says(page, /^A001 ist nicht erschienen\.$/);
      await until("A001 is away", async () => (await page.textContent("#gone"))?.includes("nicht erschienen vor"));
      await toThoseAway(page);
      assert.is(await focus(page), "Ist wieder da");
      await page.keyboard.press("Enter");
      await says(page, /^A001 steht wieder ganz vorn\.$/);
      await until("its mark is shown", async () =>
        /^A001.*wieder da/.test((await page.textContent("#waiting tr:first-child")) ?? ""),
      );
    }));

  test("transferred to another service by a digit, and to a desk that calls", () =>
    atDesk(async (hub, page) => {
      await hub.ask("desk.open", { desk: "2" });
      await withTickets(hub, page, "id-card");
      await next(page, "A001");
      await press(page, "transfer");
      assert.match((await panel(page)) ?? "", "A001 weiterleiten");
      assert.match(await focus(page), /^Ausweis oder Reisepass/);
      await picture(page, "desk-transfer");
      await page.keyboard.press("3");
      await says(page, /^A001 ist weitergeleitet\.$/);
      await shows(page, "Niemand am Platz");
      assert.is((await hub.ask("ticket.show", { number: "A001" })).ticket.service, "pick-up");
      await next(page, "A001");
      await press(page, "transfer");
      await page.keyboard.press("Escape");
      assert.not(await page.isVisible("#panel"), "Escape changes nothing");
      await press(page, "transfer");
      await page.keyboard.press("4");
      await says(page, /^A001 ist weitergeleitet\.$/);
      await shows(page, "Niemand am Platz");
      assert.is((await hub.ask("call.next", { desk: "2" })).ticket?.number, "A001");
    }));

  test("a call can be taken back while the seconds run", () =>
    atDesk(
      async (hub, page) => {
        await withTickets(hub, page, "id-card", "registration");
        await next(page, "A001");
        await next(page, "B001");
        await works(page, "undo");
        assert.match((await page.textContent("[data-do=undo]")) ?? "", /Zurücknehmen \(\d+ s\)/);
        await press(page, "undo");
        await says(page, /wartet wieder wie vorher\.$/);
        await shows(page, "A001");
        await until("B001 waits again", async () => (await page.textContent("#waiting"))?.includes("B001"));
      },
      { config: { calls: { undoSeconds: 120 } } },
    ));

  test("when the seconds are over a call is not taken back any more", () =>
    atDesk(
      async (hub, page) => {
        await withTickets(hub, page, "id-card", "registration");
        await next(page, "A001");
        await next(page, "B001");
        const words = () => page.textContent("[data-do=undo]");
        await until("the time is up", async () => (await words())?.includes("(") === false);
        await says(page, /^B001 ist aufgerufen\.$/);
        await page.keyboard.press("z");
        await asksNothing(page, /^B001 ist aufgerufen\.$/);
        await shows(page, "B001");
      },
      { config: { calls: { undoSeconds: 1 } } },
    ));

  test("a break stops the calls and keeps the queue", () =>
    atDesk(async (hub, page) => {
      await withTickets(hub, page, "id-card");
      await press(page, "pause");
      await shows(page, "Pause");
      await says(page, /^Der Platz macht Pause\.$/);
      await page.keyboard.press("Space");
      await asksNothing(page, /^Der Platz macht Pause\.$/);
      await press(page, "pause");
      await says(page, /^Weiter geht es\.$/);
      await next(page, "A001");
    }));

  test("opened for some services only, a number for somebody at the desk, and priority with a reason", () =>
    atDesk(async (hub, page) => {
      await shows(page, "Platz geschlossen");
      await press(page, "services");
      await page.keyboard.press("Space");
      await page.keyboard.press("Enter");
      await says(page, /^Der Platz ist geöffnet\.$/);
      await hub.ask("ticket.issue", { service: "id-card" });
      await hub.ask("ticket.issue", { service: "registration" });
      await until("what it does not call is a figure", async () =>
        /1 warten auf andere/.test((await page.textContent("#more")) ?? ""),
      );
      await press(page, "issue");
      await page.keyboard.press("2");
      await says(page, /^Die neue Nummer ist B002\. Bitte ansagen\.$/);
      const { ticket } = await hub.ask("ticket.show", { number: "B002" });
      assert.is(ticket.paper, "none");

      await until("B002 waits", async () => (await page.textContent("#waiting"))?.includes("B002"));
      await press(page, "priority");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Tab");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      assert.ok(await page.isVisible("#panel"), "not without a reason");
      await page.keyboard.type("braucht Hilfe");
      await page.keyboard.press("Enter");
      await says(page, /^B002 hat nun den gewählten Rang\.$/);
      await until("it is in front", async () =>
        /^B002.*Notfall/.test((await page.textContent("#waiting tr:first-child")) ?? ""),
      );
      await next(page, "B002");
      assert.match((await page.textContent("#reason")) ?? "", "Notfall");
    }));

  test("a lost number is found by time and service", () =>
    atDesk(async (hub, page) => {
      await withTickets(hub, page, "id-card", "registration", "id-card");
      await press(page, "find");
      await page.keyboard.press("Enter");
      await until("all are found", async () => (await page.locator("#panel tr").count()) === 3);
      await picture(page, "desk-find");
      for (let tab = 0; tab < 6 && !/alle/.test(await focus(page)); tab += 1) await page.keyboard.press("Tab");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await until("one is found", async () => (await page.locator("#panel tr").count()) === 1);
      assert.match((await page.textContent("#panel tr")) ?? "", /^B001.*wartet/);
    }));

  test("names are on the page of appointments, each look at them is on record, and whoever is late is let in", () =>
    atDesk(
      async (hub, page) => {
        const { days } = await hub.ask("appointment.slots", { services: ["id-card"], days: 1 });
        const at = days[0]?.times[0] ?? "";
        await hub.ask("appointment.book", { services: ["id-card"], at, person: { name: "Erika Mustermann" } });
        await shows(page, "Platz geschlossen");
        await press(page, "appointments");
        await until("her name is shown", async () => (await panel(page))?.includes("Erika Mustermann"));
        await picture(page, "desk-appointments");
        assert.is(await focus(page), "Anmelden");
        await page.keyboard.press("Enter");
        await says(page, /^Angemeldet als T001\.$/);
        await until("she is there", async () => (await panel(page))?.includes("da: T001"));
        await page.keyboard.press("Escape");
        await until("she waits", async () => (await page.textContent("#waiting"))?.includes("T001"));
        const events = await hub.ask("event.list", { after: 0, limit: 100 });
        const late = events.events.find(({ type }) => type === "appointment.checked-in");
        assert.is(late?.by, "staff/admin");
        assert.not(JSON.stringify(events).includes("Mustermann"));

        await page.goto(`http://127.0.0.1:${hub.httpPort}/staff/audit`);
        const log = (await page.textContent("main")) ?? "";
        assert.match(log, /admin\s*appointments\.names/);
        assert.match(log, /admin\s*appointment\.late-check-in/);
        assert.not(log.includes("Mustermann"));
      },
      { who: "admin" },
    ));

  test("staff see what to see to: who has no desk, and which device wants a hand", () =>
    atDesk(async (hub, page) => {
      await hub.ask("desk.open", { desk: "1" });
      assert.not(await page.isVisible("#alarms p"));
      const { createSession } = await import("../../protocol/session.ts");
      const terminal = createSession({
        ...{ url: `mqtt://127.0.0.1:${hub.mqttPort}`, user: "terminal-foyer", password: "demo", site: "demo" },
        daemon: true,
        presence: {
          key: "status",
          online: (session: string) => status("online", session),
          offline: (session: string) => status("offline", session),
        },
      });
      terminal.start();
      await until("the alarm is shown", async () => (await page.textContent("#alarms"))?.includes("kein Papier"));
      assert.match((await page.textContent("#alarms")) ?? "", "terminal-foyer · Drucker: kein Papier");
      await terminal.stop();
    }));

  const status = (state: "online" | "offline", session: string) => ({
    state,
    role: "terminal" as const,
    version: "1",
    at: new Date().toISOString(),
    session,
    peripherals: { printer: { state: "paper-out" as const, detail: "paper end" } },
  });

  test("who signs in elsewhere or is locked is led to the sign-in, and nothing pressed is done", () =>
    atDesk(async (hub, page) => {
      await withTickets(hub, page, "id-card");
      await page.context().clearCookies();
      await press(page, "next");
      await until("the sign-in is shown", () => page.isVisible("input[type=password]"));
      assert.is((await hub.ask("ticket.show", { number: "A001" })).ticket.state, "waiting");
      await typeSignIn(page);
      await shows(page, "Niemand am Platz");
    }));

  for (const size of [
    { width: 1024, height: 768 },
    { width: 1920, height: 1080 },
  ]) {
    test(`every page at ${size.width} × ${size.height}: nothing cut off, and axe-core finds nothing`, () =>
      atDesk(
        async (hub, page) => {
          await hub.ask("desk.open", { desk: "2" });
          await withTickets(hub, page, "id-card", "registration", "pick-up", "id-card");
          await next(page, "A001");
          await press(page, "park");
          await says(page, /geparkt/);
          await shows(page, "Niemand am Platz");
          await next(page, "B001");
          const cut = () => page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
          const tall = () => page.evaluate<boolean>("document.documentElement.scrollHeight > innerHeight");
          assert.equal([await cut(), await tall(), await findings(page)], [false, false, []]);
          await picture(page, `desk-${size.width}`);
          for (const name of ["transfer", "issue", "priority", "find", "appointments", "services"]) {
            await press(page, name);
            await until(`${name} is open`, () => page.isVisible("#panel"));
            assert.equal([name, await cut(), await tall(), await findings(page)], [name, false, false, []]);
            await picture(page, `desk-${name}-${size.width}`);
            await page.keyboard.press("Escape");
          }
          for (const path of ["/desk", "/staff/accounts", "/staff/accounts/clerk", "/staff/audit", "/staff/password"]) {
            await page.goto(`http://127.0.0.1:${hub.httpPort}${path}?lang=en`);
            assert.equal([path, await cut(), await findings(page)], [path, false, []]);
            await picture(page, `${path.replaceAll("/", "-").slice(1)}-${size.width}`);
          }
          await page.context().clearCookies();
          await page.goto(`http://127.0.0.1:${hub.httpPort}/staff/sign-in`);
          assert.equal(await findings(page), []);
        },
        { who: "admin", size },
      ));
  }

  test.after(() => browser?.close());
}
test.run();
