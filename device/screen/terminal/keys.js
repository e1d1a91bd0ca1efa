// @ts-check
/// <reference lib="dom" />
import { touch } from "/page/live.js";
import { element } from "./element.js";

/** A touch that did not arrive is sent again, with the same id: it has one effect. */
const attemptsMax = 4;
const retryMs = 300;
/** A second tap meant for the last screen must not hit what has just appeared beneath it. In milliseconds. */
const settleMs = 350;

/** @type {{ id: string, what: string, pointer: number } | undefined} */
let down;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let settling;
/** Touches arrive in the order in which they were made, as digits must. */
let sending = Promise.resolve();

/** To be called when another screen appears. Until it takes touches the body says so. */
export function screenChanged() {
  document.body.setAttribute("data-settling", "");
  clearTimeout(settling);
  settling = setTimeout(() => document.body.removeAttribute("data-settling"), settleMs);
}

/**
 * A key that sends a touch. A key drawn anew under the finger is still the same key while it sends the same.
 *
 * @param {Record<string, unknown>} what
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
export function key(what, attributes, ...children) {
  return element("button", { type: "button", "data-touch": JSON.stringify(what), ...attributes }, ...children);
}

/** @param {Element | null} target */
function keyAt(target) {
  return /** @type {HTMLElement | null} */ (target?.closest("[data-touch]") ?? null);
}

/**
 * @param {HTMLElement} pressed
 * @param {string} id
 */
function send(pressed, id) {
  pressed.setAttribute("data-sent", "");
  const input = { ...JSON.parse(pressed.dataset.touch ?? "{}"), id };
  sending = sending.then(async () => {
    const isTaken = await attempt(input);
    // A key that stays on the screen may be pressed again at once.
    if (!isTaken || pressed.dataset.key !== undefined) pressed.removeAttribute("data-sent");
  });
}

/** @param {unknown} input */
async function attempt(input) {
  for (let attempts = 1; attempts <= attemptsMax; attempts += 1) {
    if (await touch(input)) return true;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
  return false;
}

/**
 * Keys answer when the finger comes up on them, however long it lay there; one that moves away or scrolls gives up.
 * A keyboard's Enter comes as a click without a finger.
 */
export function listenForTouches() {
  document.addEventListener("pointerdown", (event) => {
    const pressed = event.isPrimary ? keyAt(/** @type {Element} */ (event.target)) : null;
    const isSettled = !document.body.hasAttribute("data-settling");
    down =
      pressed && isSettled
        ? { id: crypto.randomUUID(), what: pressed.dataset.touch ?? "", pointer: event.pointerId }
        : undefined;
  });
  document.addEventListener("pointercancel", () => {
    down = undefined;
  });
  document.addEventListener("pointerup", (event) => {
    const pressed = keyAt(document.elementFromPoint(event.clientX, event.clientY));
    if (pressed && down?.pointer === event.pointerId && down.what === pressed.dataset.touch) send(pressed, down.id);
    down = undefined;
  });
  document.addEventListener("click", (event) => {
    const pressed = keyAt(/** @type {Element} */ (event.target));
    if (pressed && event.detail === 0) send(pressed, crypto.randomUUID());
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    // Enter on a key that has the focus is a click on that key.
    if (event.key === "Enter" && keyAt(document.activeElement)) return;
    const pressed = /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${CSS.escape(event.key)}"]`));
    if (!pressed) return;
    event.preventDefault();
    send(pressed, crypto.randomUUID());
  });
}
