import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ReceiptLine } from "../../device/ports.ts";
import { fitText } from "../../device/printer/layout.ts";
import { testReceipt, ticketReceipt } from "../../device/terminal/ticket.ts";
import { clockTime, shortDate, whenInWords } from "../../device/terminal/time-of-day.ts";
import { viewOf } from "../../device/terminal/view.ts";
import type { Ticket } from "../../protocol/messages.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { begin, driveMachine } from "./drive.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

const settings = makeSettings();
const { languages } = settings;
const german = languages.de;
const english = languages.en;
if (!german || !english) throw new Error("German and English are missing");

const waiting = (changes: Partial<Ticket> = {}) => {
  const place: Partial<Ticket> = { state: "waiting", ahead: 3, estimateMinutes: [20, 30] };
  return makeTicket("A017", { service: "registration", ...place, ...changes });
};
const office = makeOffice();
const receipt = (ticket: Ticket, language = "de", copy = false, of = office) =>
  ticketReceipt(ticket, { office: of, settings }, language, { isCopy: copy }).lines;
const texts = (lines: ReceiptLine[]) => lines.flatMap((line) => (line.kind === "text" ? [line.text] : []));
const numberOf = (lines: ReceiptLine[]) =>
  lines.flatMap((line) => (line.kind === "text" && line.scale > 1 ? [line] : []));

test("a German ticket, line by line", () => {
  const lines = receipt(waiting({ statusUrl: "https://dorsten.example/t/x" }));
  assert.equal(texts(lines), [
    "Bürgerbüro Dorsten",
    "An- oder Ummelden",
    "A017",
    "Mo 23.11.2026   10:00 Uhr",
    "3 Personen vor Ihnen",
    "Wartezeit etwa 20–30 Minuten",
    "Bitte achten Sie auf die Anzeige im Wartebereich.",
    "Stand Ihrer Nummer",
  ]);
  assert.equal(
    lines.filter(({ kind }) => kind === "qr"),
    [{ kind: "qr", data: "https://dorsten.example/t/x" }],
  );
});

test("in the visitor's language, with the German service beneath for staff", () => {
  assert.equal(texts(receipt(waiting(), "en")), [
    "Bürgerbüro Dorsten",
    "Registering your address",
    "An- oder Ummelden",
    "A017",
    "Mon 23/11/2026   10:00",
    "3 people before you",
    "Wait about 20–30 minutes",
    "Please watch the board in the waiting area.",
  ]);
});

test("the number is one line, large and bold, on wide and narrow paper and with six digits", () => {
  for (const number of ["A017", "T1234", "Z000017"]) {
    const [line, ...others] = numberOf(receipt(waiting({ number })));
    assert.equal(others, []);
    assert.equal([line?.text, line?.bold], [number, true]);
    for (const columns of [48, 42, 32]) {
      const fitted = fitText(line?.text ?? "", line?.scale ?? 0, columns);
      assert.equal(fitted.lines, [number], `${number} on ${columns} columns`);
      assert.ok(fitted.scale >= 4, `${number} at ${fitted.scale} on ${columns} columns`);
    }
  }
});

test("a copy says so first, in German as well", () => {
  const [first] = receipt(waiting(), "de", true);
  assert.equal(first, { kind: "text", text: "*** KOPIE ***", align: "center", scale: 1, bold: true });
  assert.is(texts(receipt(waiting(), "en", true))[0], "*** COPY / KOPIE ***");
  assert.not(texts(receipt(waiting())).some((text) => text.includes("KOPIE")));
});

