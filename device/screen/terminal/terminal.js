// @ts-check
/// <reference lib="dom" />
import { connect } from "/page/live.js";
import { arrowDown, codeMark, element, qrCode, sign } from "./element.js";
import { entryScreen } from "./entry.js";
import { fitScreen, showMore } from "./fit.js";
import { key, listenForTouches, screenChanged } from "./keys.js";

/** @typedef {{ label: string, do: string }} Action */

/** Languages that are written from right to left. */
const rightToLeft = new Set(["ar", "fa", "he", "ps", "ur"]);

/** What is drawn, as text; drawing the same again would only take the focus away. */
let drawn = "";
let isLive = false;
/** What the page shows before it has heard anything. */
let view = {
  office: "",
  accent: "#0b4f8a",
  language: "de",
  languages: /** @type {{ code: string, name: string }[]} */ ([]),
  largePrint: { label: "Große Schrift", on: false },
  banner: "",
  moment: "Einen Moment bitte",
  screen: /** @type {any} */ (undefined),
};

const find = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

const paragraphs = (/** @type {string[]} */ lines) => lines.map((line) => element("p", {}, line));

/** @param {Action[]} actions */
function actionKeys(actions) {
  if (actions.length === 0) return [];
  return [element("div", { class: "actions" }, ...actions.map((action) => key({ do: action.do }, {}, action.label)))];
}

/** @param {any} service */
function serviceKey(service) {
  const lines = service.lines.map((/** @type {string} */ line) => element("span", { class: "line" }, line));
  return key(
    { do: "choose", service: service.service },
    { class: "service", "data-service": service.service, ...(service.open ? {} : { "data-closed": "" }) },
    ...(service.label ? [element("span", { class: "label" }, service.label)] : []),
    element("span", {}, element("span", { class: "name" }, service.name), ...lines),
  );
}

/** @param {any} screen */
function chooseScreen(screen) {
  const grid = element("div", { class: "services" }, ...screen.services.map(serviceKey));
  const more = element("button", { type: "button", class: "more" }, arrowDown(), screen.more);
  more.addEventListener("click", () => showMore(find("screen")));
  const row = screen.appointment ? [appointmentRow(screen.appointment)] : [];
  return [element("h1", {}, screen.question), grid, more, ...row];
}

/** @param {{ question: string, scan: string, or: string, birthdate: string }} row */
function appointmentRow({ question, scan, or, birthdate }) {
  const text = (/** @type {string} */ words, /** @type {Node[]} */ ...before) => element("p", {}, ...before, words);
  return element(
    "div",
    { class: "appointment" },
    text(question),
    ...(scan ? [text(scan, codeMark())] : []),
    ...(or ? [text(or)] : []),
    ...(birthdate ? [key({ do: "birthdate" }, {}, birthdate)] : []),
  );
}

/** @param {any} screen */
function messageScreen(screen) {
  const title = element("h1", {}, screen.title);
  const content = [sign(screen.tone), title, ...paragraphs(screen.lines), ...actionKeys(screen.actions)];
  return [element("div", { class: "message" }, ...content)];
}

/** @param {any} screen */
function numberScreen(screen) {
  const digits = element("p", { class: "digits" }, screen.number);
  digits.style.setProperty("--digits", String(Math.max(4, screen.number.length)));
  const head = element("div", { class: "head" }, sign(screen.tone), element("h1", {}, screen.heading));
  const shown = screen.qr ? element("div", { class: "pair" }, digits, qrCode(screen.qr)) : digits;
  const content = [head, shown, ...paragraphs(screen.lines), ...actionKeys(screen.actions)];
  return [element("div", { class: "number" }, ...content)];
}

const drawings = { choose: chooseScreen, entry: entryScreen, message: messageScreen, number: numberScreen };

function header() {
  const languages = view.languages.map(({ code, name }) => {
    const attributes = { lang: code, "data-language": code, "aria-pressed": String(code === view.language) };
    return key({ do: "language", language: code }, attributes, name);
  });
  const { label, on } = view.largePrint;
  const large = key({ do: "large", on: !on }, { id: "large", "aria-label": label, "aria-pressed": String(on) }, "Aa");
  return [...(languages.length > 1 ? languages : []), large];
}

function draw() {
  const moment = { kind: "message", name: "moment", tone: "wait", title: view.moment, lines: [], actions: [] };
  const screen = isLive && view.screen ? view.screen : moment;
  const text = JSON.stringify({ ...view, screen });
  if (text === drawn) return;
  drawn = text;
  const scrolled = document.querySelector(".services")?.scrollTop ?? 0;
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.touch;
  const root = document.documentElement;
  root.lang = view.language;
  root.dir = rightToLeft.has(view.language) ? "rtl" : "ltr";
  root.toggleAttribute("data-large", view.largePrint.on);
  if (view.largePrint.on) root.style.removeProperty("--accent");
  else root.style.setProperty("--accent", view.accent);
  find("office").textContent = view.office;
  find("banner").textContent = view.banner;
  find("banner").hidden = view.banner === "";
  find("languages").replaceChildren(...header());
  const main = find("screen");
  const isSame = main.dataset.screen === screen.name;
  if (!isSame) screenChanged();
  main.dataset.screen = screen.name;
  main.dataset.tone = screen.tone ?? "";
  main.replaceChildren(...drawings[/** @type {keyof typeof drawings} */ (screen.kind)](screen));
  fitScreen(main);
  // News of the queues must not take away what somebody has just scrolled to.
  const grid = main.querySelector(".services");
  if (grid && isSame) grid.scrollTop = scrolled;
  for (const same of document.querySelectorAll("[data-touch]")) {
    if (focused && same instanceof HTMLElement && same.dataset.touch === focused) same.focus();
  }
}

for (const unwanted of ["contextmenu", "dragstart", "selectstart", "gesturestart"]) {
  document.addEventListener(unwanted, (event) => event.preventDefault());
}
// Two fingers, and Ctrl with the wheel, would zoom.
document.addEventListener("wheel", (event) => event.ctrlKey && event.preventDefault(), { passive: false });
document.addEventListener("touchmove", (event) => event.touches.length > 1 && event.preventDefault(), {
  passive: false,
});

addEventListener("resize", () => fitScreen(find("screen")));
// Until the typeface is there another one stands in for it, which is wider.
document.fonts.addEventListener("loadingdone", () => fitScreen(find("screen")));
listenForTouches();
draw();
connect({
  view(next) {
    view = next;
    draw();
  },
  live(live) {
    isLive = live;
    draw();
  },
});
