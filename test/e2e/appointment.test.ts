// time limit: 240 s
import ICAL from "ical.js";
import type { Page } from "playwright-core";
import type { Email } from "postal-mime";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeId } from "../../protocol/ids.ts";
import type { Arguments, Verb } from "../../protocol/requests.ts";
import type { Session } from "../../protocol/session.ts";
import { freePort } from "../brokers.ts";
import { launchChromium } from "../chromium.ts";
import { decodeEscpos } from "../emulators/escpos-decoder.ts";
import { createEscposPrinter } from "../emulators/escpos-printer.ts";
import { createSerialScanner } from "../emulators/serial-scanner.ts";
import { movableTime } from "../fake-time.ts";
import { temporaryFolder } from "../hub/hub-process.ts";
import { ask, openOfficeProcess } from "../hub/office-process.ts";
import { modelOffice } from "../hub/test-office.ts";
import { addressOf, kindOf, openPostOffice } from "../mail/post-office.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { startBoard } from "./board-process.ts";
import { startDevice } from "./device-process.ts";
import { codeIn, linkIn } from "./mail-reading.ts";

/** How long a step may take on a busy machine, in milliseconds. */
const stepMs = 20_000;
/** Everything begins on a Monday at nine. */
const monday = (time: string) => Date.parse(`2026-11-23T${time}+01:00`);

/** An office with a terminal, a board, a clerk and a browser, a server that takes its mails, and a clock that moves. */
async function openWholeOffice() {
  const folder = temporaryFolder();
  const time = movableTime(folder, "2026-11-23T09:00:00+01:00");
  const { environment } = time;
  const scanner = createSerialScanner();
  const papers: Buffer[] = [];
  const printer = createEscposPrinter({ onPaper: ({ bytes }) => papers.push(bytes) });
  const printerPort = await printer.listen();
  const post = await openPostOffice();
  const config = {
    openingHours: modelOffice.openingHours,
    languages: ["de", "en"],
    appointments: { desks: 1, leadMinutes: 30 },
    town: { address: "Halterner Straße 5, 46284 Dorsten" },
    mail: { from: "Bürgerbüro <termine@dorsten.example>", smtp: { host: "127.0.0.1", port: post.port } },
  };
  const office = await openOfficeProcess("embedded", { config, environment });
  const screenPort = await freePort();
  const terminal = startDevice(
    office.url,
    "terminal-1",
    {
      terminal: {
        printer: { connection: { kind: "tcp", host: "127.0.0.1", port: printerPort }, profile: "epson", columns: 48 },
        scanner: { kind: "serial", path: scanner.path },
        keys: [],
        screen: { port: screenPort },
      },
    },
    { environment },
  );
  let beatAt = 0;
  const board = await startBoard(office.url, { environment });
  const [desk, admin] = [
    await office.connect("desk-1"),
    await office.connect("admin-1", (session) => {
      session.subscribe("beat", {}, ({ at }) => {
        beatAt = Date.parse(at);
      });
    }),
  ];
  const asker =
    (session: Session) =>
    <V extends Verb>(verb: V, args: Arguments<V>) =>
      ask(session, verb, args, { id: makeId(time.now()) });
  const browser = await launchChromium();
  await until(
    "printer and scanner of the terminal are ready",
    async () => {
      const { devices } = await asker(admin)("device.list", {});
      const parts = devices.find(({ client }) => client === "terminal-1")?.status?.peripherals;
      return parts?.printer?.state === "ready" && parts.scanner?.state === "ready";
    },
    stepMs,
  );
  const screen = await browser.newPage();
  await screen.goto(`http://127.0.0.1:${screenPort}/`);
  const visitor = await (await browser.newContext({ locale: "de-DE" })).newPage();
  visitor.setDefaultTimeout(stepMs);
  return {
    /** Devices know the hub's time by its beat. */
    async passTo(at: number) {
      time.moveTo(at);
      await until("the hub's beat tells the new time", () => beatAt >= at, stepMs);
    },
    time,
    post,
    papers,
    printer,
    board,
    browser,
    screen,
    visitor,
    clerk: asker(desk),
    url: `http://127.0.0.1:${office.hub.httpPort}`,
    log: () => JSON.stringify(office.hub.lines()),
    scan: (code: string) => scanner.scan(code, "]Q1"),
    async close() {
      await browser.close();
      await board.stop();
      await terminal.stop();
      await office.close();
      await post.stop();
      await printer.close();
      scanner.stop();
    },
  };
}

type Whole = Awaited<ReturnType<typeof openWholeOffice>>;
let whole: Whole;

const textOf = (page: Page) =>
  page
    .locator("main")
    .textContent()
    .then((text) => text ?? "");
const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click();

/** The mail of this kind to this address, once it has come. */
const mail = (kind: string, to: string) =>
  until(
    `the mail "${kind}" for ${to}`,
    () => whole.post.taken.find((each) => kindOf(each) === kind && addressOf(each) === to),
    stepMs,
  );

