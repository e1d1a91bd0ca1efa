import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { BoardView } from "../../device/board/view.ts";
import { createScreen, type ScreenServer } from "../../device/screen/server.ts";
import { launchChromium } from "../chromium.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";

const pageFolder = join(import.meta.dirname, "../../device/screen/board");
const keptPicture = join(import.meta.dirname, "../../deploy/docs/pictures/board.png");

const calm: BoardView = {
  office: "Bürgerbüro Dorsten",
  time: "10:42",
  current: { number: "A017", desk: "Platz 1" },
  last: [
    { number: "A016", desk: "Platz 3" },
    { number: "T004", desk: "Platz 2" },
    { number: "C009", desk: "Platz 5" },
    { number: "B011", desk: "Platz 4" },
    { number: "A015", desk: "Platz 1" },
    { number: "T003", desk: "Platz 2" },
  ],
  announcement: null,
  flash: false,
  emergency: null,
  message: null,
  waiting: ["Es warten 12 · ca. 20–30 Min.", "12 waiting · about 20–30 min"],
  isLive: true,
  notice: ["Anzeige nicht aktuell, bitte auf Ansage achten", "Display not up to date, please listen for your number"],
};
const quiet: BoardView = { ...calm, current: null, last: [] };
const sizes = [
  { width: 1920, height: 1080 },
  { width: 1280, height: 1024 },
  { width: 1080, height: 1920 },
  { width: 768, height: 1024 },
];

interface Opened {
  page: Page;
  screen: ScreenServer<BoardView>;
}

async function serve(port = 0): Promise<ScreenServer<BoardView>> {
  const screen = createScreen<BoardView>({ port, pageFolder });
  screen.start((event) => event.type === "status" && statuses.push(event.status.state));
  await until("the page is served", () => screen.url());
  return screen;
}

/** Of all screens; a browser that allows sound gives none of them an error. */
const statuses: string[] = [];
let browser: Browser | undefined;

async function opened(run: (opened: Opened) => Promise<void>, options: Parameters<Browser["newPage"]>[0] = {}) {
  browser ??= await launchChromium({ further: ["--autoplay-policy=no-user-gesture-required"] });
  const screen = await serve();
  const address = screen.url() ?? "";
  const page = await browser.newPage({ viewport: sizes[0] ?? null, ...options });
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // The browser itself complains about a server that is away; everything else is the page's fault.
    if (message.type() === "error" && !message.text().includes("ERR_")) faults.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(address)) faults.push(`fetched ${request.url()}`);
  });
  try {
    await page.addInitScript({ path: join(import.meta.dirname, "page-probes.js") });
    screen.show(calm);
    await page.goto(address);
    await page.locator("#number", { hasText: "A017" }).waitFor({ state: "attached" });
    await probe(page, "fontsReady");
    await run({ page, screen });
    assert.equal(faults, []);
  } finally {
    await page.close();
    await screen.stop();
  }
}

const gongs = (page: Page) => page.getAttribute("body", "data-gongs").then(Number);
/** Asks one of the questions of page-probes.js inside the browser. */
function probe<T>(page: Page, question: string, ...args: string[]): Promise<T> {
  return page.evaluate(`probe.${question}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`) as Promise<T>;
}
const hasClass = (page: Page, name: string) => probe<boolean>(page, "hasClass", name);
const contrast = (page: Page, selector: string) => probe<number>(page, "contrast", selector);
const inkHeight = (page: Page) => probe<number>(page, "inkHeight", "#number");
const texts = "#emergency, #number, #desk span, #last span, footer p, #notice p, #quiet p";
const overflowing = (page: Page) => probe<string[]>(page, "overflowing", texts);
const visible = (page: Page, text: string) => page.getByText(text, { exact: true }).first().isVisible();

