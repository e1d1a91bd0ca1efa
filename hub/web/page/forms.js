// @ts-check
/// <reference lib="dom" />
import { element } from "./element.js";
import { choices, form, leavePanel, line, openPanel } from "./panel.js";
import { nameIn, text } from "./texts.js";

/** @typedef {import("./panel.js").Desk} Desk */

/**
 * Asks, and closes the panel when it was done.
 *
 * @param {Desk} at
 * @param {string} verb
 * @param {object} args
 * @param {string} done
 * @param {string} about
 */
async function doAndLeave(at, verb, args, done, about) {
  if (await at.request(verb, args, done, about)) leavePanel();
}

/** Sends the visitor on, to another service or to another desk. @param {Desk} at */
export function openTransfer(at) {
  const { current, services, desks } = at.view();
  const send = (/** @type {object} */ to) =>
    void doAndLeave(at, "ticket.transfer", { ticket: current.id, ...to }, "done.transfer", current.number);
  const toServices = services.map((/** @type {any} */ { id, names }) => ({
    label: nameIn(names),
    choose: () => send({ service: id }),
  }));
  const others = desks.filter((/** @type {any} */ { id, calls }) => id !== at.desk && calls);
  const toDesks = others.map((/** @type {any} */ { id, name }) => ({
    label: name,
    choose: () => send({ toDesk: id }),
  }));
  openPanel(
    text("transfer.title", { number: current.number }),
    element("h3", {}, text("transfer.service")),
    choices(toServices),
    element("h3", {}, text("transfer.desk")),
    toDesks.length > 0 ? choices(toDesks, toServices.length + 1) : element("p", {}, text("transfer.none")),
  );
}

/** A number for somebody at the desk. @param {Desk} at */
export function openIssue(at) {
  const persons = /** @type {HTMLInputElement} */ (
    element("input", { type: "number", min: "1", max: "20", value: "1", required: "" })
  );
  const items = at.view().services.map((/** @type {any} */ { id, names }) => ({
    label: nameIn(names),
    choose: () => {
      if (!persons.reportValidity()) return;
      const args = { service: id, persons: Number(persons.value) };
      void doAndLeave(at, "ticket.issue", args, "done.issue", "");
    },
  }));
  const list = choices(items);
  list.querySelector("button")?.setAttribute("autofocus", "");
  openPanel(text("issue.title"), element("p", {}, text("issue.note")), list, line(text("issue.persons"), persons));
}

/** A head start, or to the front in an emergency; both with a reason. @param {Desk} at */
export function openPriority(at) {
  const { queue, priorities } = at.view();
  const option = (/** @type {any} */ { id, number, names }) =>
    element("option", { value: id }, `${number} · ${nameIn(names)}`);
  const way = (/** @type {string} */ value, /** @type {string} */ label, /** @type {object} */ more = {}) =>
    element("label", {}, element("input", { type: "radio", name: "minutes", value, ...more }), ` ${label}`);
  openPanel(
    text("priority.title"),
    form(
      text("priority.do"),
      (fields) => {
        const ticket = String(fields.get("ticket"));
        const args = { ticket, priority: Number(fields.get("minutes")), reason: String(fields.get("reason")) };
        void doAndLeave(at, "ticket.priority", args, "done.priority", "");
      },
      line(text("priority.number"), element("select", { name: "ticket", required: "" }, ...queue.map(option))),
      element(
        "fieldset",
        {},
        element("legend", {}, text("priority.how")),
        way(String(priorities.usual), text("priority.usual", { minutes: priorities.usual }), { checked: "" }),
        way(String(priorities.front), text("priority.front")),
        way("0", text("priority.none")),
      ),
      line(text("priority.reason"), element("input", { name: "reason", required: "", maxlength: "200" })),
      element("p", { class: "hint" }, text("reason.hint")),
    ),
  );
}

/** Which services this desk calls. @param {Desk} at */
export function openServices(at) {
  const { desk, services } = at.view();
  const box = (/** @type {any} */ { id, names }) =>
    element(
      "label",
      {},
      element("input", {
        type: "checkbox",
        name: "service",
        value: id,
        ...(desk.services.includes(id) ? { checked: "" } : {}),
      }),
      ` ${nameIn(names)}`,
    );
  openPanel(
    text("services.title"),
    form(
      text(desk.open ? "services.change" : "services.open"),
      (fields) => {
        const chosen = fields.getAll("service").map(String);
        if (chosen.length === 0) at.say("problem", text("services.none"));
        else void doAndLeave(at, "desk.open", { services: chosen }, "done.open", "");
      },
      element("fieldset", {}, element("legend", {}, text("services.which")), ...services.map(box)),
    ),
  );
}
