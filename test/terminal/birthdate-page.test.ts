import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ErrorCode } from "../../protocol/errors.ts";
import { refuse } from "../../protocol/errors.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import type { Kiosk } from "./kiosk.ts";
import { accessibilityProblems, closeBrowser, landscape, looksRight, portrait, withKiosk } from "./kiosk.ts";
import type { Terminal } from "./terminal.ts";

const toEntry = '.appointment [data-touch*="birthdate"]';
const erase = '[data-key="Backspace"]';
const enter = '[data-key="Enter"]';
const whole = '[data-key="Enter"][aria-disabled="false"]';
const onward = ".actions button:last-child";
const digit = (value: string) => `.digit[data-key="${value}"]`;
const field = ({ page }: Kiosk) => page.locator(".field").textContent();
const shows = (kiosk: Kiosk, entered: string) => kiosk.page.locator(".field", { hasText: entered }).waitFor();
/** As a birth date is written, on the screen and on its way. */
const written = /09\.03\.|09031984|1984-03-09/;

const ticket = makeTicket("T001", { kind: "appointment", appointmentAt: "2026-11-23T09:10:00Z", paper: "pending" });
const admits = (terminal: Terminal) =>
  terminal.answer(({ verb }) =>
    verb === "appointment.check-in"
      ? { result: { ticket, appointment: { time: "2026-11-23T09:10:00Z", services: ["id-card"] } } }
      : "usual",
  );
const refuses = (terminal: Terminal, code: ErrorCode, details: Record<string, unknown> = {}) =>
  terminal.answer(({ verb }) => (verb === "appointment.check-in" ? { error: refuse(code, code, details) } : "usual"));

