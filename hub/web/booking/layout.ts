import { html } from "ghtml";
import type { BookedService } from "../../office/appointments/record.ts";
import type { ServicePlan } from "../../office/state.ts";
import { dayText, timeText } from "./dates.ts";
import type { BookingTexts } from "./texts.ts";
import { bookingTexts, fill } from "./texts.ts";

/** What every page needs to draw itself. */
export interface PageContext {
  office: string;
  address: string;
  hasLogo: boolean;
  timeZone: string;
  languages: readonly string[];
  language: string;
  texts: BookingTexts;
  /** The present page, to which a choice of language leads back; never one with a secret or personal data. */
  here: string;
  services: readonly ServicePlan[];
}

/** Markup that is safe as it is; everything else is escaped where it is put in. */
export type Markup = string;

export interface Page {
  title: string;
  /** 1 to 4 on the way through a booking. */
  step?: number;
  body: Markup;
}

const languageLink = (context: PageContext, language: string) =>
  language === context.language
    ? html`<span aria-current="true">${bookingTexts[language]?.languageName ?? language}</span>`
    : html`<a href="${withLanguage(context.here, language)}" lang="${language}" hreflang="${language}"
        >${bookingTexts[language]?.languageName ?? language}</a
      >`;

function withLanguage(path: string, language: string): string {
  const url = new URL(path, "http://here");
  url.searchParams.set("lang", language);
  return url.pathname + url.search;
}

function progress({ texts }: PageContext, step: number): Markup {
  const items = texts.steps.map(
    (name, index) => html`<li !${index + 1 === step ? 'aria-current="step"' : ""}>${index + 1}. ${name}</li>`,
  );
  return html`<nav class="steps" aria-label="${fill(texts.step, { step })}"><ol>!${items.join("")}</ol></nav>`;
}

/** The whole document. Nothing in it comes from another host. */
export function layout(context: PageContext, { title, step, body }: Page): Markup {
  const { texts, language, office, hasLogo } = context;
  const languages = context.languages.filter((each) => bookingTexts[each]);
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${office}</title>
<link rel="stylesheet" href="/fonts/wght.css">
<link rel="stylesheet" href="/booking/booking.css">
<link rel="stylesheet" href="/booking/colours.css">
</head>
<body>
<a class="skip" href="#content">${texts.skip}</a>
<header>
!${hasLogo ? html`<img src="/booking/logo" alt="" height="48">` : ""}
<a class="office" href="/?lang=${language}">${office}</a>
<nav class="languages" aria-label="Sprache, language">!${languages.map((each) => languageLink(context, each)).join("")}</nav>
</header>
<main id="content" tabindex="-1">
!${step === undefined ? "" : progress(context, step)}
!${body}
</main>
<footer>
<a href="/imprint?lang=${language}">${texts.imprint}</a>
<a href="/privacy?lang=${language}">${texts.privacy}</a>
</footer>
</body>
</html>
`;
}

export const nameOf = ({ services, language }: PageContext, id: string): string => {
  const names = services.find((service) => service.id === id)?.names;
  return names?.[language] ?? names?.de ?? id;
};

/** The services of a booking in words. */
export const servicesText = (context: PageContext, services: readonly BookedService[]): string =>
  services
    .map(({ service, persons }) => {
      const name = nameOf(context, service);
      return persons > 1 ? `${name} (${fill(context.texts.services.many, { persons })})` : name;
    })
    .join(", ");

type Row = [term: string, value: string];

/** When, what and where, as a list of terms; without a time as long as none is chosen. */
export function summary(
  context: PageContext,
  {
    at,
    services,
    id: reference,
  }: { at: number | undefined; services: readonly BookedService[]; id?: string | undefined },
): Markup {
  const { texts, office, address } = context;
  const { appointment } = texts;
  const rows: Row[] = [
    ...(at === undefined ? [] : [[appointment.time, `${dayText(context, at)}, ${timeText(context, at)}`] as Row]),
    [appointment.services, servicesText(context, services)],
    [appointment.place, [office, address].filter((part) => part !== "").join(", ")],
    ...(reference === undefined ? [] : [[appointment.reference, reference] as Row]),
  ];
  const items = rows.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`);
  return html`<dl class="summary">!${items.join("")}</dl>`;
}

export const message = (kind: "good" | "problem" | "plain", text: string): Markup =>
  html`<p class="message ${kind}" role="${kind === "problem" ? "alert" : "status"}">${text}</p>`;

export const hidden = (name: string, value: string | number): Markup =>
  html`<input type="hidden" name="${name}" value="${value}">`;
