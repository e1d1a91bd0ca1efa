import { html } from "ghtml";
import { passwordCharsMax, passwordCharsMin } from "../../staff/password.ts";
import type { AuditEntry, StaffAccount } from "../../staff/record.ts";
import type { StaffRole } from "../../staff/roles.ts";
import { managedRoles } from "../../staff/roles.ts";
import type { Markup } from "../booking/layout.ts";
import { message } from "../booking/layout.ts";
import { fill } from "../booking/texts.ts";
import type { StaffContext, StaffPage } from "./layout.ts";
import { instantText, linkTo, secret, timeText } from "./layout.ts";

/** A line to type into. */
const field = (name: string, label: string, attributes: Markup): Markup =>
  html`<p class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" !${attributes}></p>`;

const passwordField = (name: string, label: string, autocomplete: "current-password" | "new-password", further = "") =>
  field(name, label, html`type="password" autocomplete="${autocomplete}" maxlength="${passwordCharsMax}" !${further}`);

export interface SignInView {
  name: string;
  next: string;
  problem?: string | undefined;
  notice?: string | undefined;
  /** What the town's own sign-in is called, where there is one. */
  openid?: string | undefined;
}

export function signInPage(context: StaffContext, { name, next, problem, notice, openid }: SignInView): StaffPage {
  const { signIn } = context.texts;
  const focus = name === "" ? ["autofocus", ""] : ["", "autofocus"];
  const query = next === "" ? "" : `?next=${encodeURIComponent(next)}`;
  return {
    title: signIn.title,
    body: html`!${problem ? message("problem", problem) : ""}!${notice ? message("plain", notice) : ""}
!${openid ? html`<p><a class="button" href="${linkTo(context, `/staff/openid${query}`)}">${fill(signIn.openid, { name: openid })}</a></p>` : ""}
<form class="narrow" method="post" action="${linkTo(context, "/staff/sign-in")}">!${secret(context)}
<input type="hidden" name="next" value="${next}">
!${field("name", signIn.name, html`autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="32" required value="${name}" !${focus[0]}`)}
!${passwordField("password", signIn.password, "current-password", `required ${focus[1]}`)}
<p><button class="main">${signIn.do}</button></p>
</form>`,
  };
}

export function passwordPage(context: StaffContext, view: { problem?: string; done?: boolean }): StaffPage {
  const { change } = context.texts;
  const { account } = context;
  if (account?.passwordHash === null) return { title: change.title, body: message("plain", change.elsewhere) };
  const rule = html`aria-describedby="rule" required minlength="${passwordCharsMin}"`;
  return {
    title: change.title,
    body: html`!${view.done ? message("good", change.done) : ""}!${view.problem ? message("problem", view.problem) : ""}
!${account?.mustChange ? message("plain", change.must) : ""}
<form class="narrow" method="post" action="${linkTo(context, "/staff/password")}">!${secret(context)}
<input type="hidden" name="name" autocomplete="username" value="${account?.name ?? ""}">
!${passwordField("old", change.old, "current-password", "required autofocus")}
!${passwordField("chosen", change.chosen, "new-password", rule)}
<p id="rule" class="quiet">${fill(change.rule, { min: passwordCharsMin })}</p>
!${passwordField("again", change.again, "new-password", "required")}
<p><button class="main">${change.do}</button></p>
</form>`,
  };
}

export interface Plans {
  desks: readonly { id: string; name: string }[];
}

const roleChoice = ({ texts }: StaffContext, roles: readonly StaffRole[], chosen: StaffRole): Markup =>
  html`<p class="field"><label for="role">${texts.account.role}</label><select id="role" name="role">
!${roles.map((role) => html`<option value="${role}" !${role === chosen ? "selected" : ""}>${texts.roles[role]}</option>`).join("")}
</select></p>`;

const deskChoice = ({ texts }: StaffContext, { desks }: Plans, chosen: readonly string[]): Markup =>
  html`<fieldset><legend>${texts.account.desks}</legend>
!${desks.map(({ id, name }) => html`<label><input type="checkbox" name="desk-${id}" value="yes" !${chosen.includes(id) ? "checked" : ""}> ${name}</label>`).join("\n")}
</fieldset>`;

export interface AccountView {
  role: StaffRole;
  desks: readonly string[];
  name: string;
}

const emptyAccount: AccountView = { role: "clerk", desks: [], name: "" };

function accountRow(context: StaffContext, account: StaffAccount, until: number | undefined, plans: Plans): Markup {
  const { texts } = context;
  const { name, role, desks, locked, mustChange, subject } = account;
  const isOwn = context.account?.name === name;
  const nameOf = (id: string) => plans.desks.find((desk) => desk.id === id)?.name ?? id;
  const state = [
    locked ? texts.account.locked : texts.account.active,
    ...(until === undefined ? [] : [fill(texts.account.lockedOut, { time: timeText(context, until) })]),
    ...(mustChange ? [texts.account.mustChange] : []),
    ...(subject === null ? [] : [texts.account.openid]),
  ].join(", ");
  const press = (action: string, label: string) =>
    html`<form method="post" action="${linkTo(context, `/staff/accounts/${name}/${action}`)}">!${secret(context)}<button
aria-label="${label}: ${name}">${label}</button></form>`;
  const keys = [
    ...(locked || until !== undefined ? [press("unlock", texts.account.unlock)] : []),
    ...(locked || isOwn ? [] : [press("lock", texts.account.lock)]),
  ];
  return html`<tr><th scope="row">${name}</th><td>${texts.roles[role]}</td>
<td>${role === "clerk" ? desks.map(nameOf).join(", ") : texts.account.allDesks}</td>
<td class="${locked || until !== undefined ? "problem" : ""}">${state}</td>
<td class="keys"><a class="button" href="${linkTo(context, `/staff/accounts/${name}`)}" aria-label="${texts.account.change}: ${name}">${texts.account.change}</a>
!${keys.join(" ")}</td></tr>`;
}

