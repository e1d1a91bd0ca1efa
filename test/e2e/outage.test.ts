// time limit: 240 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hashCheckInCode, makeCheckInCode } from "../../protocol/check-in-code.ts";
import { until } from "../until.ts";
import { demo, openFoyer, patienceMs } from "./foyer.ts";

test("the hub is killed, people press keys and get numbers; when it is back they stand where they came, and are called", async () => {
  const foyer = await openFoyer();
  try {
    await foyer.startHub();
    foyer.startTerminal();
    await foyer.untilGranted();
    const first = await foyer.press("id-card");
    assert.is(first, "A001");
    await foyer.killHub();
    const alone = [await foyer.press("registration"), await foyer.press("id-card"), await foyer.press("id-card")];
    assert.equal(alone, ["B950", "A950", "A951"]);
    // The terminal's own power goes as well: what it gave it does not give again.
    await foyer.killTerminal();
    foyer.startTerminal();
    const afterwards = await foyer.press("id-card");
    assert.is(afterwards, "A952");
    await foyer.startHub();
    await until("all are in the queue", async () => (await foyer.queue()).length === 5, patienceMs);
    await foyer.untilGranted();
    const last = await foyer.press("id-card");
    assert.is(last, "A002");
    const order = [first, ...alone, afterwards, last];
    assert.equal(await foyer.queue(), order);
    await foyer.ask("desk.open", { desk: "1" });
    for (const number of order) {
      const { ticket } = await foyer.ask("call.next", { desk: "1" });
      assert.is(ticket?.number, number);
      await foyer.ask("ticket.finish", { desk: "1", number });
    }
    assert.equal(foyer.papers, order, "and nothing else came out of the printer");
  } finally {
    await foyer.stop();
  }
});

test("the terminal is killed while it prints: it asks the printer, which finished the ticket, or had lost its power too", async () => {
  const foyer = await openFoyer();
  const { printer } = foyer.peripherals;
  try {
    await foyer.startHub();
    foyer.startTerminal();
    await foyer.untilGranted();
    assert.is(await foyer.press("id-card"), "A001");
    await foyer.killWhilePrinting("id-card");
    assert.is(await foyer.paperOf("A002"), "pending");
    assert.equal(foyer.papers, ["A001"], "it is still being printed");
    foyer.startTerminal();
    await until("the hub knows", async () => (await foyer.paperOf("A002")) !== "pending", patienceMs);
    assert.is(await foyer.paperOf("A002"), "printed");
    assert.equal(foyer.papers, ["A001", "A002"]);
    printer.heal();
    await foyer.killWhilePrinting("registration");
    printer.powerCycle();
    printer.heal();
    foyer.startTerminal();
    await until("the hub knows", async () => (await foyer.paperOf("B001")) !== "pending", patienceMs);
    assert.is(await foyer.paperOf("B001"), "unknown");
    assert.equal(foyer.papers, ["A001", "A002"]);
  } finally {
    await foyer.stop();
  }
});

test("codes are shown while the hub is away: an appointment is judged by the list, an unknown one is for the desk, and each again is a copy", async () => {
  const foyer = await openFoyer();
  try {
    await foyer.startHub();
    const booked = await foyer.book();
    foyer.startTerminal();
    await foyer.untilGranted();
    await until("the terminal has the list", () => foyer.keptLists().includes(hashCheckInCode(booked)), patienceMs);
    await foyer.killHub();
    /** Shows a code until this paper came of it, which may already be on its way, and says what is on it. */
    const scan = (code: string, paper: string) =>
      until(
        paper,
        async () => {
          foyer.peripherals.scanner.scan(code);
          await new Promise((resolve) => setTimeout(resolve, 500));
          return foyer.texts[foyer.papers.indexOf(paper)];
        },
        patienceMs,
      );
    const judged = await scan(booked, "T950");
    assert.match(judged, /Termin um/);
    assert.not.match(judged, /am Platz/);
    await scan(booked, "copy of T950");
    // Somebody who booked when this terminal could not hear of it.
    const day = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Berlin" }).format(Date.now());
    const unknown = makeCheckInCode({ site: demo.appointments.siteNumber ?? 1, day });
    assert.match(await scan(unknown, "T951"), /am Platz/);

    await foyer.startHub();
    const waiting = async () =>
      (await foyer.ask("queue.list", {})).tickets.map(({ number, kind }) => `${number} ${kind}`);
    await until("both are in the queue", async () => (await waiting()).length === 2, patienceMs);
    assert.equal((await waiting()).sort(), ["T950 appointment", "T951 walk-in"]);
    const { appointments } = await foyer.ask("appointment.list", {});
    assert.equal(appointments.map(({ state, ticket }) => [state, ticket?.split("/")[1]]), [["checked-in", "T950"]]); // biome-ignore format: one line
  } finally {
    await foyer.stop();
  }
});

test.run();
