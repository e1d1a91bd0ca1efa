import type { Ticket } from "../../protocol/messages.ts";
import type { Receipt, ReceiptLine } from "../ports.ts";
import { officeService } from "./liveness.ts";
import type { Texts } from "./texts.ts";
import { fill, localText, mainLanguage, textsOf } from "./texts.ts";
import { clockTime, shortDate } from "./time-of-day.ts";
import type { State } from "./types.ts";

/** The number in multiples of a normal character: 4 letters at 6 fill 24 of the 32 columns of narrow paper. */
const numberScale = 6;

function line(text: string, { scale = 1, bold = false } = {}): ReceiptLine {
  return { kind: "text", text, align: "center", scale, bold };
}

/**
 * `3 Personen vor Ihnen`; undefined where that says nothing: without the hub nobody knows who waits elsewhere, whoever is
 * parked or called waits behind nobody, and before its time an appointment is not the next, though none is before it.
 */
export function aheadInWords({ origin, state, kind, ahead }: Ticket, texts: Texts): string | undefined {
  if (origin !== "hub" || state !== "waiting") return undefined;
  if (ahead === 0) return kind === "appointment" ? undefined : texts.ticketAheadNone;
  return ahead === 1 ? texts.ticketAheadOne : fill(texts.ticketAhead, { count: ahead });
}

/** `Wartezeit etwa 20–30 Minuten`; undefined where nothing can be said, or nobody need wait. */
export function waitInWords(ticket: Ticket, texts: Texts): string | undefined {
  if (!ticket.estimateMinutes) return undefined;
  const [low, high] = ticket.estimateMinutes;
  if (high === 0) return undefined;
  if (low === high) return fill(texts.ticketMinutesOne, { minutes: low });
  return fill(texts.ticketMinutesRange, { low, high });
}

/** Which boards to watch: the group `all` is every board there is, and needs no name. */
export function boardsInWords(ticket: Ticket, texts: Texts): string {
  const named = ticket.boards.filter((board) => board !== "all");
  return named.length === 0 ? texts.lookAtBoard : fill(texts.lookAtBoards, { boards: named.join(", ") });
}

/** The ticket as it goes onto paper: in the visitor's language, with what staff must read in German beneath. */
export function ticketReceipt(
  ticket: Ticket,
  { office, settings: { languages } }: Pick<State, "office" | "settings">,
  language: string,
  { isCopy, toDesk = false }: { isCopy: boolean; toDesk?: boolean },
): Receipt {
  const texts = textsOf(languages, language);
  const staff = textsOf(languages, mainLanguage);
  const names = officeService(office, ticket.service)?.names ?? { de: ticket.service };
  const others = ticket.kind === "appointment" ? ticket.services.filter((service) => service !== ticket.service) : [];
  const timeZone = office?.timeZone ?? "UTC";
  const issued = Date.parse(ticket.issuedAt);
  const twice = (own: string, german: string) => (own === german ? own : `${own} / ${german}`);

  const lines: ReceiptLine[] = [];
  if (isCopy) lines.push(line(`*** ${twice(texts.ticketCopy, staff.ticketCopy)} ***`, { bold: true }));
  if (office) lines.push(line(office.name));
  lines.push(line(localText(names, language), { bold: true }));
  if (localText(names, language) !== names.de) lines.push(line(names.de));
  for (const service of others) {
    lines.push(line(localText(officeService(office, service)?.names ?? { de: service }, language), { bold: true }));
  }
  lines.push({ kind: "feed", lines: 1 }, line(ticket.number, { scale: numberScale, bold: true }), {
    kind: "feed",
    lines: 1,
  });
  if (ticket.persons > 1) lines.push(line(fill(texts.ticketPersons, { count: ticket.persons }), { bold: true }));
  if (ticket.appointmentAt !== undefined) {
    const time = clockTime(Date.parse(ticket.appointmentAt), texts, timeZone);
    lines.push(line(fill(texts.ticketAppointment, { time }), { bold: true }));
  }
  const date = shortDate(issued, texts, timeZone);
  lines.push(line(fill(texts.ticketTime, { date, time: clockTime(issued, texts, timeZone) })));
  if (toDesk) lines.push(line(texts.ticketShowCode, { bold: true }));
  const ahead = aheadInWords(ticket, texts);
  if (ahead) lines.push(line(ahead));
  const wait = waitInWords(ticket, texts);
  if (wait) lines.push(line(wait));
  lines.push(line(boardsInWords(ticket, texts)));
  if (ticket.statusUrl) lines.push({ kind: "qr", data: ticket.statusUrl }, line(texts.ticketStatus));
  return { lines };
}

/** Paper without a number, to see that the printer prints and has the right letters. */
export function testReceipt(state: State): Receipt {
  const texts = textsOf(state.settings.languages, mainLanguage);
  const timeZone = state.office?.timeZone ?? "UTC";
  const time = clockTime(state.hubAt, texts, timeZone);
  return {
    lines: [
      line(texts.testPrint, { scale: 2, bold: true }),
      line(state.settings.client),
      line(fill(texts.ticketTime, { date: shortDate(state.hubAt, texts, timeZone), time })),
      line(texts.testSpecimen),
      { kind: "qr", data: state.settings.client },
    ],
  };
}
