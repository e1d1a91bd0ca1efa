// @ts-check
/// <reference lib="dom" />
import { openAppointments } from "./appointments.js";
import { drawQueue } from "./desk-queue.js";
import { byId } from "./element.js";
import { openFind } from "./find.js";
import { openIssue, openPriority, openServices, openTransfer } from "./forms.js";
import { watch } from "./live.js";
import { closePanel, isPanelOpen, pickByDigit } from "./panel.js";
import { ask } from "./request.js";
import { fillTexts, hasText, nameIn, reasonText, text, timeOfDay } from "./texts.js";
import { greet } from "./visit.js";

/**
 * A key rests this long after it has done something, in milliseconds: pressed twice it opens no desk that it has just
 * closed, and calls nobody a third time. The one for the next number rests after every call: a double press throws nobody out.
 */
const doublePressMs = 1_000;
const minuteMs = 60_000;
/** How often waiting times and the time left to take a call back are drawn anew, in milliseconds. */
const redrawMs = 10_000;
const countdownMs = 250;

const path = location.pathname;
const desk = decodeURIComponent(path.split("/").at(-1) ?? "");

/** @type {any} */
let view;
/** The hub's clock minus this machine's, in milliseconds. */
let clockOffset = 0;
let live = true;
let busy = false;
/** Until when each key rests, by the page's running clock. @type {Record<string, number>} */
const restUntil = {};

const hubTime = () => Date.now() + clockOffset;
/** @param {number} at */
const minutesSince = (at) => Math.max(0, Math.floor((hubTime() - at) / minuteMs));
const undoSeconds = () => Math.max(0, Math.ceil(((view?.undoUntil ?? 0) - hubTime()) / 1000));
const isPaused = () => view.desk.pausedAt !== null;

/** What the panels may see and do. @type {import("./panel.js").Desk} */
const context = {
  path,
  desk,
  view: () => view,
  hubTime,
  // What is pressed twice in a panel closes it at once, and the second press falls on the key that has the focus then.
  request: (verb, args, done, about) => request("next", verb, args, done, about),
  say,
};

/** What each key asks for, and what is said once it is done. @type {Record<string, () => [verb: string, args: object, done: string]>} */
const actions = {
  next: () => ["call.next", { current: view.current?.id ?? null, finish: true }, "done.next"],
  again: () => ["call.again", { ticket: view.current.id }, "done.again"],
  "no-show": () => ["ticket.no-show", { ticket: view.current.id }, "done.no-show"],
  park: () => ["ticket.park", { ticket: view.current.id }, "done.park"],
  finish: () => ["ticket.finish", { ticket: view.current.id }, "done.finish"],
  undo: () => ["call.undo", { ticket: view.current.id }, "done.undo"],
  pause: () => (isPaused() ? ["desk.resume", {}, "done.back"] : ["desk.pause", {}, "done.pause"]),
  desk: () => (view.desk.open ? ["desk.close", {}, "done.close"] : ["desk.open", {}, "done.open"]),
};

/** What opens beside the visitor. @type {Record<string, (at: import("./panel.js").Desk) => void>} */
const panels = {
  transfer: openTransfer,
  issue: openIssue,
  priority: openPriority,
  find: openFind,
  appointments: openAppointments,
  services: openServices,
};

/** @type {Record<string, string>} */
const keys = {
  " ": "next",
  w: "again",
  n: "no-show",
  k: "park",
  t: "transfer",
  b: "finish",
  z: "undo",
  h: "pause",
  p: "desk",
  i: "issue",
  v: "priority",
  f: "find",
  m: "appointments",
  s: "services",
  r: "away",
};

/** @param {string} name */
const button = (name) => /** @type {HTMLButtonElement} */ (document.querySelector(`button[data-do="${name}"]`));

