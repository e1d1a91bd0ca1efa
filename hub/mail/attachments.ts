import ical, { ICalCalendarMethod, ICalEventStatus } from "ical-generator";
import { correction, generate } from "lean-qr";
import { toPngBuffer } from "lean-qr/extras/node_export";
import type { MailOrder } from "../office/aside.ts";
import type { MailTexts } from "./texts.ts";
import type { MailOffice } from "./wording.ts";
import { serviceNames } from "./wording.ts";

/** Pixels of one module of the QR code, and modules of white around it (ISO/IEC 18004 asks for four). */
const moduleScale = 8;
const quietModules = 4;

/** A PNG of the check-in code: 34 digits are exactly what version 1 holds at level M; black on white, with quiet zone. */
export function codeImage(digits: string): Buffer {
  const bitmap = generate(digits, {
    minVersion: 1,
    maxVersion: 1,
    minCorrectionLevel: correction.M,
    maxCorrectionLevel: correction.M,
  });
  const black = [0, 0, 0, 255] as const;
  const white = [255, 255, 255, 255] as const;
  return Buffer.from(toPngBuffer(bitmap, { on: black, off: white, pad: quietModules, scale: moduleScale }));
}

/** What a calendar is to do with the appointment, by kind of mail; none for those that change nothing in it. */
const methods: Partial<Record<MailOrder["kind"], ICalCalendarMethod>> = {
  confirmation: ICalCalendarMethod.PUBLISH,
  moved: ICalCalendarMethod.PUBLISH,
  cancelled: ICalCalendarMethod.CANCEL,
  "office-closed": ICalCalendarMethod.CANCEL,
};

/** How often the appointment had been changed when the mail was ordered, which stands in the order's id. */
const revisionOf = ({ id }: MailOrder) => Number(id.split(".")[1] ?? 0);

/**
 * The appointment for a calendar (RFC 5545, RFC 5546), or undefined where a mail has none: its UID stays, and its sequence
 * grows, so that a later one replaces it. It holds no personal data and no secret.
 */
export function calendarEntry(
  office: MailOffice,
  order: MailOrder,
  host: string,
  { language, texts }: { language: string; texts: MailTexts },
): { content: string; method: string } | undefined {
  const method = methods[order.kind];
  if (method === undefined) return undefined;
  const calendar = ical({ prodId: { company: "wartemarke", product: "wartemarke", language }, method });
  calendar.createEvent({
    id: `${order.appointment}@${host}`,
    sequence: revisionOf(order),
    stamp: new Date(order.orderedAt),
    start: new Date(order.at),
    end: new Date(order.until),
    summary: `${office.name}: ${serviceNames(office, order, language).join(", ")}`,
    location: [office.name, office.address].filter((part) => part !== "").join(", "),
    description: `${texts.labelReference}: ${order.appointment}`,
    organizer: { name: office.name, email: /<([^>]*)>/.exec(office.from)?.[1] ?? office.from },
    status: method === ICalCalendarMethod.CANCEL ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
  });
  return { content: `${calendar.toString()}\r\n`, method };
}
