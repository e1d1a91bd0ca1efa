import type { Page } from "playwright-core";

/** The password of the demo office's staff. */
const demoPassword = "demo";

/** Signs in by the keyboard on the page that is shown, and waits for the one to which that leads. */
export async function typeSignIn(page: Page, name = "clerk", password = demoPassword): Promise<void> {
  // Loaded whole, as else its own end of loading would be taken for that of the next page.
  await page.waitForFunction("document.readyState === 'complete' && document.activeElement?.id === 'name'");
  await page.keyboard.type(name);
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
}