/** The only event of a mail's calendar, by somebody else's reader. */
function eventIn({ attachments }: Email) {
  const file = attachments.find(({ mimeType }) => mimeType === "text/calendar");
  const calendar = new ICAL.Component(ICAL.parse(new TextDecoder().decode(file?.content as ArrayBuffer)));
  const events = calendar.getAllSubcomponents("vevent");
  assert.is(events.length, 1);
  const event = new ICAL.Event(events[0]);
  return {
    method: calendar.getFirstPropertyValue("method"),
    status: events[0]?.getFirstPropertyValue("status"),
    uid: event.uid,
    sequence: event.sequence,
    from: event.startDate.toJSDate().getTime(),
    to: event.endDate.toJSDate().getTime(),
    summary: event.summary,
    location: event.location,
  };
}

/** From the first page to "almost done". */
async function reserve(email: string, at: number, { reminder = false } = {}): Promise<void> {
  const { visitor, url } = whole;
  await visitor.goto(`${url}/`);
  await visitor.getByLabel("Ausweis oder Reisepass").selectOption("1");
  await press(visitor, "Freie Zeiten zeigen");
  const day = new Intl.DateTimeFormat("de-DE", { dateStyle: "full", timeZone: "Europe/Berlin" }).format(at);
  const clock = new Intl.DateTimeFormat("de-DE", { timeStyle: "short", timeZone: "Europe/Berlin" }).format(at);
  const section = visitor.locator(".day", { hasText: day });
  if ((await section.getAttribute("open")) === null) await section.locator("summary").click();
  await section.getByRole("link", { name: clock }).click();
  await visitor.getByLabel("Vor- und Nachname").fill("Anna Probst");
  await visitor.getByLabel("Geburtsdatum").fill("9.3.1984");
  await visitor.getByLabel("E-Mail-Adresse").fill(email);
  await visitor.getByLabel("Telefon").fill("02362 1234");
  if (reminder) await visitor.getByLabel("Am Tag vorher").check();
  await press(visitor, "Termin reservieren");
  assert.match(await textOf(visitor), "Wir haben Ihnen eine E-Mail geschickt.");
}

async function confirm(email: string): Promise<{ got: Email; code: string }> {
  const { visitor } = whole;
  await visitor.goto(linkIn(await mail("activation", email)));
  await press(visitor, "Termin bestätigen");
  assert.match(await textOf(visitor), "Ihr Termin ist jetzt fest");
  const got = await mail("confirmation", email);
  return { got, code: codeIn(got) };
}

/** Waits until the terminal's screen says this. */
async function onScreen(text: string): Promise<void> {
  const shown: string[] = [];
  const look = async () => {
    const now = (await whole.screen.locator("#screen").textContent()) ?? "";
    if (now !== shown.at(-1)) shown.push(now);
    return now.includes(text);
  };
  await until(`the terminal says "${text}"`, look, stepMs).catch((error: Error) => {
    throw new Error(`${error.message}, but "${shown.join('", "')}"`);
  });
}

/** The paper that comes out when this code is held in front of the scanner. */
async function ticketFor(code: string) {
  const before = whole.papers.length;
  whole.scan(code);
  const paper = await until("a ticket comes out of the printer", () => whole.papers[before], stepMs);
  const [receipt] = decodeEscpos(paper);
  if (!receipt) throw new Error("nothing was printed");
  return receipt;
}

