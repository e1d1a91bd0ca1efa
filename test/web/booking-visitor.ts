import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import * as assert from "uvu/assert";
import { anna } from "../hub/appointment-office.ts";
import type { BookingSite } from "./booking-site.ts";
import { typed } from "./booking-site.ts";

/** What the functions below find in the page. */
declare const document: { documentElement: { scrollWidth: number; clientWidth: number } };
declare const window: { axe: { run(): Promise<{ violations: { id: string }[] }> } };

/** Every kind of page that a visitor can come to, in the order of one way through all of them. */
export const pageKinds = [
  "services",
  "nothing chosen",
  "times",
  "data",
  "data with faults",
  "time taken",
  "done",
  "confirm",
  "confirmed",
  "confirmed already",
  "move",
  "moved",
  "my data",
  "cancel",
  "cancelled",
  "my booking",
  "link sent",
  "imprint",
  "privacy",
  "no such page",
  "no such appointment",
] as const;
export type PageKind = (typeof pageKinds)[number];

/** How this visitor makes a page do something; with the mouse unless it says otherwise. */
export interface Hand {
  press(page: Page, selector: string): Promise<void>;
  type(page: Page, selector: string, text: string): Promise<void>;
  choose(page: Page, selector: string, text: string): Promise<void>;
}

const mouse: Hand = {
  press: (page, selector) => page.locator(selector).first().click(),
  type: (page, selector, text) => page.locator(selector).fill(text),
  async choose(page, selector, text) {
    await page.locator(selector).selectOption({ label: text });
  },
};

/**
 * Reserves, confirms, moves and cancels by the pages alone, and looks at every other page besides. `look` sees each kind
 * once, when the browser has loaded it.
 */
export async function visitEveryPage(
  site: BookingSite,
  page: Page,
  { language, one, email }: { language: "de" | "en"; one: string; email: string },
  look: (kind: PageKind) => Promise<void>,
  hand: Hand = mouse,
): Promise<void> {
  const go = (path: string) => page.goto(`${site.url}${path}${path.includes("?") ? "&" : "?"}lang=${language}`);
  const send = (form = "main form button:not(.time)") => hand.press(page, form);
  await go("/");
  await look("services");
  await send();
  await look("nothing chosen");
  await hand.choose(page, "#n-id-card", one);
  await send();
  await look("times");
  await hand.press(page, "details[open] a.time");
  await look("data");
  await hand.type(page, "#name", typed.name);
  await send();
  await look("data with faults");
  await hand.type(page, "#birthdate", typed.birthdate);
  await hand.type(page, "#email", email);
  await hand.type(page, "#phone", typed.phone);
  const wanted = Number(await page.locator("input[name=at]").inputValue());
  await takeAll(site, wanted);
  await send();
  await look("time taken");
  assert.is(await page.locator("#name").inputValue(), typed.name, "what was typed is still there");
  await hand.press(page, "#at-0");
  await send();
  await look("done");
  const { link = "" } = site.mail("activation");
  await go(`/appointment/${link}`);
  await look("confirm");
  await send();
  await look("confirmed");
  await go(`/appointment/${link}`);
  await look("confirmed already");
  await hand.press(page, 'main a[href*="/move"]');
  await look("move");
  await hand.press(page, "details[open] button.time");
  await look("moved");
  await hand.press(page, 'main a[href*="/data"]');
  await look("my data");
  await go(`/appointment/${link}`);
  await hand.press(page, 'main a[href*="/cancel"]');
  await look("cancel");
  await send();
  await look("cancelled");
  await go("/my-booking");
  await look("my booking");
  await hand.type(page, "#booking", "k7m29xq001");
  await send();
  await look("link sent");
  for (const [path, kind] of [
    ["/imprint", "imprint"],
    ["/privacy", "privacy"],
    ["/no-such-page", "no such page"],
    ["/appointment/no-such-link", "no such appointment"],
  ] as const) {
    await go(path);
    await look(kind);
  }
}

let takers = 0;

/** Others book whatever is free at this time. */
export async function takeAll(site: BookingSite, at: number): Promise<void> {
  for (;;) {
    const taker = ++takers;
    const person = { ...anna, email: `taker-${taker}@example.org` };
    const done = await site.reserve({
      id: `t4k3r${String(taker).padStart(5, "0")}`,
      at,
      person,
      ip: `198.51.${taker}.1`,
    });
    if (done.ok) continue;
    assert.is(done.error.code, "slot-taken");
    return;
  }
}

/** Opens a page that asks nobody but the site for anything, or the work fails. */
export async function withVisitor(
  browser: Browser,
  site: BookingSite,
  options: BrowserContextOptions,
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const page = await context.newPage();
    const foreign: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(site.url)) foreign.push(request.url());
    });
    await work(page);
    assert.equal(foreign, []);
  } finally {
    await context.close();
  }
}

/** Fails where axe finds something; only in a page that may run scripts. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run());
  assert.equal(
    violations.map(({ id }) => id),
    [],
    what,
  );
}

/** Fails where the page is wider than the window. */
export async function assertFits(page: Page, what: string): Promise<void> {
  const { scrollWidth, clientWidth } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { scrollWidth, clientWidth };
  });
  assert.ok(scrollWidth <= clientWidth, `${what}: ${scrollWidth} of ${clientWidth} pixels`);
}
