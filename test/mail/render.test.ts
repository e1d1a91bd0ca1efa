import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Email } from "postal-mime";
import PostalMime from "postal-mime";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { folderTransport } from "../../hub/mail/folder.ts";
import { renderMail } from "../../hub/mail/render.ts";
import { textsOf } from "../../hub/mail/texts.ts";
import type { MailOffice } from "../../hub/mail/wording.ts";
import type { MailKind, MailOrder } from "../../hub/office/aside.ts";
import { need } from "../needs.ts";

const test = suite("mail render");
const minuteMs = 60_000;
const folder = mkdtempSync(join(tmpdir(), "wartemarke-render-"));

const office: MailOffice = {
  site: "dorsten",
  name: "Bürgerbüro Dorsten & Wulfen",
  address: "Halterner Straße 5, 46284 Dorsten",
  accent: "#0b4a8f",
  timeZone: "Europe/Berlin",
  publicUrl: "https://termine.example",
  from: "Bürgerbüro <termine@dorsten.example>",
  checkIn: { earlyMs: 15 * minuteMs, lateMs: 5 * minuteMs },
  services: [
    {
      id: "id-card",
      names: { de: "Ausweis oder Reisepass", en: "Identity card or passport" },
      bring: { de: "Altes Dokument und ein Passbild, das nicht älter als ein Jahr ist und keinen Rand hat" },
      fee: { de: "37,00 €", en: "€37.00" },
    },
    { id: "registration", names: { de: "An- oder Ummelden" } },
  ],
};
const anna = { name: `Anna "Änne" <b>Probst</b> & {time}`, address: "anna@example.org" };
const code = "1001261126".padEnd(34, "7");
const link = "N2Zk-TQ_9xXc1JdVbW0aRg";

function order(kind: MailKind, changes: Partial<MailOrder> = {}): MailOrder {
  const at = Date.parse("2026-11-26T10:00:00+01:00");
  return {
    id: `k7m29xq001.2.${kind}`,
    kind,
    appointment: "k7m29xq001",
    language: "de",
    orderedAt: Date.parse("2026-11-23T09:00:30+01:00"),
    sendAt: at,
    dropAt: at,
    at,
    until: at + 20 * minuteMs,
    services: [
      { service: "id-card", persons: 2 },
      { service: "registration", persons: 1 },
    ],
    ...changes,
  };
}

/** What each kind is ordered with besides the appointment. */
const details: Record<MailKind, Partial<MailOrder>> = {
  activation: { confirmBy: Date.parse("2026-11-23T11:00:30+01:00"), link },
  confirmation: { code, link },
  reminder: {},
  cancelled: {},
  moved: { code, link, previousAt: Date.parse("2026-11-25T08:15:00+01:00") },
  "office-closed": { reason: "Rohr<bruch>\r\nim Keller" },
  link: { link },
};
const kinds = Object.keys(details) as MailKind[];

/** Writes a mail as it goes out, and reads it with somebody else's parser. */
async function mail(kind: MailKind, changes: Partial<MailOrder> = {}): Promise<Email & { raw: Buffer }> {
  const rendered = renderMail(office, { order: order(kind, { ...details[kind], ...changes }), to: anna });
  const own = mkdtempSync(join(folder, `${kind}-`));
  await folderTransport(office.from, own).send(rendered, anna, new AbortController().signal);
  const [name = "", ...others] = readdirSync(own);
  assert.equal(others, [], "nothing but the mail is left in the folder");
  const raw = readFileSync(join(own, name));
  return { ...(await PostalMime.parse(raw)), raw };
}

const attached = (from: Email, type: string) => {
  const found = from.attachments.filter(({ mimeType }) => mimeType === type);
  return found.map(({ content }) => Buffer.from(content as ArrayBuffer));
};

