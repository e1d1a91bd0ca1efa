import { html } from "ghtml";
import type { StaffAccount } from "../../staff/record.ts";
import { mayDo } from "../../staff/roles.ts";
import type { Markup } from "../booking/layout.ts";
import { fill } from "../booking/texts.ts";
import type { StaffTexts } from "./texts.ts";

/** What every page needs to draw itself. */
export interface StaffContext {
  office: string;
  timeZone: string;
  language: string;
  texts: StaffTexts;
  /** The present path, to which the choice of language leads back. */
  here: string;
  /** For each form that changes something. */
  csrf: string;
  /** Left out on pages for whoever is not signed in. */
  account?: StaffAccount | undefined;
}

export interface StaffPage {
  title: string;
  body: Markup;
}

/** The way to another page, in the same language. */
export const linkTo = ({ language }: StaffContext, path: string): string =>
  language === "de" ? path : `${path}${path.includes("?") ? "&" : "?"}lang=${language}`;

const link = (context: StaffContext, path: string, text: string): Markup =>
  html`<a href="${linkTo(context, path)}" !${context.here === path ? 'aria-current="page"' : ""}>${text}</a>`;

function menu(context: StaffContext): Markup {
  const { account, texts } = context;
  if (!account) return "";
  const { name, role, mustChange } = account;
  const links = [
    ...(mustChange ? [] : [link(context, "/desk", texts.desks)]),
    ...(mustChange || !mayDo(role, "accounts") ? [] : [link(context, "/staff/accounts", texts.accounts)]),
    ...(mustChange || !mayDo(role, "audit") ? [] : [link(context, "/staff/audit", texts.audit)]),
    link(context, "/staff/password", texts.password),
  ];
  return html`<nav aria-label="${texts.staff}">!${links.join(" ")}</nav>
<form class="sign-out" method="post" action="${linkTo(context, "/staff/sign-out")}">!${secret(context)}
<span>${fill(texts.signedInAs, { name })}</span> <button>${texts.signOut}</button></form>`;
}

/** The hidden field without which a form changes nothing. */
export const secret = ({ csrf }: StaffContext): Markup => html`<input type="hidden" name="_csrf" value="${csrf}">`;

/** The whole document. Nothing in it comes from another host, and no script is needed. */
export function staffLayout(context: StaffContext, { title, body }: StaffPage): Markup {
  const { texts, language, office, here } = context;
  const other = language === "de" ? "en" : "de";
  const there = linkTo({ ...context, language: other }, here);
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${office}</title>
<link rel="stylesheet" href="/fonts/wght.css">
<link rel="stylesheet" href="/page/pages.css">
<link rel="stylesheet" href="/page/staff.css">
<link rel="stylesheet" href="/staff/colours.css">
</head>
<body class="staff">
<a class="skip" href="#content">${texts.skip}</a>
<header>
<p id="office">${office}</p>
!${menu(context)}
<a href="${there}" lang="${other}" hreflang="${other}">${texts.otherLanguage}</a>
</header>
<main id="content" tabindex="-1">
<h1>${title}</h1>
!${body}
</main>
</body>
</html>
`;
}

export const timeText = ({ language, timeZone }: StaffContext, at: number): string =>
  new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone, timeStyle: "short" }).format(at);

export const instantText = ({ language, timeZone }: StaffContext, at: number): string =>
  new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone,
    dateStyle: "medium",
    timeStyle: "medium",
  }).format(at);
