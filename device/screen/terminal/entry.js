// @ts-check
/// <reference lib="dom" />
import { element, eraseMark } from "./element.js";
import { key } from "./keys.js";

/**
 * A pad of digits beside what has been entered. The keys of a keyboard do the same (`data-key`).
 *
 * @param {any} screen
 */
export function entryScreen(screen) {
  const digit = (/** @type {number} */ value) =>
    key({ do: "digit", digit: `${value}` }, { class: "digit", "data-key": `${value}` }, `${value}`);
  const erase = key({ do: "erase" }, { class: "erase", "data-key": "Backspace" }, eraseMark(), screen.erase);
  const pad = element("div", { class: "pad" }, ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 0].map(digit), erase);
  const field = element(
    "p",
    { class: "field" },
    element("span", { class: "entered" }, screen.entered),
    element("span", { class: "open" }, screen.open),
  );
  const words = screen.problem
    ? element("p", { class: "problem", role: "alert" }, screen.problem)
    : element("p", { class: "hint" }, screen.hint);
  // It takes a touch at any time: Enter may be on its way behind digits that are not drawn yet.
  const enter = { class: "enter", "data-key": "Enter", "aria-disabled": String(!screen.complete) };
  const actions = element(
    "div",
    { class: "actions" },
    key({ do: "done" }, { "data-key": "Escape" }, screen.cancel),
    key({ do: "enter" }, enter, screen.enter),
  );
  const said = element("div", { class: "said" }, element("h1", {}, screen.title), field, words);
  return [element("div", { class: "entry" }, said, actions, pad)];
}