if (need("chromium", "faketime", "zbarimg")) {
  const test = suite("appointment, the whole way");
  test.before(async () => {
    whole = await openWholeOffice();
  });
  test.after(() => whole?.close());

  test("from the booking page to the desk: reserved, confirmed, scanned, printed, called, finished", async () => {
    const { visitor, clerk, board, printer } = whole;
    const email = "anna@example.org";
    const ten = monday("10:00:00");
    await reserve(email, ten);

    // A mail scanner fetches the link, and whatever a page behind it names: nothing comes of it.
    const link = linkIn(await mail("activation", email));
    for (const end of ["", "", "/confirm", "/cancel"]) await fetch(link + end);
    await visitor.goto(link);
    assert.match(await textOf(visitor), "reserviert, aber noch nicht fest");
    const { got, code } = await confirm(email);
    await visitor.goto(link);
    assert.match(await textOf(visitor), "Ihr Termin ist bestätigt.");

    assert.match(code, /^1001261123\d{24}$/);
    const event = eventIn(got);
    assert.equal(
      [event.method, event.status, event.from, event.to - event.from],
      ["PUBLISH", "CONFIRMED", ten, 10 * 60_000],
    );
    assert.is(event.location, "Bürgerbüro Dorsten, Halterner Straße 5, 46284 Dorsten");
    assert.match(event.summary, "Ausweis oder Reisepass");

    await whole.passTo(monday("09:44:30"));
    whole.scan(code);
    await onScreen("09:45");
    assert.is(whole.papers.length, 0, "too early");
    await whole.passTo(monday("09:50:00"));
    const receipt = await ticketFor(code);
    assert.ok(receipt.lines.includes("T001"), receipt.lines.join("\n"));
    assert.match(receipt.lines.join("\n"), "Ausweis oder Reisepass");
    assert.not.match(receipt.lines.join("\n"), /Anna|Probst/);
    assert.equal(printer.errors, []);

    await clerk("desk.open", { desk: "1" });
    await clerk("call.next", { desk: "1" });
    await until("the board shows the call", () => board.view()?.current?.number === "T001", stepMs);
    assert.is(board.view()?.current?.desk, "Platz 1");
    await clerk("ticket.finish", { desk: "1", number: "T001" });
    const { ticket } = await clerk("ticket.show", { number: "T001" });
    assert.is(ticket.state, "finished");
    assert.not.match(whole.log(), /Probst|anna@|1984|02362/);
  });

  test("the day before comes the reminder; moved by the mail's link, the new code works and the old one says so", async () => {
    const { visitor, clerk } = whole;
    const email = "berta@example.org";
    const [tuesday, thursday] = [monday("10:00:00") + 86_400_000, monday("10:00:00") + 3 * 86_400_000];
    await reserve(email, tuesday, { reminder: true });
    const { got, code } = await confirm(email);
    assert.not.ok(whole.post.taken.some((each) => kindOf(each) === "reminder"));
    await whole.passTo(monday("10:00:01"));
    // Mails that are due are looked for with every commit, and otherwise after a while.
    await clerk("desk.close", { desk: "1" });
    assert.match(
      (await mail("reminder", email)).subject ?? "",
      "Erinnerung: Ihr Termin am Dienstag, 24. November 2026",
    );

    await visitor.goto(linkIn(got, "/move"));
    await visitor.locator(".day", { hasText: "Donnerstag, 26. November" }).locator("summary").click();
    await visitor
      .locator(".day", { hasText: "Donnerstag, 26. November" })
      .getByRole("button", { name: "10:00" })
      .click();
    assert.match(await textOf(visitor), "Ihr Termin ist verschoben.");
    assert.match(await textOf(visitor), "Donnerstag, 26. November 2026");
    const moved = await mail("moved", email);
    const fresh = codeIn(moved);
    assert.is.not(fresh, code);
    const [before, after] = [eventIn(got), eventIn(moved)];
    assert.equal([after.uid, after.from], [before.uid, thursday]);
    assert.ok(after.sequence > before.sequence, "a calendar takes it for the later one");

    const papers = whole.papers.length;
    whole.scan(code);
    await onScreen("Ihr Termin wurde verschoben");
    assert.is(whole.papers.length, papers);
    await whole.passTo(thursday - 10 * 60_000);
    assert.ok((await ticketFor(fresh)).lines.includes("T001"), "the first one of Thursday");
  });

  test("cancelled by the mail's link: a mail that takes it out of the calendar, and a code that says so", async () => {
    const { visitor, time } = whole;
    const email = "clara@example.org";
    const at = Math.ceil(time.now() / 3_600_000) * 3_600_000 + 2 * 3_600_000;
    await reserve(email, at);
    const { got, code } = await confirm(email);
    await fetch(linkIn(got, "/cancel"));
    await visitor.goto(linkIn(got));
    assert.match(await textOf(visitor), "Ihr Termin ist bestätigt.", "a scanner's GET cancels nothing");
    await visitor.goto(linkIn(got, "/cancel"));
    await press(visitor, "Termin absagen");
    assert.match(await textOf(visitor), "Dieser Termin ist abgesagt.");
    const { method, status, uid } = eventIn(await mail("cancelled", email));
    assert.equal([method, status, uid], ["CANCEL", "CANCELLED", eventIn(got).uid]);
    const papers = whole.papers.length;
    whole.scan(code);
    await onScreen("Dieser Termin wurde abgesagt");
    assert.is(whole.papers.length, papers);
    await reserve("dora@example.org", at);
  });

  test("two hours and a second after the reservation it is too late, whatever the page still shows", async () => {
    const { visitor, time } = whole;
    const email = "emma@example.org";
    const at = Math.ceil(time.now() / 3_600_000) * 3_600_000 + 4 * 3_600_000;
    const reservedAt = time.now();
    await reserve(email, at);
    await visitor.goto(linkIn(await mail("activation", email)));
    assert.match(await textOf(visitor), "noch nicht fest");
    await whole.passTo(reservedAt + 2 * 3_600_000 + stepMs);
    await press(visitor, "Termin bestätigen");
    assert.match(await textOf(visitor), "Die Frist zum Bestätigen ist abgelaufen.");
    await visitor.getByRole("link", { name: "Neuen Termin buchen" }).click();
    await reserve("frieda@example.org", at);
    assert.not.ok(whole.post.taken.some((each) => kindOf(each) === "confirmation" && addressOf(each) === email));
  });

  test.run();
}