export function accountsPage(
  context: StaffContext,
  accounts: readonly StaffAccount[],
  plans: Plans,
  view: {
    problem?: string;
    notice?: string;
    entered?: AccountView;
    /** Until when wrong passwords keep everybody out of an account. */
    lockedOut(name: string): number | undefined;
  },
): StaffPage {
  const { account: texts } = context.texts;
  const entered = view.entered ?? emptyAccount;
  const roles = managedRoles(context.account?.role ?? "clerk");
  return {
    title: texts.title,
    body: html`!${view.problem ? message("problem", view.problem) : ""}!${view.notice ? message("good", view.notice) : ""}
!${
      accounts.length === 0
        ? html`<p>${texts.none}</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="${texts.title}"><table><thead><tr><th scope="col">${texts.name}</th>
<th scope="col">${texts.role}</th><th scope="col">${texts.desks}</th><th scope="col">${texts.state}</th><td></td></tr></thead>
<tbody>!${accounts.map((account) => accountRow(context, account, view.lockedOut(account.name), plans)).join("")}</tbody></table></div>`
    }
<h2>${texts.new}</h2>
<form class="narrow" method="post" action="${linkTo(context, "/staff/accounts")}">!${secret(context)}
!${field("name", texts.name, html`autocomplete="off" autocapitalize="none" spellcheck="false" required maxlength="32" value="${entered.name}"`)}
!${roleChoice(context, roles, entered.role)}
!${deskChoice(context, plans, entered.desks)}
!${passwordField("password", texts.password, "new-password", html`required minlength="${passwordCharsMin}" aria-describedby="note"`)}
<p id="note" class="quiet">${texts.passwordNote}</p>
<p><button class="main">${texts.add}</button></p>
</form>`,
  };
}

export function accountPage(context: StaffContext, account: StaffAccount, plans: Plans, problem?: string): StaffPage {
  const { account: texts } = context.texts;
  const { name, role, desks, subject } = account;
  const isOwn = context.account?.name === name;
  return {
    title: name,
    body: html`!${problem ? message("problem", problem) : ""}
<form class="narrow" method="post" action="${linkTo(context, `/staff/accounts/${name}`)}">!${secret(context)}
!${roleChoice(context, managedRoles(context.account?.role ?? "clerk"), role)}
!${deskChoice(context, plans, desks)}
!${subject === null ? passwordField("password", texts.newPassword, "new-password", html`minlength="${passwordCharsMin}"`) : ""}
<p><button class="main">${texts.save}</button> <a href="${linkTo(context, "/staff/accounts")}">${texts.back}</a></p>
</form>
!${
      isOwn
        ? ""
        : html`<h2>${fill(texts.removeQuestion, { name })}</h2>
<form method="post" action="${linkTo(context, `/staff/accounts/${name}/remove`)}">!${secret(context)}
<p class="quiet">${texts.removeNote}</p><p><button>${texts.remove}</button></p></form>`
    }`,
  };
}

export interface AuditView {
  entries: readonly (AuditEntry & { id: number })[];
  days: number;
  isNewest: boolean;
  /** The number before which the older ones are, if there are any. */
  older: number | undefined;
}

export function auditPage(context: StaffContext, { entries, days, isNewest, older }: AuditView): StaffPage {
  const { auditLog: texts } = context.texts;
  const row = ({ at, who, what, desk, ticket, about, outcome }: AuditEntry) =>
    html`<tr><td>${instantText(context, at)}</td><td>${who ?? (what.startsWith("sign-in") ? texts.nobody : texts.configuration)}</td><td>${what}</td><td>${desk ?? ""}</td>
<td>${ticket ?? ""}</td><td>${about ?? ""}</td><td class="${outcome === "ok" ? "" : "problem"}">${outcome}</td></tr>`;
  const heads = [texts.at, texts.who, texts.what, texts.desk, texts.ticket, texts.about, texts.outcome];
  const links = [
    ...(isNewest ? [] : [html`<a href="${linkTo(context, "/staff/audit")}">${texts.newest}</a>`]),
    ...(older === undefined
      ? []
      : [html`<a href="${linkTo(context, `/staff/audit?before=${older}`)}">${texts.older}</a>`]),
  ];
  return {
    title: texts.title,
    body: html`<p>${fill(texts.note, { days })}</p>
!${
      entries.length === 0
        ? html`<p>${texts.none}</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="${texts.title}"><table><thead><tr>!${heads.map((head) => html`<th scope="col">${head}</th>`).join("")}</tr></thead>
<tbody>!${entries.map(row).join("")}</tbody></table></div>`
    }
<p>!${links.join(" ")}</p>`,
  };
}
