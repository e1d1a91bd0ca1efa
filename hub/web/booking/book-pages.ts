import { html } from "ghtml";
import { bookedServicesMax } from "../../../protocol/requests.ts";
import type { BookedService } from "../../office/appointments/record.ts";
import type { OfferedDay } from "../../office/appointments/slots.ts";
import { calendarDayText, dayText, timeText } from "./dates.ts";
import type { Fields, PersonField } from "./forms.ts";
import { serviceField } from "./forms.ts";
import type { Markup, Page, PageContext } from "./layout.ts";
import { hidden, message, servicesText, summary } from "./layout.ts";
import { fill } from "./texts.ts";

/** Persons that can be chosen for one service. */
const personsOffered = 6;

/** The chosen services as they go on from page to page. */
export function serviceQuery(services: readonly BookedService[], language: string): URLSearchParams {
  const query = new URLSearchParams({ lang: language });
  for (const { service, persons } of services) query.set(serviceField(service), String(persons));
  return query;
}

export function servicesPage(context: PageContext, fields: Fields, problem?: "choose" | "tooMany"): Page {
  const { texts, language } = context;
  const { services: own } = texts;
  const persons = [0, ...Array.from({ length: personsOffered }, (_, index) => index + 1)];
  const label = (count: number) =>
    count === 0 ? own.none : count === 1 ? own.one : fill(own.many, { persons: count });
  const entries = context.services.map(({ id, names, bring, fee }) => {
    const field = serviceField(id);
    const chosen = Number(fields[field] ?? 0);
    const options = persons.map(
      (count) => html`<option value="${count}" !${count === chosen ? "selected" : ""}>${label(count)}</option>`,
    );
    const notes = [
      bring && fill(own.bring, { text: bring[language] ?? bring.de }),
      fee && fill(own.fee, { text: fee[language] ?? fee.de }),
    ].filter((note) => note !== undefined);
    return html`<div class="service">
<label for="${field}"><strong>${names[language] ?? names.de}</strong></label>
!${notes.map((note) => html`<p class="hint">${note}</p>`).join("")}
<select id="${field}" name="${field}">!${options.join("")}</select>
</div>`;
  });
  const body = html`<h1>${own.question}</h1>
!${problem ? message("problem", fill(own[problem], { max: bookedServicesMax })) : ""}
<p>${own.hint}</p>
<form method="get" action="/book/times">
!${hidden("lang", language)}
!${entries.join("")}
<button>${own.next}</button>
</form>
<p>${own.walkIn}</p>
<p><a href="/my-booking?lang=${language}">${own.known}</a></p>`;
  return { title: own.title, step: 1, body };
}

/** Days with their times; `link` says where one leads. */
export interface TimesView {
  days: readonly OfferedDay[];
  /** One choice, of a time's text that needs no escaping: a link on the way through a booking, a button where choosing changes something. */
  choice(at: number, text: string): Markup;
  earlier: string | undefined;
  later: string | undefined;
}

/** The list of days, each with its free times; of many days only the first is unfolded, so that a keyboard gets past. */
export function timesList(context: PageContext, { days, choice, earlier, later }: TimesView): Markup {
  const { times: own } = context.texts;
  const firstFree = days.find(({ times }) => times.length > 0)?.date;
  const entries = days.map(({ date, times }) => {
    const title = calendarDayText(context, date);
    const list = times.map((at) => html`<li>!${choice(at, timeText(context, at))}</li>`).join("");
    if (times.length === 0)
      return html`<section class="day"><h2>${title}</h2><p class="hint">${own.full}</p></section>`;
    const free = times.length === 1 ? own.freeOne : fill(own.free, { times: times.length });
    return html`<details class="day" !${date === firstFree ? "open" : ""}>
<summary><h2>${title}</h2> <span class="hint">${free}</span></summary>
<ul class="times" aria-label="${title}">!${list}</ul>
</details>`;
  });
  const isEmpty = days.every(({ times }) => times.length === 0);
  const page = (href: string | undefined, text: string) =>
    href === undefined ? "" : html`<a href="${href}">${text}</a>`;
  const pages = earlier === undefined && later === undefined ? "" : page(earlier, own.earlier) + page(later, own.later);
  return html`!${isEmpty ? message("plain", own.none) : ""}
!${entries.join("")}
!${pages === "" ? "" : html`<nav class="pages" aria-label="${own.title}">!${pages}</nav>`}`;
}

export function timesPage(
  context: PageContext,
  services: readonly BookedService[],
  view: Omit<TimesView, "choice">,
): Page {
  const { times: own } = context.texts;
  const query = serviceQuery(services, context.language).toString();
  const next = html`/book/person?${query}&at=`;
  const choice = (at: number, text: string) => html`<a class="time" href="!${next}!${at}">!${text}</a>`;
  const body = html`<h1>${own.question}</h1>
<p>${servicesText(context, services)} · <a href="/?${query}">${own.back}</a></p>
!${timesList(context, { ...view, choice })}`;
  return { title: own.title, step: 2, body };
}

