// @ts-check
/// <reference lib="dom" />
import { byId, element } from "./element.js";
import { text } from "./texts.js";

/**
 * What opens at the right side, in place of the queue: no dialog, the visitor and the keys stay in view. Escape closes it.
 *
 * @typedef {object} Desk
 * @property {string} path the page's own, such as `/desk/1`
 * @property {string} desk
 * @property {() => any} view
 * @property {() => number} hubTime by the hub's clock, in milliseconds since the epoch
 * @property {(verb: string, args: object, done: string, about: string) => Promise<any>} request
 *   asks and says what came of it; resolves with the result, or undefined when it was not done
 * @property {(tone: string, words: string) => void} say
 */

/** Choices beyond the ninth have no digit. */
const digitMax = 9;

export const isPanelOpen = () => !byId("panel").hidden;

export function closePanel() {
  byId("panel").hidden = true;
  byId("panel").replaceChildren();
  byId("queue").hidden = false;
}

/** Closes the panel, and the space bar means the next number again. */
export function leavePanel() {
  closePanel();
  /** @type {HTMLElement | null} */ (document.querySelector('[data-do="next"]'))?.focus();
}

/**
 * @param {string} title
 * @param {(Node | string)[]} content
 */
export function openPanel(title, ...content) {
  const close = element("button", { type: "button", class: "close" }, text("close"), " ", element("kbd", {}, "Esc"));
  close.addEventListener("click", leavePanel);
  const panel = byId("panel");
  panel.replaceChildren(element("h2", {}, element("span", {}, title), close), ...content);
  panel.hidden = false;
  byId("queue").hidden = true;
  // In this order: what the panel wants, then what comes behind its title.
  const first = ["[autofocus]", "h2 ~ * :is(input, select, button)", ".close"].map((one) => panel.querySelector(one));
  /** @type {HTMLElement | undefined | null} */ (first.find((one) => one !== null))?.focus();
}

/**
 * A list to choose from: by its digit, with Tab and Enter, or by a click.
 *
 * @param {{ label: string, note?: string, choose: () => void }[]} items
 * @param {number} first the first digit
 */
export function choices(items, first = 1) {
  return element(
    "ul",
    { class: "choices" },
    ...items.map(({ label, note, choose }, index) => {
      const digit = index + first <= digitMax ? String(index + first) : "";
      const press = element("button", { type: "button", class: "choice", ...(digit ? { "data-digit": digit } : {}) });
      press.append(
        element("span", {}, label, ...(note ? [" ", element("small", {}, note)] : [])),
        ...(digit ? [element("kbd", {}, digit)] : []),
      );
      press.addEventListener("click", choose);
      return element("li", {}, press);
    }),
  );
}

/**
 * Presses the choice that has this digit. True when there is one.
 *
 * @param {string} key
 */
export function pickByDigit(key) {
  if (!/^[1-9]$/.test(key) || !isPanelOpen()) return false;
  const choice = /** @type {HTMLElement | null} */ (byId("panel").querySelector(`[data-digit="${key}"]`));
  choice?.click();
  return choice !== null;
}

/**
 * A line of a form with its label.
 *
 * @param {string} label
 * @param {HTMLElement} field
 */
export const line = (label, field) => element("label", { class: "line" }, element("span", {}, label), field);

/**
 * A form that does not leave the page. Enter sends it.
 *
 * @param {string} label of its key
 * @param {(fields: FormData) => void} send
 * @param {(Node | string)[]} content
 */
export function form(label, send, ...content) {
  const made = /** @type {HTMLFormElement} */ (
    element("form", {}, ...content, element("button", { type: "submit" }, label))
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    send(new FormData(made));
  });
  return made;
}
