// @ts-check
/// <reference lib="dom" />
import { element } from "./element.js";
import { line, openPanel } from "./panel.js";
import { nameIn, text, timeOfDay } from "./texts.js";

/** @typedef {import("./panel.js").Desk} Desk */

/** Today's appointments, who is there, and checking somebody in by hand. @param {Desk} at */
export function openAppointments(at) {
  const reason = /** @type {HTMLInputElement} */ (
    element("input", { required: "", maxlength: "200", value: text("late.usual") })
  );
  const list = element("div", { role: "status" });
  openPanel(
    text("appointments.title"),
    list,
    line(text("late.reason"), reason),
    element("p", { class: "hint" }, text("reason.hint")),
  );
  void fill(at, list, reason);
}

/**
 * @param {Desk} at
 * @param {HTMLElement} list
 * @param {HTMLInputElement} reason
 */
async function fill(at, list, reason) {
  const answer = await fetch(`${at.path}/appointments`).catch(() => undefined);
  if (!answer?.ok) return at.say("problem", text("unknown.look"));
  const { timeZone } = at.view();
  const rows = /** @type {any[]} */ (await answer.json()).map((appointment) => {
    const { id, at: time, services, state, number, name, mayCheckIn } = appointment;
    const what = services.map((/** @type {any} */ service) =>
      service.persons > 1 ? `${nameIn(service.names)} × ${service.persons}` : nameIn(service.names),
    );
    const who = name ?? text("appointments.noName");
    const press = element("button", { type: "button", "aria-label": `${text("late.do")}: ${who}` }, text("late.do"));
    press.addEventListener("click", async () => {
      if (!reason.reportValidity()) return;
      const args = { appointment: id, reason: reason.value };
      if (await at.request("appointment.late-check-in", args, "done.late", "")) await fill(at, list, reason);
    });
    return element(
      "tr",
      { "data-state": state },
      element("th", { scope: "row" }, timeOfDay(time, timeZone)),
      element("td", {}, element("strong", {}, who), element("br"), what.join(", ")),
      element(
        "td",
        { class: "keys" },
        ...(mayCheckIn ? [press] : [number ? text("appointments.there", { number }) : text(`appointment.${state}`)]),
      ),
    );
  });
  list.replaceChildren(
    rows.length === 0
      ? element("p", {}, text("appointments.none"))
      : element("table", {}, element("tbody", {}, ...rows)),
  );
  /** @type {HTMLElement | null} */ (list.querySelector("button"))?.focus();
}
