// @ts-check
/// <reference lib="dom" />
import { byId } from "./element.js";
import { text } from "./texts.js";

/**
 * Whoever is signed in at this page, as the server's stream says; all of it stays undefined where nobody signs in.
 *
 * @type {{ me?: { name: string, role: string }, csrf?: string }}
 */
export const visit = {};

/** What somebody in each role finds besides the desks. @type {Record<string, string[]>} */
const links = { clerk: [], manager: ["accounts"], admin: ["accounts", "audit"] };

/** @param {{ me?: { name: string, role: string }, csrf?: string }} hello */
export function greet({ me, csrf }) {
  if (!me || csrf === undefined) return;
  Object.assign(visit, { me, csrf });
  byId("me").hidden = false;
  byId("me-name").textContent = text("me", { name: me.name });
  /** @type {HTMLInputElement} */ (byId("csrf")).value = csrf;
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-for]"))) {
    link.hidden = !links[me.role]?.includes(link.dataset.for ?? "");
  }
}