if (need("chromium")) {
  test("the call, the last calls, the line and the time are there, in our typeface", () =>
    opened(async ({ page }) => {
      for (const text of ["A017", "A016", "Platz 3", "T003", ...calm.waiting])
        assert.ok(await visible(page, text), text);
      assert.is(await page.textContent("#desk span"), "Platz 1");
      assert.is(await page.textContent(".small-time"), "10:42");
      assert.not.ok(await visible(page, calm.notice[0] ?? ""));
      assert.ok((await probe<string[]>(page, "loadedFonts")).includes("Atkinson Hyperlegible Next Variable"));
      // As wide as the room allows in this typeface, not in the one that stood in for it while it came.
      await until("the number fills its room", async () => (await inkHeight(page)) > 310);
      await page.screenshot({ path: keptPicture });
    }));

  for (const viewport of sizes) {
    const name = `${viewport.width}x${viewport.height}`;
    test(`${name}: the number is a fifth of the screen, nothing is cut, nothing scrolls`, () =>
      opened(
        async ({ page, screen }) => {
          const fifth = Math.min(viewport.width, viewport.height) / 5;
          // As long as they may be (protocol, hub's configuration).
          const message = "Bitte verlassen Sie ruhig das Gebäude und folgen Sie den Anweisungen. "
            .repeat(3)
            .slice(0, 200);
          const office = "Bürgerservice Kirchheimbolanden, Verkehrsordnungswidrigkeiten und Fundbüro, Haus";
          const long = { number: "A000017", desk: "Bürger- und Ordnungsamt, Zimmer 2.117" };
          const views: [string, BoardView][] = [
            ["calm", calm],
            ["not live", { ...calm, isLive: false }],
            ["quiet", quiet],
            ["emergency", { ...calm, emergency: "Bitte verlassen Sie das Gebäude.", waiting: [] }],
            [
              "long emergency",
              { ...quiet, emergency: "Bitte verlassen Sie das Gebäude. ".repeat(6).trim(), waiting: [] },
            ],
            ["long", { ...calm, current: long, last: [long, long, ...calm.last.slice(2)], isLive: false }],
            ["message", { ...calm, message, waiting: [] }],
            ["message not live", { ...calm, message, waiting: [], isLive: false }],
            ["long name", { ...quiet, office, message, waiting: [], isLive: false }],
            ["quiet not live", { ...quiet, waiting: [], isLive: false }],
            ["emergency not live", { ...calm, emergency: message, waiting: [], isLive: false }],
          ];
          for (const [index, [what, view]] of views.entries()) {
            const time = `11:${index + 10}`;
            screen.show({ ...view, time });
            await until(`${what} is drawn`, async () => (await page.textContent(".small-time")) === time);
            await until("the notice follows", async () => (await hasClass(page, "not-live")) === !view.isLive);
            assert.equal(await overflowing(page), [], what);
            if (view.emergency !== null) {
              await until("it is shown", () => visible(page, view.emergency ?? ""));
              assert.not.ok(await page.locator("#calls, #quiet").first().isVisible(), "and nobody is sent to a desk");
              assert.ok((await contrast(page, "#emergency")) >= 7);
            } else if (view.current && view.current !== long) {
              assert.ok((await inkHeight(page)) >= fifth, `${what}: ${await inkHeight(page)} of ${fifth}`);
              for (const selector of ["#desk", "#last span", "#last .at"]) {
                const size = Number.parseFloat(await probe(page, "style", selector, "fontSize"));
                assert.ok(size >= fifth / 6, `${what}: ${selector} in letters of ${size} px`);
              }
            }
            const folder = process.env.WARTEMARKE_TEST_PICTURES;
            if (folder) await page.screenshot({ path: join(folder, `board-${name}-${what.replaceAll(" ", "-")}.png`) });
          }
        },
        { viewport },
      ));
  }

  test("a new call flashes, gongs once, and comes to rest", () =>
    opened(async ({ page, screen }) => {
      assert.is(await gongs(page), 0, "what was there when the page came does not gong");
      const called = { ...calm, current: { number: "B003", desk: "Platz 2" }, announcement: "1/b/1", flash: true };
      screen.show(called);
      await until("the gong", async () => (await gongs(page)) === 1);
      assert.ok(await hasClass(page, "flash"));
      assert.is(await probe(page, "style", "#current", "animationName"), "flash");
      const [animation] = await probe<{ iterations: number; duration: number }[]>(page, "animations");
      assert.is(animation?.iterations, 3);
      assert.is(animation?.duration, 1000);
      screen.show({ ...called, time: "10:43" });
      screen.show({ ...called, time: "10:43", flash: false });
      await until("rest", async () => !(await hasClass(page, "flash")));
      assert.is(await gongs(page), 1);
      screen.show({ ...called, announcement: "1/b/2" });
      await until("the recall's gong", async () => (await gongs(page)) === 2);
    }));

  test("a board that starts again in the middle of an announcement rings no second time on a page that lives on", () =>
    opened(async ({ page, screen }) => {
      const called = { ...calm, announcement: "1/b/1", flash: true };
      screen.show(called);
      await until("the gong", async () => (await gongs(page)) === 1);
      const port = Number(new URL(screen.url() ?? "").port);
      await screen.stop();
      await until("the page has noticed", () => hasClass(page, "lost"));
      const again = await serve(port);
      again.show({ ...calm, isLive: false });
      again.show({ ...called, announcement: "1/b/1", current: { number: "B003", desk: "Platz 2" } });
      await until("it flashes", async () => (await hasClass(page, "flash")) && (await visible(page, "B003")));
      again.show({ ...called, announcement: "1/c/1" });
      await until("the next call's gong", async () => (await gongs(page)) === 2);
      await again.stop();
    }));

  test("who wants no motion gets none, and sees the new call all the same", () =>
    opened(
      async ({ page, screen }) => {
        screen.show({ ...calm, announcement: "1/a/1", flash: true });
        await until("flash", () => hasClass(page, "flash"));
        assert.is(await probe(page, "style", "#current", "animationName"), "none");
        assert.is(await probe(page, "style", "#current", "backgroundColor"), "rgb(16, 21, 28)");
        assert.ok((await contrast(page, "#number")) >= 7);
      },
      { reducedMotion: "reduce" },
    ));

  test("not live says so and keeps calls and message, not who waits; every text has a contrast of 7 to 1", () =>
    opened(async ({ page, screen }) => {
      const haveContrast = async (...selectors: string[]) => {
        for (const selector of selectors) {
          const ratio = await contrast(page, selector);
          assert.ok(ratio >= 7, `${selector}: ${ratio.toFixed(2)}`);
        }
      };
      await haveContrast("#waiting p", "#waiting p + p");
      screen.show({ ...calm, isLive: false });
      await until("the notice", () => visible(page, calm.notice[0] ?? ""));
      assert.ok(await visible(page, calm.notice[1] ?? ""));
      assert.ok(await visible(page, "A017"));
      assert.ok(await page.locator(".small-time").isVisible());
      assert.not.ok(await visible(page, calm.waiting[0] ?? ""));
      await haveContrast("#number", "#desk", "#last span", "#last .at", ".small-time", "#notice p");
      screen.show({ ...calm, isLive: false, message: "Heute nur bis 12 Uhr", waiting: [] });
      await until("the message beside the notice", () => visible(page, "Heute nur bis 12 Uhr"));
      assert.ok(await visible(page, calm.notice[0] ?? ""));
      await haveContrast("#message p");
      screen.show(quiet);
      await until("quiet", () => visible(page, "Bürgerbüro Dorsten"));
      for (const selector of ["#office", ".big-time"]) assert.ok((await contrast(page, selector)) >= 7, selector);
      assert.not.ok(await visible(page, calm.notice[0] ?? ""));
    }));

  test("a page that lost its server says so, hides the time, and comes back by itself", () =>
    opened(async ({ page, screen }) => {
      const port = Number(new URL(screen.url() ?? "").port);
      await screen.stop();
      await until("the notice", () => visible(page, calm.notice[0] ?? ""));
      assert.ok(await visible(page, "A017"));
      assert.not.ok(await page.locator(".small-time").isVisible());
      assert.not.ok(await visible(page, calm.waiting[0] ?? ""));
      const again = await serve(port);
      again.show({ ...calm, current: { number: "A018", desk: "Platz 2" } });
      await until("the next call", () => visible(page, "A018"));
      assert.not.ok(await visible(page, calm.notice[0] ?? ""));
      assert.is(await gongs(page), 0);
      await again.stop();
    }));

  test("a browser that allows no sound is said to staff, until somebody touches the page", async () => {
    const mute = await launchChromium();
    const screen = createScreen<BoardView>({ port: 0, pageFolder });
    const statuses: string[] = [];
    screen.start((event) => event.type === "status" && statuses.push(`${event.status.state} ${event.status.detail}`));
    screen.show(calm);
    try {
      const page = await mute.newPage();
      await page.addInitScript({ path: join(import.meta.dirname, "page-probes.js") });
      await page.goto(await until("the page is served", () => screen.url()));
      await until("it is said", () => statuses.at(-1)?.startsWith("error no sound"));
      screen.show({ ...calm, announcement: "1/b/1", flash: true });
      await until("it flashes", () => hasClass(page, "flash"));
      assert.is(await gongs(page), 0);
      await page.mouse.click(10, 10);
      await until("it may be heard", () => statuses.at(-1) === "ready 1 page");
      await page.close();
      await until("nobody looks", () => statuses.at(-1) === "offline no page is connected");
    } finally {
      await mute.close();
      await screen.stop();
    }
  });

  test("the browser ends", async () => {
    await browser?.close();
    assert.not.ok(statuses.includes("error"), statuses.join());
  });
}

test.run();
