// @ts-check
/// <reference lib="dom" />
import { byId, element } from "./element.js";
import { hasText, nameIn, reasonText, text } from "./texts.js";

/** @typedef {import("./panel.js").Desk} Desk */

const minuteMs = 60_000;

/** What is drawn, so that a redraw takes the focus from nobody. @type {Record<string, string>} */
const drawn = {};

/**
 * @param {string} id
 * @param {unknown} content that the element shows
 * @param {() => Node[]} make
 */
function redraw(id, content, make) {
  const now = JSON.stringify(content);
  if (drawn[id] === now) return;
  drawn[id] = now;
  const focused = document.activeElement?.getAttribute("data-ticket");
  byId(id).replaceChildren(...make());
  if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`[data-ticket="${focused}"]`))?.focus();
}

/** Who waits, why each stands where he stands, who is away, and what staff are to see to. @param {Desk} at */
export function drawQueue(at) {
  const view = at.view();
  const minutes = (/** @type {number} */ since) => Math.max(0, Math.floor((at.hubTime() - since) / minuteMs));
  byId("count").textContent = view.waitingHere > 0 ? text("queue.waiting", { count: view.waitingHere }) : "";
  const waits = view.queue.map((/** @type {any} */ ticket) => [ticket, minutes(ticket.issuedAt)]);
  redraw("waiting", waits, () => waits.map(([ticket, waited]) => queueRow(view, ticket, waited)));
  const hidden = view.waitingHere - view.queue.length;
  byId("more").textContent = [
    ...(view.waitingHere === 0 ? [text("queue.empty")] : []),
    ...(hidden > 0 ? [text("queue.more", { count: hidden })] : []),
    ...(view.waitingElsewhere > 0 ? [text("queue.elsewhere", { count: view.waitingElsewhere })] : []),
  ].join(" · ");
  const gone = view.away.map((/** @type {any} */ ticket) => [ticket, minutes(ticket.since)]);
  byId("away").hidden = gone.length === 0;
  redraw("gone", gone, () => gone.map(([ticket, since]) => awayRow(at, ticket, since)));
  redraw("alarms", view.alarms, () => view.alarms.map(alarmLine));
}

/**
 * @param {any} view
 * @param {any} ticket
 * @param {number} waited in minutes
 */
function queueRow(view, ticket, waited) {
  const mark = reasonText(ticket.mark, view.timeZone);
  const notes = [
    ...(hasText(`paper.${ticket.paper}.short`) ? [element("b", {}, text(`paper.${ticket.paper}.short`))] : []),
    ...(ticket.afterRestore ? [element("b", {}, text("restored.short"))] : []),
    ...(mark ? [element("i", {}, mark)] : []),
    ...(ticket.persons > 1 ? [text("persons", { count: ticket.persons })] : []),
  ];
  const service = element("td", {}, nameIn(ticket.names));
  for (const note of notes) service.append(" · ", note);
  const wait = element("td", {}, text("minutes", { minutes: waited }));
  return element("tr", {}, element("th", { scope: "row" }, ticket.number), service, wait);
}

/**
 * @param {Desk} at
 * @param {any} ticket
 * @param {number} since in minutes
 */
function awayRow(at, ticket, since) {
  const { id, number, state, desk } = ticket;
  const label = text(state === "parked" ? "away.resume" : "away.back");
  const press = element(
    "button",
    { type: "button", class: "away-key", "data-ticket": id, "aria-label": `${label}: ${number}` },
    label,
  );
  const done = state === "parked" ? "done.next" : "done.returned";
  press.addEventListener("click", async () => {
    if (await at.request("ticket.resume", { ticket: id }, done, number)) {
      /** @type {HTMLElement | null} */ (document.querySelector('[data-do="next"]'))?.focus();
    }
  });
  const words = text(`away.${state}`, { minutes: since, desk: desk ?? "" });
  return element("li", {}, element("b", {}, number), element("span", {}, `${nameIn(ticket.names)} · ${words}`), press);
}

/** @param {{ alarm: string, client: string, detail: string }} alarm */
function alarmLine({ alarm, client, detail }) {
  const [what = "", state = ""] = alarm.split(": ");
  const known = hasText(`alarm.${what}`) ? text(`alarm.${what}`, { client, detail }) : what;
  const then = state === "" ? "" : hasText(`alarm.state.${state}`) ? text(`alarm.state.${state}`) : state;
  const words = state === "" ? known : `${client} · ${known}: ${then}`;
  return element("p", { class: "alarm" }, words);
}