/** The properties of the only event of a calendar, unfolded (RFC 5545, section 3.1); by their names alone. */
function calendar(from: Email): Map<string, string> {
  const [ics] = attached(from, "text/calendar");
  // The parser gives texts with plain line ends.
  const folded = String(ics);
  for (const line of folded.split("\n")) assert.ok(Buffer.byteLength(line) <= 75, `folded: ${line}`);
  const lines = folded.replace(/\n[ \t]/g, "").split("\n");
  assert.is(lines.filter((line) => line === "BEGIN:VEVENT").length, 1);
  return new Map(lines.map((line) => [line.replace(/[:;].*/s, ""), line.replace(/^[^:]*:/, "")]));
}

test("every kind in either language: all of it is filled in, escaped, and the same in text and HTML", async () => {
  for (const kind of kinds) {
    for (const language of ["de", "en"]) {
      const what = `${kind} in ${language}`;
      const got = await mail(kind, { language });
      assert.is(got.messageId, `<k7m29xq001.2.${kind}@dorsten.termine.example>`, what);
      assert.is(Date.parse(got.date ?? ""), order(kind).orderedAt, what);
      assert.equal(got.to, [anna], what);
      assert.equal(got.from, { name: "Bürgerbüro", address: "termine@dorsten.example" }, what);
      assert.is(got.headers.find(({ key }) => key === "auto-submitted")?.value, "auto-generated");
      const { text = "", html = "", subject = "" } = got;
      assert.not.match(subject, /[{}]|undefined/, what);
      assert.not.match(text.replace("{time}", ""), /[{}]|undefined/, what);
      assert.ok(text.includes(anna.name), `${what}: the name as it was typed, gaps in it too`);
      assert.ok(html.includes(`<html lang="${language}">`), what);
      assert.not.match(html, /<b>|<bruch>|undefined|\\n/, what);
      assert.ok(html.includes("Dorsten &#38; Wulfen"), what);
      assert.ok(text.includes("k7m29xq001") && html.includes("k7m29xq001"), what);
      assert.match(
        text,
        language === "de" ? /Donnerstag, 26\. November 2026, 10:00 Uhr/ : /Thursday,? 26 November 2026, 10:00/,
        what,
      );
      for (const line of text.split("\n")) assert.ok(line.length <= 72 || !/\s/.test(line.trim()), `${what}: ${line}`);
      const urls = (all: string) => [...new Set(all.match(/https:\/\/[^\s"<]+/g) ?? [])].sort();
      assert.equal(urls(html), urls(text), what);
    }
  }
});

test("the links are those of the pages, and only where they are of use", async () => {
  const page = `https://termine.example/appointment/${link}`;
  const expected: Record<MailKind, string[]> = {
    activation: [page],
    confirmation: [page, `${page}/cancel`, `${page}/move`],
    reminder: [],
    cancelled: [],
    moved: [page, `${page}/cancel`, `${page}/move`],
    "office-closed": ["https://termine.example/"],
    link: [page],
  };
  for (const kind of kinds) {
    const { text = "" } = await mail(kind);
    assert.equal(text.match(/https:\S+/g) ?? [], expected[kind], kind);
  }
});

test("what to bring and what it costs, times, and the limit with its day where that is another", async () => {
  const { text = "" } = await mail("confirmation");
  const flat = text.replace(/\s+/g, " ");
  assert.match(flat, "Ausweis oder Reisepass (2 Personen); An- oder Ummelden");
  assert.match(flat, "Ausweis oder Reisepass: Altes Dokument und ein Passbild, das nicht älter");
  assert.match(flat, "Ausweis oder Reisepass: 37,00 €");
  assert.match(flat, "frühestens um 09:45 Uhr und spätestens um 10:05 Uhr");
  assert.match(flat, "Halterner Straße 5, 46284 Dorsten");
  assert.match((await mail("activation")).text?.replace(/\s+/g, " ") ?? "", "bestätigen Sie ihn bis 11:00 Uhr.");
  const late = await mail("activation", {
    orderedAt: Date.parse("2026-11-23T22:30:00+01:00"),
    confirmBy: Date.parse("2026-11-24T00:30:00+01:00"),
  });
  assert.match((late.text ?? "").replace(/\s+/g, " "), "bis Dienstag, 24. November 2026, 00:30 Uhr");
  assert.match((await mail("moved")).text?.replace(/\s+/g, " ") ?? "", "Mittwoch, 25. November 2026, 08:15 Uhr");
  assert.match((await mail("office-closed")).text ?? "", "(Rohr<bruch>");
  assert.match((await mail("office-closed", { reason: " " })).text ?? "", "(außerplanmäßig)");
});

test("a language without texts of its own gets German, dates too", async () => {
  const got = await mail("confirmation", { language: "tr" });
  const german = await mail("confirmation");
  assert.is(got.text, german.text);
  assert.is(got.html, german.html);
  assert.equal(Object.keys(textsOf("en").texts).sort(), Object.keys(textsOf("de").texts).sort());
});

test("the same order is the same mail, to the byte", async () => {
  for (const kind of kinds) assert.ok((await mail(kind)).raw.equals((await mail(kind)).raw), kind);
});

test("the code is in an image that shows without the network, and in no mail before or after", async () => {
  for (const kind of kinds) {
    const got = await mail(kind);
    const [image, ...others] = attached(got, "image/png");
    assert.is(image !== undefined, kind === "confirmation" || kind === "moved", kind);
    if (!image) continue;
    assert.equal(others, []);
    const [, cid = "", alt = ""] = got.html?.match(/<img src="cid:([^"]+)"[^>]* alt="([^"]*)"/) ?? [];
    assert.is(got.attachments.find(({ mimeType }) => mimeType === "image/png")?.contentId, `<${cid}>`);
    assert.is(alt, code, "without images the digits are read");
    const path = join(folder, "code.png");
    writeFileSync(path, image);
    const read = spawnSync("zbarimg", ["-q", "--raw", path], { encoding: "utf8" });
    assert.is(read.stdout.trim(), code, kind);
  }
});

test("calendars: one entry that a later mail replaces or takes out, in the right hour in summer and winter", async () => {
  const none = ["activation", "reminder", "link"] as const;
  for (const kind of none) assert.equal(attached(await mail(kind), "text/calendar"), [], kind);
  const booked = calendar(await mail("confirmation"));
  assert.is(booked.get("METHOD"), "PUBLISH");
  assert.is(booked.get("STATUS"), "CONFIRMED");
  assert.is(booked.get("DTSTART"), "20261126T090000Z");
  assert.is(booked.get("DTEND"), "20261126T092000Z");
  assert.is(booked.get("DTSTAMP"), "20261123T080030Z");
  assert.is(booked.get("SEQUENCE"), "2");
  assert.is(booked.get("ORGANIZER"), "mailto:termine@dorsten.example");
  assert.match(booked.get("LOCATION") ?? "", "Halterner Straße 5\\, 46284 Dorsten");
  const summer = Date.parse("2026-07-02T10:00:00+02:00");
  const moved = calendar(await mail("moved", { id: "k7m29xq001.3.moved", at: summer, until: summer + minuteMs }));
  assert.is(moved.get("DTSTART"), "20260702T080000Z");
  assert.is(moved.get("UID"), booked.get("UID"));
  assert.is(moved.get("SEQUENCE"), "3");
  for (const kind of ["cancelled", "office-closed"] as const) {
    const off = calendar(await mail(kind, { id: `k7m29xq001.4.${kind}` }));
    assert.equal([off.get("METHOD"), off.get("STATUS"), off.get("SEQUENCE")], ["CANCEL", "CANCELLED", "4"]);
    assert.is(off.get("UID"), booked.get("UID"));
  }
  for (const kind of ["confirmation", "moved"] as const) {
    const rendered = renderMail(office, { order: order(kind, details[kind]), to: anna });
    const ics = String(rendered.attachments.find(({ filename }) => filename === "appointment.ics")?.content);
    assert.match(ics, /^(?:[^\r\n]+\r\n)+$/, "every line ends as it must");
    const unfolded = ics.replace(/\r\n[ \t]/g, "");
    for (const secret of ["Probst", anna.address, code, link]) assert.not.ok(unfolded.includes(secret), secret);
  }
});

test.after(() => rmSync(folder, { recursive: true }));
if (need("zbarimg")) test.run();
