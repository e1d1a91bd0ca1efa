import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { launchChromium } from "../chromium.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { next, press, says, shows, works } from "./desk-driver.ts";
import type { RunningHub } from "./running-hub.ts";
import { runHub } from "./running-hub.ts";
import { typeSignIn } from "./staff-sign-in.ts";

/** A folder for pictures to look at; the one of the documentation is then taken anew, too. */
const pictures = process.env.WARTEMARKE_PICTURES;
const keptPicture = join(import.meta.dirname, "../../deploy/docs/pictures/desk.png");

let browser: Browser | undefined;

/** A hub, and a page of it in a real browser, which believes to be in another time zone. */
async function withPage(work: (hub: RunningHub, page: Page) => Promise<void>, path = "/desk/1"): Promise<void> {
  const hub = await runHub();
  browser ??= await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1366, height: 768 }, timezoneId: "America/New_York" });
  try {
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (/Content.Security.Policy/i.test(message.text())) problems.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${hub.httpPort}${path}`);
    await typeSignIn(page);
    await work(hub, page);
    assert.equal(problems, []);
  } finally {
    await page.close();
    await hub.stop();
  }
}

const number = (page: Page) => page.textContent("#number");

async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** In the page: a key is pressed the very moment at which each of these elements says these words. */
const pressAgainAt = (key: string, at: Record<string, string>) => `
  window.pressedAt = [];
  for (const [id, words] of Object.entries(${JSON.stringify(at)})) {
    const observer = new MutationObserver(() => {
      if (!document.getElementById(id).textContent.includes(words)) return;
      observer.disconnect();
      pressedAt.push(id);
      document.querySelector("[data-do=${key}]").click();
    });
    observer.observe(document.getElementById(id), { childList: true });
  }`;

/** Asks the pages' server with headers as they are given. */
function http(port: number, method: string, path: string, headers: Record<string, string>, body = "") {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const asked = request({ port, host: "127.0.0.1", method, path, headers }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

if (need("chromium")) {
  test("a clerk's day by the keyboard alone", () =>
    withPage(async (hub, page) => {
      await shows(page, "Platz geschlossen");
      await picture(page, "desk-closed");
      await page.keyboard.press("Space");
      assert.is(await number(page), "Platz geschlossen", "a closed desk calls nobody");
      await press(page, "desk");
      await shows(page, "Niemand am Platz");
      await says(page, /^Der Platz ist geöffnet\.$/);
      await press(page, "next");
      await says(page, /^Niemand wartet\.$/);

      for (const service of ["id-card", "registration", "pick-up", "id-card"])
        await hub.ask("ticket.issue", { service });
      await until("the queue is shown", async () => (await page.locator("#waiting tr").count()) === 4);
      assert.is(await page.textContent("#waiting tr:first-child"), "A001Ausweis oder Reisepass0 Min.");
      await next(page, "A001");
      await says(page, /^A001 ist aufgerufen\.$/);
      assert.is(await page.textContent("#service"), "Ausweis oder Reisepass");
      const { calledAt } = (await hub.ask("ticket.show", { number: "A001" })).ticket;
      const berlin = { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit" } as const;
      const time = new Intl.DateTimeFormat("de", berlin).format(Date.parse(calledAt ?? ""));
      assert.is(await page.textContent("#since"), `seit ${time} Uhr · 0 Min.`);

      await press(page, "no-show");
      await says(page, /^A001 wurde erst einmal aufgerufen\. Bitte zuerst wiederholen\.$/);
      await press(page, "again");
      await says(page, /^A001 ist noch einmal aufgerufen\.$/);
      await until("two calls are shown", async () => /2-mal aufgerufen/.test((await page.textContent("#since")) ?? ""));
      await press(page, "desk");
      await says(page, /^A001 ist noch am Platz\. Bitte zuerst beenden\.$/);
      await picture(page, "desk-refused");
      await press(page, "no-show");
      await says(page, /^A001 ist nicht erschienen\.$/);
      await shows(page, "Niemand am Platz");

      await next(page, "B001");
      await next(page, "C001");
      const { ticket } = await hub.ask("ticket.show", { number: "B001" });
      assert.is(ticket.state, "finished", "the next number finishes the one before");
      await press(page, "finish");
      await says(page, /^C001 ist beendet\.$/);
      await press(page, "desk");
      await shows(page, "Platz geschlossen");
    }));

  test("every key can be reached with Tab, its focus is seen, and Enter presses it", () =>
    withPage(async (_hub, page) => {
      await shows(page, "Platz geschlossen");
      const reached: string[] = [];
      for (let presses = 0; presses < 15; presses += 1) {
        reached.push(await page.evaluate<string>("document.activeElement.dataset.do ?? 'elsewhere'"));
        await page.keyboard.press("Tab");
      }
      for (const key of ["next", "park", "undo", "desk", "issue", "appointments", "services"])
        assert.ok(reached.includes(key), key);
      await page.focus("[data-do=again]");
      await page.keyboard.press("Tab");
      const outline = await page.evaluate<string>("getComputedStyle(document.activeElement).outlineWidth");
      assert.is(outline, "4px");
      await page.focus("[data-do=desk]");
      await page.keyboard.press("Enter");
      await shows(page, "Niemand am Platz");
    }));

  test("a double press calls one visitor, not two", () =>
    withPage(async (hub, page) => {
      await hub.ask("desk.open", { desk: "1" });
      await shows(page, "Niemand am Platz");
      for (let count = 0; count < 3; count += 1) await hub.ask("ticket.issue", { service: "id-card" });
      await until("the queue is shown", async () => (await page.locator("#waiting tr").count()) === 3);
      await page.evaluate(pressAgainAt("next", { number: "A001", notice: "A001" }));
      await next(page, "A001");
      await says(page, /^A001 ist aufgerufen\.$/);
      await works(page, "next");
      assert.equal(await page.evaluate<string[]>("pressedAt.sort()"), ["notice", "number"]);
      assert.is(await number(page), "A001");
      assert.is((await hub.ask("ticket.show", { number: "A002" })).ticket.state, "waiting");
    }));

  test("a key that is pressed twice does its work once", () =>
    withPage(async (hub, page) => {
      await hub.ask("desk.open", { desk: "1" });
      await shows(page, "Niemand am Platz");
      await hub.ask("ticket.issue", { service: "id-card" });
      await next(page, "A001");
      await page.evaluate(pressAgainAt("again", { since: "2-mal", notice: "noch einmal" }));
      await press(page, "again");
      await says(page, /^A001 ist noch einmal aufgerufen\.$/);
      await works(page, "again");
      assert.equal(await page.evaluate<string[]>("pressedAt.sort()"), ["notice", "since"]);
      assert.is((await hub.ask("ticket.show", { number: "A001" })).ticket.calls, 2);
      await page.evaluate(pressAgainAt("pause", { state: "Pause", notice: "Pause" }));
      await press(page, "pause");
      await says(page, /^Der Platz macht Pause\.$/);
      await works(page, "pause");
      assert.equal(await page.evaluate<string[]>("pressedAt.sort()"), ["notice", "state"]);
      assert.is(await page.textContent("#state"), "Pause");
    }));

  test("Enter that is held presses once, and twice in a panel calls nobody behind it", () =>
    withPage(async (hub, page) => {
      await hub.ask("desk.open", { desk: "1" });
      await shows(page, "Niemand am Platz");
      for (let count = 0; count < 3; count += 1) await hub.ask("ticket.issue", { service: "id-card" });
      await works(page, "next");
      await page.focus("[data-do=next]");
      await page.keyboard.down("Enter");
      await shows(page, "A001");
      await works(page, "next");
      await page.keyboard.down("Enter");
      await press(page, "again");
      await says(page, /^A001 ist noch einmal aufgerufen\.$/);
      await page.keyboard.up("Enter");
      await press(page, "issue");
      await page.evaluate(pressAgainAt("next", { notice: "Die neue Nummer" }));
      await page.keyboard.press("Enter");
      await says(page, /^Die neue Nummer ist A004/);
      await works(page, "next");
      assert.equal(await page.evaluate<string[]>("pressedAt"), ["notice"]);
      assert.is(await number(page), "A001");
    }));

  test("what others do at the desk is shown, and a press on what was there before does nothing", () =>
    withPage(async (hub, page) => {
      await hub.ask("desk.open", { desk: "1" });
      await hub.ask("ticket.issue", { service: "id-card" });
      const { ticket } = await hub.ask("call.next", { desk: "1" });
      await shows(page, "A001");
      await hub.ask("ticket.printed", { ticket: ticket?.id ?? "", outcome: "failed", sure: true });
      await until("the failed paper is shown", () => page.isVisible("#paper"));
      assert.is(await page.textContent("#paper"), "Druck fehlgeschlagen: vielleicht ohne Papier");
      await hub.ask("ticket.finish", { desk: "1", number: "A001" });
      await shows(page, "Niemand am Platz");
    }));

  test("a silent hub is said at once, and the keys rest until it is back", () =>
    withPage(async (hub, page) => {
      await hub.ask("desk.open", { desk: "1" });
      await shows(page, "Niemand am Platz");
      hub.signal("SIGSTOP");
      await until("the page says that it is cut off", () => page.isVisible("#lost"), 15_000);
      await picture(page, "desk-lost");
      assert.match((await page.textContent("#lost")) ?? "", "Keine Verbindung");
      assert.is(await page.getAttribute("[data-do=next]", "aria-disabled"), "true");
      hub.signal("SIGCONT");
      await until("the page is back", async () => !(await page.isVisible("#lost")), 15_000);
      assert.is(await page.getAttribute("[data-do=next]", "aria-disabled"), "false");
    }));

  test("a press while the answer is lost is done once", () =>
    withPage(async (hub, page) => {
      await hub.ask("desk.open", { desk: "1" });
      await shows(page, "Niemand am Platz");
      await hub.ask("ticket.issue", { service: "id-card" });
      await hub.ask("ticket.issue", { service: "id-card" });
      let lost = 0;
      await page.route("**/request/*", async (route) => {
        lost += 1;
        if (lost > 2) return route.continue();
        // The hub gets it and does it; the page never hears of that.
        await route.fetch();
        await route.abort();
      });
      // A page that is there already may send its next request past the route.
      await page.reload();
      await shows(page, "Niemand am Platz");
      await works(page, "next");
      await page.keyboard.press("Space");
      await says(page, /^A001 ist aufgerufen\.$/);
      assert.is(lost, 3);
      assert.is((await hub.ask("ticket.show", { number: "A002" })).ticket.state, "waiting");
    }));

  test("the list of desks leads to them by the keyboard and shows who is where", () =>
    withPage(async (hub, page) => {
      await until("two desks", async () => (await page.locator("#desks a").count()) === 2);
      await hub.ask("desk.open", { desk: "2" });
      await hub.ask("ticket.issue", { service: "pick-up" });
      await hub.ask("call.next", { desk: "2" });
      await until("desk 2 has its visitor", async () =>
        (await page.textContent("#desks li:nth-child(2)"))?.includes("C001"),
      );
      await picture(page, "desks");
      await page.focus("#desks li:nth-child(2) a");
      await page.keyboard.press("Enter");
      await shows(page, "C001");
      await page.goto(`http://127.0.0.1:${hub.httpPort}/desk/2?lang=en`);
      await shows(page, "C001");
      assert.is(await page.textContent("[data-do=next]"), "\n          Next number Space\n        ");
    }, "/desk"));

  test("a full queue fits the page", () =>
    withPage(async (hub, page) => {
      await hub.ask("desk.open", { desk: "1" });
      const services = ["id-card", "registration", "pick-up", "id-card", "id-card", "registration", "id-card"];
      const tickets = [];
      for (let round = 0; round < 10; round += 1) {
        for (const service of services) tickets.push((await hub.ask("ticket.issue", { service })).ticket);
      }
      for (const [index, outcome] of [
        [3, "failed"],
        [5, "unknown"],
      ] as const) {
        await hub.ask("ticket.printed", { ticket: tickets[index]?.id ?? "", outcome, sure: false });
      }
      await next(page, "A001");
      await until("the rest is a figure", async () => (await page.textContent("#more")) === "und 19 weitere");
      assert.is(await page.locator("#waiting tr").count(), 50);
      const wide = await page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
      assert.not(wide, "nothing is cut off at the right");
      const tall = await page.evaluate<boolean>("document.documentElement.scrollHeight > innerHeight");
      assert.not(tall, "the keys are in view without scrolling");
      await works(page, "next");
      if (pictures) await page.screenshot({ path: keptPicture });
    }));

  test("without a sign-in only our own pages may ask, with headers that keep others out", async () => {
    const hub = await runHub({ config: { staff: undefined } });
    try {
      const own = `127.0.0.1:${hub.httpPort}`;
      const json = { "content-type": "application/json" };
      const followed = { host: own, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }; // biome-ignore format: one browser's words
      const open = JSON.stringify({ id: "x-1", desk: "1" });
      const rows: [status: number, method: string, path: string, headers: Record<string, string>, body?: string][] = [
        [200, "GET", "/desk", { host: own }],
        [200, "GET", "/desk", { host: `localhost:${hub.httpPort}` }],
        [403, "GET", "/desk", { host: "evil.example" }],
        [403, "GET", "/desk", { host: `evil.example:${hub.httpPort}` }],
        [403, "GET", "/desk", { host: own, "x-forwarded-for": "192.0.2.7" }],
        [403, "GET", "/", { host: "evil.example" }],
        [403, "GET", "/desk/1/events", { host: "evil.example" }],
        [403, "GET", "/desk/1/events", { host: own, "sec-fetch-site": "cross-site" }],
        [403, "GET", "/events", { host: own, "sec-fetch-site": "cross-site" }],
        [403, "GET", "/desk/1", { ...followed, "sec-fetch-dest": "iframe" }],
        [200, "GET", "/desk/1", followed],
        [200, "GET", "/desk/1", { host: own, "sec-fetch-site": "none" }],
        [403, "POST", "/desk/1/request/desk.open", { host: own, origin: "http://evil.example", ...json }, open],
        [403, "POST", "/desk/1/request/desk.open", { host: own, origin: "null", ...json }, open],
        [403, "POST", "/desk/1/request/desk.open", { host: own, "sec-fetch-site": "cross-site", ...json }, open],
        [415, "POST", "/desk/1/request/desk.open", { host: own, "content-type": "text/plain" }, open],
        [413, "POST", "/desk/1/request/desk.open", { host: own, ...json }, " ".repeat(70_000)],
        [404, "POST", "/desk/9/request/desk.open", { host: own, ...json }, open],
        [404, "GET", "/desk/9", { host: own }],
        [404, "GET", "/page/../pages.ts", { host: own }],
        [200, "POST", "/desk/1/request/desk.open", { host: own, origin: `http://${own}`, ...json }, open],
      ];
      for (const [status, method, path, headers, body] of rows) {
        const answer = await http(hub.httpPort, method, path, headers, body);
        assert.is(answer.status, status, `${method} ${path} ${JSON.stringify(headers)}`);
      }
      const page = await http(hub.httpPort, "GET", "/desk/1", { host: own });
      assert.match(String(page.headers["content-security-policy"]), "default-src 'self'");
      assert.is(page.headers["x-content-type-options"], "nosniff");

      const ask = async (desk: string, verb: string, body: string) =>
        JSON.parse(
          (await http(hub.httpPort, "POST", `/desk/${desk}/request/${verb}`, { host: own, ...json }, body)).body,
        );
      assert.is((await ask("1", "desk.open", JSON.stringify({ id: "x-2", desk: "2" }))).error.code, "forbidden");
      assert.is((await ask("1", "office.show", JSON.stringify({ id: "x-3" }))).error.code, "forbidden");
      assert.is((await ask("1", "nonsense", JSON.stringify({ id: "x-4" }))).error.code, "unknown-verb");
      assert.is((await ask("1", "desk.open", "{")).error.code, "bad-request");
      assert.is((await ask("1", "desk.open", "")).error.code, "bad-request");
    } finally {
      await hub.stop();
    }
  });

  test.after(() => browser?.close());

  test("both languages say the same things", () => {
    const keysOf = (language: string) => {
      const path = join(import.meta.dirname, `../../hub/web/texts.${language}.json`);
      const texts = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
      return Object.entries(texts).map(([key, words]) => [key, [...words.matchAll(/\{\w+\}/g)].join()]);
    };
    assert.equal(keysOf("en"), keysOf("de"));
  });
}
test.run();