/** @param {string} name */
function mayDo(name) {
  if (!view || !live || busy || performance.now() < (restUntil[name] ?? 0)) return false;
  if (name === "desk" || name === "find" || name === "services") return true;
  if (name === "issue") return true;
  if (name === "appointments") return view.givesAppointments;
  if (name === "priority") return view.queue.length > 0;
  if (name === "away") return view.away.length > 0;
  if (name === "pause") return view.desk.open;
  if (name === "next") return view.desk.open && !isPaused();
  if (name === "undo") return view.current !== null && undoSeconds() > 0;
  return view.current !== null;
}

/**
 * Asks the hub and says what came of it. Resolves with the result of a success.
 *
 * @param {string} key that rests once it is done
 * @param {string} verb
 * @param {object} args
 * @param {string} done the text of success; `{number}` is the ticket's
 * @param {string} about the number to speak of when the answer names none
 */
async function request(key, verb, args, done, about) {
  if (!live || busy) return undefined;
  busy = true;
  say("", "");
  drawKeys();
  const reply = await ask(path, verb, { ...args, desk }, hubTime());
  busy = false;
  if (!reply) say("problem", text("unknown"));
  else if (!reply.ok) say("problem", refusal(verb, reply.error, about));
  else {
    const ticket = reply.result.ticket;
    rest(key);
    if (verb.startsWith("call.") && ticket) rest("next");
    if (verb === "call.next" && ticket === null) say("good", text("done.nobody"));
    else say("good", text(done, { number: ticket?.number ?? about }));
  }
  drawKeys();
  return reply?.ok ? reply.result : undefined;
}

/** @param {string} name */
async function act(name) {
  if (!mayDo(name)) return;
  if (name === "away") return resumeFirst();
  const open = panels[name];
  if (open) return open(context);
  const [verb, args, done] = actions[name]?.() ?? [];
  if (!verb || !args || !done) return;
  await request(name, verb, args, done, view.current?.number ?? "");
  // The next press of the space bar means the next number again, whatever was clicked before.
  if (!isPanelOpen()) button("next").focus();
}

/** The list of those who are away is walked with Tab from its first entry on. */
function resumeFirst() {
  closePanel();
  /** @type {HTMLElement | null} */ (document.querySelector("#gone button"))?.focus();
}

/** @param {string} name */
function rest(name) {
  restUntil[name] = performance.now() + doublePressMs;
  setTimeout(drawKeys, doublePressMs);
}

/**
 * @param {string} verb
 * @param {{ code: string, [detail: string]: unknown }} error
 * @param {string} number
 */
function refusal(verb, error, number) {
  const stillThere = error.current === view.current?.id;
  if (verb === "ticket.no-show" && error.code === "wrong-state" && stillThere) return text("no.once", { number });
  const special = `no.${verb}.${error.code}`;
  if (hasText(special)) return text(special, { number });
  const values = { code: error.code, number: String(error.number ?? number) };
  return text(hasText(`no.${error.code}`) ? `no.${error.code}` : "no.other", values);
}

/**
 * @param {string} tone
 * @param {string} words
 */
function say(tone, words) {
  byId("notice").className = tone;
  byId("notice").textContent = words;
}

function drawKeys() {
  for (const name of [...Object.keys(actions), ...Object.keys(panels)]) {
    // Not `disabled`: that would take the focus away.
    button(name).setAttribute("aria-disabled", String(!mayDo(name)));
  }
  if (view) drawUndo();
}

/**
 * @param {string} name
 * @param {string} words
 */
function label(name, words) {
  const span = button(name).querySelector("span");
  if (span && span.textContent !== words) span.textContent = words;
}

function drawUndo() {
  const seconds = undoSeconds();
  label("undo", seconds > 0 ? text("do.undo.seconds", { seconds }) : text("do.undo"));
  button("undo").setAttribute("aria-disabled", String(!mayDo("undo")));
}

