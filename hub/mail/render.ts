import type { SpooledMail } from "../store/spool.ts";
import { calendarEntry, codeImage } from "./attachments.ts";
import { codeImageId, htmlOf, textOf } from "./layout.ts";
import { textsOf } from "./texts.ts";
import type { MailOffice } from "./wording.ts";
import { wordingOf } from "./wording.ts";

/** A mail as it goes out. */
export interface RenderedMail {
  messageId: string;
  date: Date;
  language: string;
  subject: string;
  text: string;
  html: string;
  attachments: { filename: string; content: Buffer | string; contentType: string; cid?: string }[];
}

/**
 * Writes the mail that an order asks for. The same order always gives the same mail, under the same Message-ID, so that
 * somebody who gets a second copy sees that it is one.
 */
export function renderMail(office: MailOffice, { order, to }: Pick<SpooledMail, "order" | "to">): RenderedMail {
  const speech = textsOf(order.language);
  const host = `${office.site}.${new URL(office.publicUrl).hostname}`;
  const wording = wordingOf(office, order, to.name, speech);
  const attachments: RenderedMail["attachments"] = [];
  if (wording.code) {
    const content = codeImage(wording.code.digits);
    attachments.push({ filename: "code.png", content, contentType: "image/png", cid: codeImageId });
  }
  const entry = calendarEntry(office, order, host, speech);
  if (entry) {
    const contentType = `text/calendar; charset=utf-8; method=${entry.method}`;
    attachments.push({ filename: "appointment.ics", content: entry.content, contentType });
  }
  return {
    messageId: `<${order.id}@${host}>`,
    date: new Date(order.orderedAt),
    language: speech.language,
    subject: wording.subject,
    text: textOf(wording),
    html: htmlOf(wording, office.accent),
    attachments,
  };
}
