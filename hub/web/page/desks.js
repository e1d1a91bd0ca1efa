// @ts-check
/// <reference lib="dom" />
import { byId, element } from "./element.js";
import { watch } from "./live.js";
import { fillTexts, text } from "./texts.js";
import { greet } from "./visit.js";

/** What is on the page, so that a change elsewhere does not take the focus from a link. */
let drawn = "";

/** @param {any} view */
function draw(view) {
  document.title = `${text("desks")} · ${view.office}`;
  document.documentElement.style.setProperty("--accent", view.accent);
  byId("office").textContent = view.office;
  byId("closed").hidden = view.open;
  byId("waiting").textContent = text("desks.waiting", { count: view.waiting });
  if (drawn === JSON.stringify(view.desks)) return;
  drawn = JSON.stringify(view.desks);
  const focused = document.activeElement?.getAttribute("href");
  byId("desks").replaceChildren(
    ...view.desks.map((/** @type {any} */ desk) => {
      const state = [
        text(desk.open ? "desk.open" : "desk.closed"),
        ...(desk.afterRestore ? [text("restored.short")] : []),
      ].join(" · ");
      const visitor = desk.number ?? (desk.open ? text("desk.free") : "");
      const link = element(
        "a",
        { href: `/desk/${desk.id}${location.search}`, "data-open": String(desk.open) },
        element("span", { class: "name" }, desk.name),
        element("span", { class: "visitor" }, visitor),
        element("span", { class: "state" }, state),
      );
      return element("li", {}, link);
    }),
  );
  if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`a[href="${focused}"]`))?.focus();
}

fillTexts();
watch("/events", {
  hello: greet,
  view: draw,
  live(live) {
    byId("lost").hidden = live;
  },
});