function drawVisitor() {
  const { current } = view;
  const number = byId("number");
  const nobody = isPaused() ? "current.paused" : view.desk.open ? "current.none" : "current.closed";
  number.textContent = current?.number ?? text(nobody);
  number.classList.toggle("nobody", current === null);
  number.style.setProperty("--characters", String(current?.number.length ?? 4));
  byId("service").textContent = current ? nameIn(current.names) : "";
  const reason = current && reasonText(current.reason, view.timeZone);
  byId("since").textContent = current?.calledAt
    ? [
        text("current.since", {
          time: timeOfDay(current.calledAt, view.timeZone),
          minutes: minutesSince(current.calledAt),
        }),
        ...(current.calls > 1 ? [text("current.calls", { count: current.calls })] : []),
        ...(current.persons > 1 ? [text("persons", { count: current.persons })] : []),
      ].join(" · ")
    : "";
  byId("reason").textContent = reason ? text("reason", { reason }) : "";
  const problem = current && hasText(`paper.${current.paper}`);
  byId("paper").hidden = !problem;
  byId("paper").textContent = problem ? text(`paper.${current.paper}`) : "";
  const check = view.desk.afterRestore ? "restored.desk" : current?.afterRestore ? "restored.ticket" : "";
  byId("check").hidden = check === "";
  byId("check").textContent = check && text(check);
}

function drawState() {
  const state = isPaused() ? "paused" : view.desk.open ? "open" : "closed";
  byId("state").textContent = text(`desk.${state}`);
  byId("state").dataset.open = String(state === "open");
  label("desk", text(view.desk.open ? "do.close" : "do.open"));
  label("pause", text(isPaused() ? "do.back" : "do.pause"));
  button("appointments").hidden = !view.givesAppointments;
}

function draw() {
  document.title = [view.current?.number, view.desk.name].filter(Boolean).join(" · ");
  document.documentElement.style.setProperty("--accent", view.accent);
  byId("desk").textContent = view.desk.name;
  byId("office").textContent = view.office;
  byId("closed").hidden = view.open;
  drawState();
  drawVisitor();
  drawQueue(context);
  drawKeys();
}

fillTexts();
drawKeys();
watch(`${path}/events`, {
  hello: greet,
  view(now) {
    clockOffset = now.at - Date.now();
    // Whoever is there now was perhaps called by somebody else at this moment: the key rests for that too.
    if (view && now.current && now.current.id !== view.current?.id) rest("next");
    view = now;
    draw();
  },
  live(now) {
    live = now;
    byId("lost").hidden = now;
    document.body.classList.toggle("stale", !now);
    drawKeys();
  },
});
setInterval(() => view && draw(), redrawMs);
setInterval(() => view?.undoUntil && drawUndo(), countdownMs);

for (const name of [...Object.keys(actions), ...Object.keys(panels)]) {
  button(name).addEventListener("click", () => void act(name));
}

/** Where letters are typed they are letters. @param {Element | null} focused */
const isTyping = (focused) =>
  focused instanceof HTMLSelectElement ||
  focused instanceof HTMLTextAreaElement ||
  (focused instanceof HTMLInputElement && !["checkbox", "radio"].includes(focused.type));

document.addEventListener("keydown", (event) => {
  // A key that is held, or that something lies on, is one press; Enter would press what has the focus again and again.
  if (event.repeat && event.key === "Enter") event.preventDefault();
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  const focused = document.activeElement;
  if (event.key === "Escape" && isPanelOpen()) {
    closePanel();
    button("next").focus();
    return;
  }
  if (isTyping(focused)) return;
  if (pickByDigit(event.key)) return event.preventDefault();
  const name = keys[event.key.toLowerCase()];
  if (!name) return;
  // On a link, another key or a box the space bar does what it does everywhere: it presses what has the focus.
  if (event.key === " " && (focused instanceof HTMLButtonElement || focused instanceof HTMLInputElement)) return;
  event.preventDefault();
  void act(name);
});
button("next").focus();