if (need("chromium")) {
  test("by touch: the date as it is typed, one digit less, the number on paper, and nothing of it left behind", () =>
    withKiosk(async (kiosk) => {
      const { terminal, page, url, screen, tap, text } = kiosk;
      admits(terminal);
      assert.match(await text(), "Sie haben einen Termin?Code scannenoderGeburtsdatum eingeben");
      await tap(toEntry);
      await screen("birthdate");
      assert.is(await field(kiosk), "TT.MM.JJJJ");
      assert.is(await page.locator(enter).getAttribute("aria-disabled"), "true");
      for (const value of "091") await tap(digit(value));
      await tap(digit("3"));
      await page.getByText("Diesen Monat gibt es nicht.").waitFor();
      await tap(erase);
      await tap(erase);
      await shows(kiosk, "09.MM.JJJJ");
      for (const value of "031984") await tap(digit(value));
      await shows(kiosk, "09.03.1984");
      const before = Date.now();
      await tap(enter);
      await screen("taken");
      assert.match(await text(), "T001");
      const [request] = terminal.seen("appointment.check-in");
      assert.is(request?.args.birthdate, "1984-03-09");
      const at = Date.parse(String(request?.args.at));
      assert.ok(at <= before && at > before - 60_000, "the time of the last digit");
      await until("the report", () => terminal.seen("ticket.printed").length === 1);
      assert.not.match(await page.content(), written);
      assert.is(page.url(), url);
      assert.not.match(terminal.logged.join("\n"), written);
      for (const suffix of ["", "-wal"]) {
        assert.not.match(readFileSync(terminal.journalFile + suffix).toString("latin1"), written);
      }
      assert.not.match(JSON.stringify(terminal.device().printer.receipts), written);
    }));

  test("after a restart nobody is asked about the birth date once more", () =>
    withKiosk(async ({ terminal, page, screen, errors }) => {
      let heard = 0;
      terminal.answer(({ verb }) => {
        if (verb === "appointment.check-in") heard += 1;
        return verb === "appointment.check-in" ? undefined : "usual";
      });
      await page.locator(toEntry).tap();
      await screen("birthdate");
      await page.keyboard.type("09031984");
      await page.keyboard.press("Enter");
      await until("it was asked about", () => heard > 0);
      await terminal.restart();
      const asked = heard;
      const { device } = terminal;
      await until("it serves again", () => device().page?.url());
      await until("the keys are lit", () => device().panel.led("led-one") === "on");
      device().panel.press("one");
      await until("a ticket", () => terminal.seen("ticket.printed").length > 0);
      assert.is(heard, asked);
      assert.equal(
        device()
          .journal.open()
          .filter((touch) => written.test(JSON.stringify(touch))),
        [],
      );
      // The page lost its server on purpose.
      errors.length = 0;
    }));

  test("by keyboard: digits in the order in which they were typed, Backspace, Enter and Escape", () =>
    withKiosk(async (kiosk) => {
      const { terminal, page, screen } = kiosk;
      refuses(terminal, "ambiguous");
      while (!(await page.locator(`${toEntry}:focus`).count())) await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await screen("birthdate");
      await page.keyboard.type("09031985");
      await shows(kiosk, "09.03.1985");
      await page.keyboard.press("Backspace");
      await page.keyboard.type("4");
      await shows(kiosk, "09.03.1984");
      await page.keyboard.press("Enter");
      await screen("appointment-time");
      assert.not.match(await page.content(), /09\.03\.|1984/);
      refuses(terminal, "no-match");
      await page.keyboard.type("1030");
      await shows(kiosk, "10:30");
      await page.keyboard.press("Enter");
      await screen("turned-away");
      const args = terminal.seen("appointment.check-in").map(({ args: { birthdate, time } }) => [birthdate, time]);
      assert.equal(args, [
        ["1984-03-09", undefined],
        ["1984-03-09", "10:30"],
      ]);
      await page.locator('.actions [data-touch*="birthdate"]').tap();
      await screen("birthdate");
      assert.is(await field(kiosk), "TT.MM.JJJJ");
      await page.keyboard.press("Escape");
      await screen("choose");
    }));

  test("the scanner goes on while entering pauses", () =>
    withKiosk(async (kiosk) => {
      const { terminal, page, screen, text } = kiosk;
      const lockedUntil = new Date(Date.now() + 600_000).toISOString();
      refuses(terminal, "locked", { until: lockedUntil });
      await page.locator(toEntry).tap();
      await screen("birthdate");
      await page.keyboard.type("09031984");
      await page.keyboard.press("Enter");
      await screen("turned-away");
      const time = new Intl.DateTimeFormat("de-DE", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit" });
      assert.match(await text(), `bis ${time.format(new Date(lockedUntil))} Uhr`);
      terminal.device().scanner.scan("no code of ours", "qr");
      await page.getByText("Dieser Code ist kein Termin-Code").waitFor();
    }));

  for (const [viewport, language, large, isHeard] of [
    [landscape, "de", false, true],
    [landscape, "de", true, true],
    [landscape, "en", false, false],
    [portrait, "de", false, false],
    [portrait, "en", true, false],
  ] as const) {
    const name = `${viewport.width} × ${viewport.height}, ${language}${large ? ", large print" : ""}`;
    test(`${name}: the entry and its answers are in view, can be hit, read and heard`, () =>
      withKiosk(async (kiosk) => {
        const { terminal, page, screen, tap } = kiosk;
        const isRight = async (what: string) => {
          await looksRight(page, viewport, what);
          if (isHeard) assert.equal(await accessibilityProblems(page), [], what);
        };
        const choose = async () => {
          await screen("choose");
          if (language !== "de") await tap(`[data-language="${language}"]`);
          if (large) await tap("#large");
          await page.locator(large ? "html[data-large]" : `html[lang="${language}"]`).waitFor();
        };
        await choose();
        await isRight("the start");
        refuses(terminal, "ambiguous");
        await tap(toEntry);
        await screen("birthdate");
        await isRight("an empty entry");
        await page.keyboard.type("0913");
        await page.locator(".problem").waitFor();
        await isRight("an impossible date");
        for (const _ of "13") await page.keyboard.press("Backspace");
        await page.keyboard.type("031984");
        await page.locator(whole).waitFor();
        await isRight("a whole date");
        await tap(enter);
        await screen("appointment-time");
        await isRight("the time");
        refuses(terminal, "no-match");
        await page.keyboard.type("1030");
        await page.keyboard.press("Enter");
        await screen("turned-away");
        await isRight("nothing found");
        await tap(onward);
        await choose();
        refuses(terminal, "locked", { until: new Date(Date.now() + 600_000).toISOString() });
        await tap(toEntry);
        await screen("birthdate");
        await page.keyboard.type("09031984");
        await page.keyboard.press("Enter");
        await screen("turned-away");
        await isRight("locked");
      }, viewport));
  }

  test("the browser ends", closeBrowser);

  test.run();
}
