// time limit: 180 s
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { freePort } from "../brokers.ts";
import { launchChromium } from "../chromium.ts";
import { decodeEscpos } from "../emulators/escpos-decoder.ts";
import { createEscposPrinter } from "../emulators/escpos-printer.ts";
import { insideHidTestbed, openHidTestbed } from "../emulators/hid-device.ts";
import { posDescriptor, posReports } from "../emulators/hid-reports.ts";
import { ask, openOfficeProcess } from "../hub/office-process.ts";
import { addressOf, kindOf, openPostOffice } from "../mail/post-office.ts";
import { need } from "../needs.ts";
import { noonZone } from "../noon-zone.ts";
import { until } from "../until.ts";
import { startDevice } from "./device-process.ts";
import { codeIn, linkIn } from "./mail-reading.ts";

/** How long a step may take on a busy machine, in milliseconds. */
const stepMs = 20_000;
const minuteMs = 60_000;
/** Processes that are not to see the emulated hardware: the calls of whoever preloads the testbed are redirected. */
const outside = { LD_PRELOAD: "" };

// On the real clock, since faked time and the testbed both come between a process and the system: the appointment is one
// whose check-in is open at once.
if (need("chromium", "umockdev", "zbarimg") && insideHidTestbed(import.meta.url)) {
  const test = suite("appointment, scanned as HID reports");

  test("booked in a browser, mailed, read by a HID scanner through hidraw, printed, called, finished", async () => {
    const testbed = openHidTestbed();
    const papers: Buffer[] = [];
    const printer = createEscposPrinter({ onPaper: ({ bytes }) => papers.push(bytes) });
    const post = await openPostOffice();
    const office = await openOfficeProcess("embedded", {
      config: {
        timeZone: noonZone(),
        appointments: { desks: 2, leadMinutes: 0, slotMinutes: 5, walkInShare: 0, telephoneShare: 0 },
        mail: { smtp: { host: "127.0.0.1", port: post.port } },
      },
      environment: outside,
    });
    const path = await testbed.add("pos", "05e0", "1300", posDescriptor);
    assert.match(path, "hidraw");
    const connection = { kind: "tcp", host: "127.0.0.1", port: await printer.listen() };
    const terminal = startDevice(office.url, "terminal-1", {
      terminal: {
        printer: { connection, profile: "epson", columns: 48 },
        scanner: { kind: "hid" },
        keys: [],
        screen: { port: await freePort() },
      },
    });
    const browser = await launchChromium({ environment: outside });
    try {
      const [desk, admin] = [await office.connect("desk-1"), await office.connect("admin-1")];
      await until(
        "printer and scanner of the terminal are ready",
        async () => {
          const { devices } = await ask(admin, "device.list", {});
          const parts = devices.find(({ client }) => client === "terminal-1")?.status?.peripherals;
          return parts?.printer?.state === "ready" && parts.scanner?.state === "ready";
        },
        stepMs,
      );
      const visitor = await (await browser.newContext({ locale: "de-DE" })).newPage();
      visitor.setDefaultTimeout(stepMs);
      await visitor.goto(`http://127.0.0.1:${office.hub.httpPort}/`);
      await visitor.getByLabel("Ausweis oder Reisepass").selectOption("1");
      await visitor.getByRole("button", { name: "Freie Zeiten zeigen" }).click();
      await visitor.locator(".day[open] a").first().click();
      await visitor.getByLabel("Vor- und Nachname").fill("Anna Probst");
      await visitor.getByLabel("Geburtsdatum").fill("9.3.1984");
      await visitor.getByLabel("E-Mail-Adresse").fill("anna@example.org");
      await visitor.getByLabel("Telefon").fill("02362 1234");
      await visitor.getByRole("button", { name: "Termin reservieren" }).click();
      const mail = (kind: string) =>
        until(
          `the mail "${kind}"`,
          () => post.taken.find((each) => kindOf(each) === kind && addressOf(each) === "anna@example.org"),
          stepMs,
        );
      await visitor.goto(linkIn(await mail("activation")));
      await visitor.getByRole("button", { name: "Termin bestätigen" }).click();
      const code = codeIn(await mail("confirmation"));
      assert.match(code, /^1\d{33}$/);
      const { appointments } = await ask(admin, "appointment.list", {});
      const [booked] = appointments;
      assert.ok(booked && Date.parse(booked.time) - Date.now() < 15 * minuteMs, "its check-in is open");

      for (const report of posReports(code)) await testbed.report("pos", report);
      const paper = await until("a ticket comes out of the printer", () => papers[0], stepMs);
      const [receipt] = decodeEscpos(paper);
      assert.ok(receipt?.lines.includes("T001"), receipt?.lines.join("\n"));

      await ask(desk, "desk.open", { desk: "1" });
      const { ticket } = await ask(desk, "call.next", { desk: "1" });
      assert.is(ticket?.number, "T001");
      await ask(desk, "ticket.finish", { desk: "1", number: "T001" });
      assert.is((await ask(desk, "ticket.show", { number: "T001" })).ticket.state, "finished");
    } finally {
      await browser.close();
      await terminal.stop();
      await office.close();
      await post.stop();
      await printer.close();
      testbed.close();
    }
  });

  test.run();
}
