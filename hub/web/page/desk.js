// @ts-check
/// <reference lib="dom" />
import { byId, element } from "./element.js";
import { watch } from "./live.js";
import { ask } from "./request.js";
import { fillTexts, hasText, nameIn, text, timeOfDay } from "./texts.js";

/** After a call the key for the next one rests this long, in milliseconds: a double press throws nobody out. */
const doublePressMs = 1_000;
const minuteMs = 60_000;
/** How often waiting times are drawn anew, in milliseconds. */
const redrawMs = 10_000;

const path = location.pathname;
const desk = decodeURIComponent(path.split("/").at(-1) ?? "");

/** @type {any} */
let view;
/** The hub's clock minus this machine's, in milliseconds. */
let clockOffset = 0;
let live = true;
let busy = false;
let restUntil = 0;

const hubTime = () => Date.now() + clockOffset;
/** @param {number} at */
const minutesSince = (at) => Math.max(0, Math.floor((hubTime() - at) / minuteMs));

/** What each key asks for, and what is said once it is done. @type {Record<string, () => [verb: string, args: object, done: string]>} */
const actions = {
  next: () => ["call.next", { current: view.current?.id ?? null, finish: true }, "done.next"],
  again: () => ["call.again", { ticket: view.current.id }, "done.again"],
  "no-show": () => ["ticket.no-show", { ticket: view.current.id }, "done.no-show"],
  finish: () => ["ticket.finish", { ticket: view.current.id }, "done.finish"],
  desk: () => (view.desk.open ? ["desk.close", {}, "done.close"] : ["desk.open", {}, "done.open"]),
};

/** @type {Record<string, string>} */
const keys = { " ": "next", w: "again", n: "no-show", b: "finish", p: "desk" };

/** @param {string} name */
const button = (name) => /** @type {HTMLButtonElement} */ (document.querySelector(`button[data-do="${name}"]`));

/** @param {string} name */
function mayDo(name) {
  if (!view || !live || busy) return false;
  if (name === "desk") return true;
  if (name === "next") return view.desk.open && performance.now() >= restUntil;
  return view.current !== null;
}

/** @param {string} name */
async function act(name) {
  if (!mayDo(name)) return;
  const [verb, args, done] = actions[name]?.() ?? [];
  if (!verb || !done) return;
  const before = view.current?.number ?? "";
  busy = true;
  say("", "");
  drawKeys();
  const reply = await ask(path, verb, { ...args, desk }, hubTime());
  busy = false;
  if (!reply) say("problem", text("unknown"));
  else if (!reply.ok) say("problem", refusal(verb, reply.error, before));
  else if (verb === "call.next") {
    const called = reply.result.ticket;
    say("good", called ? text(done, { number: called.number }) : text("done.nobody"));
    if (called) rest();
  } else say("good", text(done, { number: before }));
  drawKeys();
  // The next press of the space bar means the next number again, whatever was clicked before.
  button("next").focus();
}

function rest() {
  restUntil = performance.now() + doublePressMs;
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
  for (const name of Object.keys(actions)) {
    // Not `disabled`: that would take the focus away.
    button(name).setAttribute("aria-disabled", String(!mayDo(name)));
  }
}

function drawVisitor() {
  const { current } = view;
  const number = byId("number");
  number.textContent = current?.number ?? text(view.desk.open ? "current.none" : "current.closed");
  number.classList.toggle("nobody", current === null);
  number.style.setProperty("--characters", String(current?.number.length ?? 4));
  byId("service").textContent = current ? nameIn(current.names) : "";
  byId("since").textContent = current?.calledAt
    ? [
        text("current.since", {
          time: timeOfDay(current.calledAt, view.timeZone),
          minutes: minutesSince(current.calledAt),
        }),
        ...(current.calls > 1 ? [text("current.calls", { count: current.calls })] : []),
        ...(current.persons > 1 ? [text("persons", { count: current.persons })] : []),
        ...(current.hasPriority ? [text("priority")] : []),
      ].join(" · ")
    : "";
  const problem = current && hasText(`paper.${current.paper}`);
  byId("paper").hidden = !problem;
  byId("paper").textContent = problem ? text(`paper.${current.paper}`) : "";
}

/** @param {any} ticket */
function queueRow(ticket) {
  const notes = [
    ...(hasText(`paper.${ticket.paper}.short`) ? [element("b", {}, text(`paper.${ticket.paper}.short`))] : []),
    ...(ticket.persons > 1 ? [text("persons", { count: ticket.persons })] : []),
    ...(ticket.hasPriority ? [text("priority")] : []),
  ];
  const service = element("td", {}, nameIn(ticket.names));
  for (const note of notes) service.append(" · ", note);
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, ticket.number),
    service,
    element("td", {}, text("minutes", { minutes: minutesSince(ticket.issuedAt) })),
  );
}

function drawQueue() {
  byId("count").textContent = view.waitingHere > 0 ? text("queue.waiting", { count: view.waitingHere }) : "";
  byId("waiting").replaceChildren(...view.queue.map(queueRow));
  const hidden = view.waitingHere - view.queue.length;
  byId("more").textContent = [
    ...(view.waitingHere === 0 ? [text("queue.empty")] : []),
    ...(hidden > 0 ? [text("queue.more", { count: hidden })] : []),
    ...(view.waitingElsewhere > 0 ? [text("queue.elsewhere", { count: view.waitingElsewhere })] : []),
  ].join(" · ");
}

function draw() {
  document.title = [view.current?.number, view.desk.name].filter(Boolean).join(" · ");
  document.documentElement.style.setProperty("--accent", view.accent);
  byId("desk").textContent = view.desk.name;
  byId("office").textContent = view.office;
  byId("closed").hidden = view.open;
  byId("state").textContent = text(view.desk.open ? "desk.open" : "desk.closed");
  byId("state").dataset.open = String(view.desk.open);
  const label = button("desk").querySelector("span");
  if (label) label.textContent = text(view.desk.open ? "do.close" : "do.open");
  drawVisitor();
  drawQueue();
  drawKeys();
}

fillTexts();
drawKeys();
watch(`${path}/events`, {
  view(now) {
    clockOffset = now.at - Date.now();
    // Whoever is there now was perhaps called by somebody else at this moment: the key rests for that too.
    if (view && now.current && now.current.id !== view.current?.id) rest();
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

for (const name of Object.keys(actions)) button(name).addEventListener("click", () => void act(name));

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  const name = keys[event.key.toLowerCase()];
  if (!name) return;
  // On a link or another key the space bar does what it does everywhere: it presses what has the focus.
  if (event.key === " " && document.activeElement instanceof HTMLButtonElement) return;
  event.preventDefault();
  void act(name);
});
button("next").focus();
