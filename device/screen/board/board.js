// @ts-check
/// <reference lib="dom" />

import { connect, tellSound } from "/page/live.js";
import { gong, mayRing } from "./gong.js";

/** @typedef {import("../../board/view.ts").BoardView} BoardView */

/** How far the picture moves against burn-in, in pixels, by the minute. */
const shifts = [
  [0, 0],
  [3, 0],
  [3, 3],
  [0, 3],
];

/** Type is made smaller by 3 % a step, so at most to a tenth. */
const fitStepsMax = 75;

/** The newest call's desk is to be at least this part of its usual size, as long as there is an older call to leave out. */
const deskLeast = 0.5;

/** Sound that has not started by then is not allowed, in milliseconds. */
const soundStartMs = 2_000;

const { body } = document;
let isHeard = false;
/** @type {BoardView | undefined} */
let shown;
/**
 * The announcement that was seen last: a board that starts anew may name it again.
 *
 * @type {string | undefined}
 */
let announced;

/** @param {string} selector */
function all(selector) {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll(selector)]);
}

/**
 * @param {string} selector
 * @param {string} text
 */
function write(selector, text) {
  for (const element of all(selector)) if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {string} selector
 * @param {string[]} texts
 */
function writeLines(selector, texts) {
  for (const element of all(selector)) {
    element.replaceChildren(
      ...texts.map((text) => {
        const line = document.createElement("p");
        line.textContent = text;
        return line;
      }),
    );
  }
}

/**
 * Makes type smaller until nothing sticks out of the room it has: no number and no desk is ever cut.
 *
 * @param {HTMLElement} element
 * @param {HTMLElement} room
 */
function fit(element, room) {
  element.style.fontSize = "";
  let size = Number.parseFloat(getComputedStyle(element).fontSize);
  for (let step = 0; step < fitStepsMax && sticksOut(element, room); step += 1) {
    size *= 0.97;
    element.style.fontSize = `${size}px`;
  }
}

/**
 * Wider than itself, or higher than the room: letters are always higher than a row of numbers is made.
 *
 * @param {HTMLElement} element
 * @param {HTMLElement} room
 */
function sticksOut(element, room) {
  return element.scrollWidth > element.clientWidth || room.scrollHeight > room.clientHeight + 1;
}

/**
 * Where the last calls stand below the newest one, the oldest of them make room for its desk.
 *
 * @param {HTMLElement} desk
 * @param {HTMLElement} room
 */
function fitDesk(desk, room) {
  const rows = all("#last li");
  for (const row of rows) row.hidden = false;
  const size = () => Number.parseFloat(getComputedStyle(desk).fontSize);
  desk.style.fontSize = "";
  const least = deskLeast * size();
  fit(desk, room);
  for (const row of rows.reverse()) {
    const { clientHeight } = room;
    if (size() >= least) return;
    row.hidden = true;
    if (room.clientHeight === clientHeight) {
      row.hidden = false;
      return;
    }
    fit(desk, room);
  }
}

function fitAll() {
  for (const message of all("#emergency")) fit(message, message);
  for (const message of all("#message p")) fit(message, message.parentElement ?? body);
  for (const office of all("#office")) fit(office, office.parentElement ?? body);
  // First the number, as wide as it can be; the desk takes the height that is left.
  for (const number of all("#number")) fit(number, body);
  for (const desk of all("#desk")) fitDesk(desk, desk.parentElement ?? body);
  for (const number of all("#last span:first-child")) fit(number, body);
  for (const at of all("#last .at")) fit(at, at.parentElement ?? body);
}

/** @param {{ number: string, desk: string }} call */
function lastCall({ number, desk }) {
  const item = document.createElement("li");
  const parts = [number, desk].map((text) => {
    const part = document.createElement("span");
    part.textContent = text;
    return part;
  });
  parts[1]?.classList.add("at");
  item.append(...parts);
  return item;
}

/** @param {BoardView} view */
function draw(view) {
  body.dataset.state = view.emergency !== null ? "emergency" : view.current ? "calls" : "quiet";
  write("#emergency", view.emergency ?? "");
  write("#number", view.current?.number ?? "");
  write("#desk span", view.current?.desk ?? "");
  write("#office", view.office);
  write(".time", view.time);
  body.classList.toggle("message", view.message !== null);
  writeLines("#message", view.message === null ? [] : [view.message]);
  writeLines("#waiting", view.waiting);
  writeLines("#notice div", view.notice);
  document.querySelector("#last")?.replaceChildren(...view.last.map(lastCall));
  const [x = 0, y = 0] = shifts[Number(view.time.slice(-2)) % shifts.length] ?? [];
  body.style.setProperty("--shift-x", `${x}px`);
  body.style.setProperty("--shift-y", `${y}px`);
}

/** @param {BoardView} view */
function announce(view) {
  if (view.announcement !== null && view.announcement !== announced) {
    announced = view.announcement;
    // Taken away and set again with a look at the layout between: only so does a running animation begin anew.
    body.classList.remove("flash");
    void body.offsetWidth;
    if (view.flash) void ring();
  }
  body.classList.toggle("flash", view.flash);
}

/** Counts the gongs on the page, where a test or a technician can see that one rang. */
async function ring() {
  if (await gong()) body.dataset.gongs = String(Number(body.dataset.gongs) + 1);
}

/** Staff are told of a board without a voice before the first call that nobody hears. */
async function reportSound() {
  await tellSound(await mayRing(soundStartMs, () => void reportSound()));
}

function drawLiveness() {
  body.classList.toggle("not-live", shown !== undefined && !(isHeard && shown.isLive));
  body.classList.toggle("lost", !isHeard);
  // The notice takes room.
  fitAll();
}

connect({
  view(view) {
    shown = view;
    draw(view);
    drawLiveness();
    announce(view);
  },
  live(live) {
    isHeard = live;
    drawLiveness();
    if (live) void reportSound();
  },
});

// A touch is the permission that the browser waits for.
addEventListener("pointerup", () => void reportSound());
addEventListener("resize", fitAll);
// Until the typeface is there another one stands in for it, which is wider.
document.fonts.addEventListener("loadingdone", fitAll);
