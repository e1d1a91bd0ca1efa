import type { MailOrder } from "../office/aside.ts";
import type { MailTexts } from "./texts.ts";
import { fill } from "./texts.ts";

/** Texts of the configuration, German at least. */
type Texts = { de: string; [language: string]: string };

/** What mails say of the office. */
export interface MailOffice {
  site: string;
  name: string;
  address: string;
  /** `#rrggbb` */
  accent: string;
  timeZone: string;
  /** Where the booking pages are, without a slash at the end. */
  publicUrl: string;
  /** The sender, as in the configuration. */
  from: string;
  /** How long before and after the time of an appointment one can check in, in milliseconds. */
  checkIn: { earlyMs: number; lateMs: number };
  services: { id: string; names: Texts; bring?: Texts | undefined; fee?: Texts | undefined }[];
}

/** A link, with what it is for. */
export interface MailLink {
  text: string;
  url: string;
}

/** All that a mail says, in words, whether as plain text or as HTML. */
export interface Wording {
  language: string;
  subject: string;
  greeting: string;
  intro: string;
  facts: { label: string; value: string }[];
  /** The first is the one that the mail is about. */
  links: MailLink[];
  code?: { explained: string; digits: string };
  closing: string;
  office: string;
  automatic: string;
}

/** What texts there may be for one kind of mail. */
interface KindTexts {
  subject: string;
  intro: string;
  code?: string;
  button?: string;
}

const inLanguage = (texts: Texts, language: string) => texts[language] ?? texts.de;

/** The services of an order by name; one that the configuration has no more goes by its id. */
export function serviceNames(office: MailOffice, { services }: MailOrder, language: string): string[] {
  return services.map(({ service }) => {
    const plan = office.services.find(({ id }) => id === service);
    return plan ? inLanguage(plan.names, language) : service;
  });
}

/** Puts an order into the words of a language. */
export function wordingOf(
  office: MailOffice,
  order: MailOrder,
  name: string,
  { language, texts }: { language: string; texts: MailTexts },
): Wording {
  const own: KindTexts = texts[order.kind];
  const format = (at: number, style: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone: office.timeZone, ...style }).format(at);
  const day = (at: number) => format(at, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const time = (at: number) => format(at, { hour: "2-digit", minute: "2-digit" });
  const both = (at: number) => `${day(at)}, ${time(at)}`;
  const { confirmBy = order.orderedAt, previousAt = order.at } = order;
  const values = {
    name,
    date: day(order.at),
    time: time(order.at),
    // Reserved late in the evening, the limit is on another day than the one on which the mail is read.
    confirmBy: day(confirmBy) === day(order.orderedAt) ? time(confirmBy) : both(confirmBy),
    previous: both(previousAt),
    checkInFrom: time(order.at - office.checkIn.earlyMs),
    checkInTo: time(order.at + office.checkIn.lateMs),
    reason: order.reason?.trim() || texts["office-closed"].noReason,
  };
  const digits = own.code === undefined ? undefined : order.code;
  return {
    language,
    subject: fill(own.subject, values),
    greeting: fill(texts.greeting, values),
    intro: fill(own.intro, values),
    facts: factsOf(office, order, { language, texts, when: fill(texts.when, values) }),
    links: linksOf(office, order, own.button, texts),
    ...(digits === undefined ? {} : { code: { explained: fill(own.code ?? "", values), digits } }),
    closing: texts.closing,
    office: office.name,
    automatic: texts.automatic,
  };
}

function linksOf({ publicUrl }: MailOffice, order: MailOrder, text: string | undefined, texts: MailTexts): MailLink[] {
  if (text === undefined) return [];
  if (order.kind === "office-closed") return [{ text, url: `${publicUrl}/` }];
  if (order.link === undefined) return [];
  const url = `${publicUrl}/appointment/${order.link}`;
  if (order.kind !== "confirmation" && order.kind !== "moved") return [{ text, url }];
  return [
    { text, url },
    { text: texts.cancel, url: `${url}/cancel` },
    { text: texts.move, url: `${url}/move` },
  ];
}

function factsOf(
  office: MailOffice,
  order: MailOrder,
  { language, texts, when }: { language: string; texts: MailTexts; when: string },
): Wording["facts"] {
  const names = serviceNames(office, order, language);
  const booked = order.services.map(({ service, persons }, index) => ({
    plan: office.services.find(({ id }) => id === service),
    persons,
    name: names[index] ?? service,
  }));
  const facts = [
    { label: texts.labelTime, value: when },
    { label: texts.labelPlace, value: [office.name, office.address].filter((part) => part !== "").join(", ") },
    {
      label: texts.labelServices,
      value: booked
        .map(({ name, persons }) => (persons > 1 ? fill(texts.persons, { service: name, persons }) : name))
        .join("; "),
    },
  ];
  const isOff = order.kind === "cancelled" || order.kind === "office-closed";
  for (const { plan, name } of isOff ? [] : booked) {
    const about = booked.length > 1 ? `${name}: ` : "";
    if (plan?.bring) facts.push({ label: texts.labelBring, value: about + inLanguage(plan.bring, language) });
    if (plan?.fee) facts.push({ label: texts.labelFee, value: about + inLanguage(plan.fee, language) });
  }
  facts.push({ label: texts.labelReference, value: order.appointment });
  return facts;
}