test("persons, people ahead, the wait and the boards are said as they are", () => {
  const rows: [Partial<Ticket>, string[], string[]][] = [
    [{ persons: 4 }, ["Für 4 Personen"], []],
    [{ persons: 1 }, [], ["Für 1 Personen"]],
    [{ ahead: 1 }, ["1 Person vor Ihnen"], []],
    [{ ahead: 0, estimateMinutes: [0, 0] }, ["Sie sind als Nächstes an der Reihe"], ["Wartezeit etwa 0 Minuten"]],
    // Before its time walk-ins are called; and whoever is parked or called is not the next.
    [{ kind: "appointment", ahead: 0 }, ["Wartezeit etwa 20–30 Minuten"], ["Sie sind als Nächstes an der Reihe"]],
    [{ kind: "appointment", ahead: 1 }, ["1 Person vor Ihnen"], []],
    [{ state: "parked", ahead: 0, estimateMinutes: null }, [], ["Sie sind als Nächstes an der Reihe"]],
    [{ state: "called", ahead: 0, estimateMinutes: null }, [], ["Sie sind als Nächstes an der Reihe"]],
    [{ estimateMinutes: [5, 5] }, ["Wartezeit etwa 5 Minuten"], []],
    [{ estimateMinutes: null }, ["3 Personen vor Ihnen"], ["Wartezeit etwa 20–30 Minuten"]],
    [{ boards: ["all"] }, ["Bitte achten Sie auf die Anzeige im Wartebereich."], []],
    [{ boards: ["all", "Flur 2"] }, ["Bitte achten Sie auf die Anzeige: Flur 2."], []],
  ];
  for (const [changes, present, absent] of rows) {
    const found = texts(receipt(waiting(changes)));
    for (const text of present) assert.ok(found.includes(text), text);
    for (const text of absent) assert.not(found.includes(text), text);
  }
});

test("long names and odd letters pass as they are, and a service the office no longer has by its id", () => {
  const name = "Bewohnerparkausweis für Straßen mit Übergröße beantragen, ändern oder verlängern (37,00 €)";
  const changed = makeOffice();
  for (const service of changed.services) if (service.id === "registration") service.names = { de: name };
  assert.ok(texts(receipt(waiting(), "de", false, changed)).includes(name));
  assert.ok(texts(receipt(waiting({ service: "gone" }))).includes("gone"));
});

test("nothing of the request and no id is on the paper", () => {
  assert.not.match(JSON.stringify(receipt(waiting())), "2026-11-23/A017");
});

test("times are the office's, whatever the device's zone, also when the clocks change", () => {
  const zone = "Europe/Berlin";
  assert.is(clockTime(Date.parse("2026-10-25T00:30:00Z"), german, zone), "02:30");
  assert.is(clockTime(Date.parse("2026-10-25T01:30:00Z"), german, zone), "02:30");
  assert.is(shortDate(Date.parse("2026-12-31T23:30:00Z"), german, zone), "Fr 01.01.2027");
  const now = Date.parse("2026-10-24T22:30:00Z"); // 00:30 on the 25th, a day of 25 hours
  const rows: [string, string, string][] = [
    ["2026-10-25T07:00:00Z", "heute um 08:00 Uhr", "today at 08:00"],
    ["2026-10-26T07:00:00Z", "morgen um 08:00 Uhr", "tomorrow at 08:00"],
    ["2026-10-27T07:00:00Z", "Dienstag, 27. Oktober um 08:00 Uhr", "Tuesday 27 October at 08:00"],
  ];
  const words = (at: string, of: typeof german) => whenInWords(Date.parse(at), now, of, zone).replaceAll("\u00a0", " ");
  for (const [at, de, en] of rows) assert.equal([words(at, german), words(at, english)], [de, en]);
});

test("times on paper and on the screen are by the hub's clock, also where the machine's own has lost its time", () => {
  const drive = driveMachine(settings, { behindMs: begin }).open();
  assert.ok(texts(testReceipt(drive.state()).lines).some((line) => /23\.11\.2026 +10:00/.test(line)));
  const opensAt = "2026-11-23T12:30:00.000Z";
  drive.feed({ type: "office", office: makeOffice({ open: false, nextChange: opensAt }) });
  assert.match(JSON.stringify(viewOf(drive.state()).screen).replaceAll("\u00a0", " "), /heute um 13:30/);
});

test.run();
