import { html } from "ghtml";
import type { Person } from "../../../protocol/requests.ts";
import type { Linked } from "../../booking.ts";
import { serviceQuery, type TimesView, timesList } from "./book-pages.ts";
import { birthdateText, timeText } from "./dates.ts";
import type { Markup, Page, PageContext } from "./layout.ts";
import { hidden, message, summary } from "./layout.ts";
import { fill } from "./texts.ts";

type Found = Extract<Linked, { found: true }>;

/** A form with nothing but its button: what it does is done by a POST alone. */
const button = (action: string, csrf: string, text: string, kind = ""): Markup =>
  html`<form method="post" action="${action}">!${hidden("_csrf", csrf)}<button class="${kind}">${text}</button></form>`;

/** What the last press of a button came to. */
export interface AppointmentNotice {
  said?: "confirmedNow" | "moved" | undefined;
  /** Why nothing was done, in words. */
  problem?: string | undefined;
}

/** Shows where an appointment stands and what can be done; looking changes nothing. */
export function appointmentPage(
  context: PageContext,
  linked: Linked,
  { link, csrf, said, problem }: { link: string; csrf: string } & AppointmentNotice,
): Page {
  const { appointment: own } = context.texts;
  const { language } = context;
  if (!linked.found) {
    const body = html`<h1>${own.title}</h1>!${message("problem", own.unknown)}<p><a href="/?lang=${language}">${own.again}</a></p>`;
    return { title: own.title, body };
  }
  const { appointment, standing } = linked;
  const base = `/appointment/${link}`;
  const again = html`<p><a href="/?${serviceQuery(appointment.services, language).toString()}">${own.again}</a></p>`;
  const cancel = html`<p><a href="${base}/cancel?lang=${language}">${own.cancel}</a></p>`;
  const data = html`<p><a href="${base}/data?lang=${language}">${own.data}</a></p>`;
  const actions: Record<Found["standing"], Markup> = {
    reserved: button(`${base}/confirm?lang=${language}`, csrf, own.confirm) + cancel + data,
    confirmed: html`<p><a href="${base}/move?lang=${language}">${own.move}</a></p>` + cancel + data,
    expired: again,
    cancelled: again,
    missed: again + data,
    past: again + data,
    "checked-in": data,
  };
  const kinds: Record<Found["standing"], "plain" | "good" | "problem"> = {
    reserved: "plain",
    confirmed: "good",
    "checked-in": "good",
    cancelled: "plain",
    past: "plain",
    expired: "problem",
    missed: "problem",
  };
  const body = html`<h1>${own.title}</h1>
!${problem === undefined ? "" : message("problem", problem)}
!${message(kinds[standing], fill(said ? own[said] : own[standing], { until: timeText(context, appointment.confirmBy) }))}
!${summary(context, appointment)}
!${actions[standing]}`;
  return { title: own.title, body };
}

export function cancelPage(context: PageContext, { appointment }: Found, link: string, csrf: string): Page {
  const { appointment: own } = context.texts;
  const base = `/appointment/${link}`;
  const body = html`<h1>${own.reallyCancel}</h1>
!${summary(context, appointment)}
!${button(`${base}/cancel?lang=${context.language}`, csrf, own.cancel, "problem")}
<p><a href="${base}?lang=${context.language}">${own.keep}</a></p>`;
  return { title: own.cancel, body };
}

export function movePage(
  context: PageContext,
  { appointment }: Found,
  {
    link,
    csrf,
    problem,
    ...view
  }: Omit<TimesView, "choice"> & { link: string; csrf: string; problem?: string | undefined },
): Page {
  const { times, appointment: own } = context.texts;
  const base = `/appointment/${link}`;
  const choice = (at: number, text: string) => html`<button class="time" name="at" value="${at}">${text}</button>`;
  const body = html`<h1>${times.moveQuestion}</h1>
!${problem === undefined ? "" : message("problem", problem)}
!${summary(context, appointment)}
<form method="post" action="${base}/move?lang=${context.language}">
!${hidden("_csrf", csrf)}
!${timesList(context, { ...view, choice })}
</form>
<p><a href="${base}?lang=${context.language}">${own.keep}</a></p>`;
  return { title: own.move, body };
}

/** All that is kept of the person. */
export function dataPage(context: PageContext, person: Person | undefined, link: string, csrf: string): Page {
  const { data: own, person: labels } = context.texts;
  const base = `/appointment/${link}`;
  if (!person) return { title: own.title, body: html`<h1>${own.title}</h1>!${message("plain", own.none)}` };
  const rows: [string, string][] = [
    [labels.name, person.name],
    [labels.email, person.email ?? ""],
    [labels.phone, person.phone ?? ""],
    [labels.birthdate, person.birthdates.map((date) => birthdateText(context, date)).join(", ")],
  ];
  const items = rows
    .filter(([, value]) => value !== "")
    .map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`);
  const body = html`<h1>${own.title}</h1>
<dl class="summary">!${items.join("")}</dl>
<p><a href="${base}/data.json" download="data.json">${own.export}</a></p>
!${button(`${base}/erase?lang=${context.language}`, csrf, own.erase, "problem")}`;
  return { title: own.title, body };
}

export function findPage(context: PageContext, csrf: string, came?: "sent" | "unavailable"): Page {
  const { find: own, errors } = context.texts;
  const body = html`<h1>${own.title}</h1>
!${came === "sent" ? message("good", own.sent) : ""}
!${came === "unavailable" ? message("problem", errors.unavailable) : ""}
<form method="post" action="/my-booking?lang=${context.language}">
!${hidden("_csrf", csrf)}
<div class="field"><label for="booking">${own.reference}</label><p class="hint" id="booking-hint">${own.text}</p>
<input id="booking" name="booking" autocomplete="off" maxlength="20" required aria-describedby="booking-hint"></div>
<button>${own.next}</button>
</form>`;
  return { title: own.title, body };
}

export function problemPage(context: PageContext, text: string): Page {
  const { problem: own } = context.texts;
  const body = html`<h1>${own.title}</h1>!${message("problem", text)}<p><a href="/?lang=${context.language}">${own.start}</a></p>`;
  return { title: own.title, body };
}

export function paragraphsPage(title: string, paragraphs: readonly string[]): Page {
  return { title, body: html`<h1>${title}</h1>!${paragraphs.map((text) => html`<p>${text}</p>`).join("")}` };
}
