import type { Page } from "playwright-core";
import { until } from "../until.ts";

/** What the page of a desk shows and says, and its keys as somebody in front of it presses them. */

/** The number of whoever is at the desk, or the words in its place. */
export const shows = (page: Page, wanted: string) =>
  until(`the page shows ${wanted}`, async () => (await page.textContent("#number")) === wanted);

/** What the page says of what was asked for; from then on the keys work again, as far as what it shows allows it. */
export const says = (page: Page, wanted: RegExp) =>
  until(`the page says ${wanted}`, async () => wanted.test((await page.textContent("#notice")) ?? ""));

/** Resolves once the key works: not before the answer to the last one is there, which may come after the new view. */
export const works = (page: Page, key: string) =>
  until(`the key ${key} works`, () =>
    page.evaluate<boolean>(`document.querySelector('[data-do="${key}"]')?.getAttribute("aria-disabled") === "false"`),
  );

/** Presses a key of the page by its letter, once it works. */
export async function press(page: Page, key: string): Promise<void> {
  await works(page, key);
  await page.keyboard.press((await page.getAttribute(`[data-do="${key}"]`, "aria-keyshortcuts")) ?? "");
}

/** Goes to the first of those who are away. */
export async function toThoseAway(page: Page): Promise<void> {
  // It has no key of its own to look at; this one works whenever nothing is under way.
  await works(page, "issue");
  await page.keyboard.press("r");
}

/** Calls the next number, which is this one. */
export async function next(page: Page, number: string): Promise<void> {
  await press(page, "next");
  await shows(page, number);
}
