import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import * as assert from "uvu/assert";
import { systemClock } from "../../device/clock.ts";
import type { Limits } from "../../device/terminal/limits.ts";
import { launchChromium } from "../chromium.ts";
import { until } from "../until.ts";
import { makeOffice, startTerminal, type Terminal } from "./terminal.ts";

export const landscape = { width: 1280, height: 1024 };
export const portrait = { width: 1080, height: 1920 };
/** Pixels of 20 mm on a 15.6-inch screen of 1920 × 1080; a 15-inch one of 1280 × 1024 has 86. */
const targetPixels = { [landscape.width]: 86, [portrait.width]: 111 };
/** For a page under a busy machine, in milliseconds. */
const patienceMs = 20_000;

/** The terminal's clock is the real one here: nothing on its screens is over before a busy machine has come to it. */
const patientLimits: Partial<Limits> = {
  ticketPauseMs: 1,
  takenMs: 120_000,
  keptMs: 120_000,
  messageMs: 120_000,
  idleMs: 120_000,
  answerTimeoutMs: patienceMs,
  beatTimeoutMs: patienceMs,
};

export interface Kiosk {
  terminal: Terminal;
  page: Page;
  url: string;
  errors: string[];
  /** Waits until this screen is shown and takes touches. */
  screen(name: string): Promise<void>;
  tap(selector: string): Promise<void>;
  text(): Promise<string>;
}

/** What the functions below find in the page. */
declare const document: { documentElement: { scrollHeight: number } };
declare const innerHeight: number;
declare function getComputedStyle(element: unknown): Record<"display", string>;

/** One browser for all tests, and a page of its own for each. */
let browser: Browser | undefined;

/** A terminal with its page in a browser, on the start screen; no error of the page may be left over. */
export async function withKiosk(
  run: (kiosk: Kiosk) => Promise<void>,
  viewport = landscape,
  limits: Partial<Limits> = {},
): Promise<void> {
  const terminal = await startTerminal({ clock: systemClock(), page: true, limits: { ...patientLimits, ...limits } });
  browser ??= await launchChromium();
  const page = await browser.newPage({ viewport, hasTouch: true });
  try {
    page.setDefaultTimeout(patienceMs);
    const errors: string[] = [];
    page.on("pageerror", (error) => void errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(`${message.text()} ${message.location().url}`);
    });
    await terminal.office(makeOffice());
    const url = await until("the page is served", () => terminal.device().page?.url());
    await page.goto(url);
    const kiosk: Kiosk = {
      terminal,
      page,
      url,
      errors,
      async screen(name) {
        await page.locator(`#screen[data-screen="${name}"]`).waitFor();
        await page.locator("body:not([data-settling])").waitFor();
      },
      tap: (selector) => page.locator(selector).tap(),
      text: async () => ((await page.locator("#screen").textContent()) ?? "").replaceAll("\u00a0", " "),
    };
    await kiosk.screen("choose");
    await run(kiosk);
    assert.equal(errors, []);
  } finally {
    await page.close();
    await terminal.stop();
  }
}

/** To be called after the last test. */
export async function closeBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

/**
 * All is in view, keys are 20 mm and apart, no text is cut.
 *
 * @throws AssertionError
 */
export async function looksRight(page: Page, viewport: { width: number; height: number }, what: string): Promise<void> {
  const keys = await page
    .locator("button:visible")
    .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  for (const [index, key] of keys.entries()) {
    const least = targetPixels[viewport.width] ?? 0;
    assert.ok(key.height >= least - 1 && key.width >= least - 1, `${what}: key ${index} ${JSON.stringify(key)}`);
    assert.ok(key.left >= 0 && key.right <= viewport.width && key.bottom <= viewport.height, `${what}: key ${index}`);
    for (const other of keys.slice(index + 1)) {
      const apart =
        key.right <= other.left || other.right <= key.left || key.bottom <= other.top || other.bottom <= key.top;
      assert.ok(apart, `${what}: keys overlap`);
    }
  }
  const cut = await page.locator("#screen *").evaluateAll((all) => {
    return all.filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
      .length;
  });
  assert.is(cut, 0, `${what}: texts are cut`);
  assert.ok(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight), `${what}: scrolls`);
}

/** What axe-core finds wrong with the page for people who see or hear it differently, as far as a kiosk may heed it. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  // In the page this is the page's own `axe`. A kiosk keeps two fingers from zooming: it has large print of its own.
  const found = await page.evaluate(() => axe.run({ rules: { "meta-viewport": { enabled: false } } }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