export interface PersonView {
  services: readonly BookedService[];
  /** The time that is to be reserved; undefined when none is chosen, and `instead` says from which to choose. */
  at: number | undefined;
  /** The time that was wanted and is gone, with what is free near it. */
  instead?: { wanted: number; times: readonly number[]; text: string };
  booking: string;
  csrf: string;
  fields: Fields;
  telephoneOptional: boolean;
  /** Fields that are wrong. */
  wrong: readonly PersonField[];
  /** Why it could not be reserved, in words. */
  refused?: string;
}

const inputs: { field: PersonField; type: string; autocomplete: string; inputmode: string }[] = [
  { field: "name", type: "text", autocomplete: "name", inputmode: "text" },
  { field: "birthdate", type: "text", autocomplete: "bday", inputmode: "numeric" },
  { field: "email", type: "email", autocomplete: "email", inputmode: "email" },
  { field: "phone", type: "tel", autocomplete: "tel", inputmode: "tel" },
];

/** The form for the person; what was typed stays, and what is wrong is said at its field and above all of them. */
export function personPage(context: PageContext, view: PersonView): Page {
  const { person: own, errors } = context.texts;
  const { services, at, fields, refused, instead } = view;
  const wrong = inputs.map(({ field }) => field).filter((field) => view.wrong.includes(field));
  const labels = { ...own, phone: view.telephoneOptional ? own.phoneOptional : own.phone };
  const hints: Partial<Record<PersonField, string>> = { email: own.emailHint, birthdate: own.birthdateHint };
  const rows = inputs.map(({ field, type, autocomplete, inputmode }) => {
    const isWrong = wrong.includes(field);
    const hint = hints[field];
    const described = [...(hint ? [`${field}-hint`] : []), ...(isWrong ? [`${field}-error`] : [])].join(" ");
    const isNeeded = field !== "phone" || !view.telephoneOptional;
    return html`<div class="field">
<label for="${field}">${labels[field]}</label>
!${hint ? html`<p class="hint" id="${field}-hint">${hint}</p>` : ""}
!${isWrong ? html`<p class="wrong" id="${field}-error">${errors[field]}</p>` : ""}
<input id="${field}" name="${field}" type="${type}" autocomplete="${autocomplete}" inputmode="${inputmode}" maxlength="254" value="${fields[field] ?? ""}" !${isNeeded ? "required" : ""} !${isWrong ? 'aria-invalid="true"' : ""} !${!instead && field === wrong[0] ? "autofocus" : ""} !${described ? html`aria-describedby="${described}"` : ""}>
</div>`;
  });
  const faults = [
    ...(instead ? [{ target: "at-0", text: instead.text }] : []),
    ...wrong.map((field) => ({ target: field as string, text: errors[field] })),
  ];
  const links = faults.map(({ target, text }) => html`<li><a href="#${target}">${text}</a></li>`).join("");
  const heading = wrong.length > 0 ? errors.title : errors.timeTitle;
  const problems = links
    ? html`<div class="message problem" role="alert"><h2>${heading}</h2><ul>!${links}</ul></div>`
    : "";
  const choice = instead ? timesInstead(context, instead) : hidden("at", at ?? "");
  const kept = services.map(({ service, persons }) => hidden(serviceField(service), persons)).join("");
  const body = html`<h1>${own.question}</h1>
!${refused ? message("problem", refused) : ""}
!${problems}
!${summary(context, { at, services })}
<form method="post" action="/book?lang=${context.language}" novalidate>
!${hidden("_csrf", view.csrf)}!${hidden("booking", view.booking)}!${kept}
!${choice}
!${rows.join("")}
<label class="choice"><input type="checkbox" name="reminder" value="yes" !${fields.reminder === "yes" ? "checked" : ""}> ${own.reminder}</label>
<p class="hint">${own.consent}</p>
<button>${own.next}</button>
</form>
<p><a href="/book/times?${serviceQuery(services, context.language).toString()}">${own.back}</a></p>`;
  return { title: links || refused ? errors.title : own.title, step: 3, body };
}

/** Times to choose from when the wanted one is gone. None is chosen beforehand: nobody is to get one that he did not read. */
function timesInstead(context: PageContext, { wanted, times, text }: NonNullable<PersonView["instead"]>): Markup {
  const { errors, times: own } = context.texts;
  const choices = times.map(
    (time, index) =>
      html`<label class="choice"><input type="radio" id="at-${index}" name="at" value="${time}" !${index === 0 ? "autofocus" : ""}> ${dayText(context, time)}, ${timeText(context, time)}</label>`,
  );
  const none = html`<p id="at-0" tabindex="-1">${own.none}</p>`;
  return html`<fieldset aria-describedby="at-error"><legend>${errors.times}</legend>
<p class="wrong" id="at-error">${text}</p>
!${hidden("wanted", wanted)}
!${choices.length > 0 ? choices.join("") : none}</fieldset>`;
}

export function donePage(context: PageContext, until: number): Page {
  const { done: own } = context.texts;
  const body = html`<h1>${own.question}</h1>
!${message("good", fill(own.text, { until: timeText(context, until) }))}
<p>${own.missing}</p>`;
  return { title: own.title, step: 4, body };
}
