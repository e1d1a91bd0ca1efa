// @ts-check
/// <reference lib="dom" />
import { element } from "./element.js";
import { form, leavePanel, line, openPanel } from "./panel.js";
import { instantToday, nameIn, text, timeOfDay } from "./texts.js";

/** @typedef {import("./panel.js").Desk} Desk */

/** Whoever has lost his paper took it some minutes ago. */
const guessMs = 15 * 60_000;

/** Finds a lost ticket by the time when it was taken, and its service. @param {Desk} at */
export function openFind(at) {
  const { services, timeZone } = at.view();
  const time = timeOfDay(at.hubTime() - guessMs, timeZone);
  const results = element("div", { role: "status" });
  const option = (/** @type {any} */ { id, names }) => element("option", { value: id }, nameIn(names));
  openPanel(
    text("find.title"),
    form(
      text("find.do"),
      (fields) => {
        const around = instantToday(String(fields.get("time")), at.hubTime(), timeZone);
        void show(at, results, around, String(fields.get("service")));
      },
      line(text("find.time"), element("input", { type: "time", name: "time", value: time, required: "" })),
      line(
        text("find.service"),
        element(
          "select",
          { name: "service" },
          element("option", { value: "" }, text("find.any")),
          ...services.map(option),
        ),
      ),
    ),
    results,
  );
}

/**
 * @param {Desk} at
 * @param {HTMLElement} results
 * @param {number} around
 * @param {string} service
 */
async function show(at, results, around, service) {
  const query = new URLSearchParams({ at: String(around), service });
  const answer = await fetch(`${at.path}/tickets?${query}`).catch(() => undefined);
  if (!answer?.ok) return at.say("problem", text("unknown.look"));
  const found = /** @type {any[]} */ (await answer.json());
  const { timeZone } = at.view();
  const rows = found.map((ticket) => {
    const press = (/** @type {string} */ label, /** @type {() => Promise<any>} */ action) => {
      const made = element("button", { type: "button", "aria-label": `${label}: ${ticket.number}` }, label);
      made.addEventListener("click", () => void action().then((done) => done && leavePanel()));
      return made;
    };
    const reprint = () => at.request("ticket.reprint", { ticket: ticket.id }, "done.reprint", ticket.number);
    const call = () => at.request("call.number", { ticket: ticket.id }, "done.next", ticket.number);
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, ticket.number),
      element("td", {}, timeOfDay(ticket.issuedAt, timeZone)),
      element("td", {}, `${nameIn(ticket.names)} · ${text(`ticket.${ticket.state}`)}`),
      element(
        "td",
        { class: "keys" },
        ...(ticket.state !== "void" ? [press(text("find.reprint"), reprint)] : []),
        ...(ticket.state === "waiting" ? [press(text("find.call"), call)] : []),
      ),
    );
  });
  results.replaceChildren(
    rows.length === 0 ? element("p", {}, text("find.nothing")) : element("table", {}, element("tbody", {}, ...rows)),
  );
}
