import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseConfig } from "../../hub/config.ts";
import { isPrivate } from "../../hub/core.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import { payloadBytesMax } from "../../protocol/codec.ts";
import type { Appointment } from "../../protocol/messages.ts";
import type { Result, Verb } from "../../protocol/requests.ts";
import { verbs } from "../../protocol/requests.ts";
import { hourMs, minuteMs } from "./appointment-office.ts";
import { book, booking, inOffice, iso, person, resultOf, tuesdayTen } from "./booking-staff.ts";
import { modelOffice, outcome } from "./test-office.ts";

const test = suite("requests about appointments");

const personal = /Zacharias|Quitzow|zq@|02362|1961/;

test("staff book, look, move and cancel; each answer says what is so, and nothing of the person", () =>
  inOffice(async (office) => {
    const replies: OutgoingReply[] = [];
    const ask = async <V extends Verb>(verb: V, args: object) => {
      const reply = await office.ask("clerk", verb, args);
      replies.push(reply);
      return resultOf(verb, reply);
    };
    const services = ["id-card", "pick-up", "id-card"];
    const { appointment } = await ask("appointment.book", { ...booking, services, reminder: true, language: "en" });
    const { id } = appointment;
    assert.equal(appointment, {
      id,
      day: "2026-11-24",
      time: iso(tuesdayTen),
      until: iso(tuesdayTen + 23 * minuteMs),
      services: ["id-card", "id-card", "pick-up"],
      state: "confirmed",
      origin: "staff",
      ticket: null,
    });
    assert.equal((await ask("appointment.show", { appointment: id })).appointment, appointment);
    assert.equal(await ask("appointment.list", { date: "2026-11-24" }), { appointments: [appointment], next: null });
    assert.equal(await ask("appointment.list", {}), { appointments: [], next: null });
    const later = iso(tuesdayTen + hourMs);
    const moved = (await ask("appointment.move", { appointment: id, at: later })).appointment;
    assert.equal([moved.id, moved.time, moved.state], [id, later, "confirmed"]);
    const kinds = () => office.mails().map(({ order }) => order.kind);
    assert.equal(kinds().toSorted(), ["moved", "reminder"]);
    assert.is((await ask("appointment.cancel", { appointment: id })).appointment.state, "cancelled");
    assert.equal(kinds(), ["cancelled"]);
    assert.not.match(JSON.stringify(replies), personal);
  }));

test("a service that is named twice is for two persons, and `persons` multiplies all", () =>
  inOffice(async (office) => {
    const minutes = async (args: object) => {
      const { time, until } = await book(office, args);
      return (Date.parse(until) - Date.parse(time)) / minuteMs;
    };
    assert.is(await minutes({ services: ["pick-up", "pick-up"] }), 6);
    assert.is(await minutes({ services: ["pick-up"], persons: 3, at: iso(tuesdayTen + 2 * hourMs) }), 9);
    const tooMany = { ...booking, services: ["pick-up", "id-card"], persons: 7 };
    for (const verb of ["appointment.book", "appointment.slots"]) {
      assert.is(outcome(await office.ask("clerk", verb, tooMany)), "bad-request", verb);
    }
  }));

test("free times say from where they go on, and each of them can be had", () =>
  inOffice(
    async (office) => {
      const times: string[] = [];
      let from: string | null = "2026-11-24";
      let pages = 0;
      while (from !== null) {
        const reply = await office.ask("clerk", "appointment.slots", { services: ["registration"], from, days: 5 });
        const { days, next }: Result<"appointment.slots"> = resultOf("appointment.slots", reply);
        times.push(...days.flatMap((day) => day.times));
        assert.ok(next === null || next > from);
        from = next;
        pages += 1;
      }
      assert.is(pages, 2);
      assert.equal(times, [...new Set(times)].sort());
      assert.is(times[0], "2026-11-24T07:00:00.000Z");
      for (const at of times.slice(0, 4)) await book(office, { services: ["registration"], at });
      const taken = await office.ask("clerk", "appointment.book", {
        ...booking,
        services: ["registration"],
        at: times[0],
      });
      assert.is(outcome(taken), "slot-taken");
      const { next } = (taken as unknown as { error: { next: string[] } }).error;
      assert.ok(next.length > 0 && next.every((at) => times.slice(4).includes(at)), next.join());
    },
    { config: { appointments: { desks: 1, daysAhead: 8, walkInShare: 0, telephoneShare: 0 } } },
  ));

test("a day of many appointments is read page by page, in order of time", () =>
  inOffice(
    async (office) => {
      const made: string[] = [];
      for (let index = 0; index < 130; index += 1) {
        const at = iso(tuesdayTen + (index % 13) * 15 * minuteMs);
        made.push((await book(office, { services: ["pick-up"], at })).id);
      }
      const seen: Appointment[] = [];
      let after: string | null = null;
      do {
        const reply = await office.ask("clerk", "appointment.list", {
          date: "2026-11-24",
          limit: 100,
          ...(after ? { after } : {}),
        });
        assert.ok(Buffer.byteLength(JSON.stringify(reply)) <= payloadBytesMax);
        const result: Result<"appointment.list"> = resultOf("appointment.list", reply);
        seen.push(...result.appointments);
        after = result.next;
      } while (after);
      assert.equal(seen.map(({ id }) => id).sort(), made.sort());
      const times = seen.map(({ time }) => time);
      assert.equal(times, times.toSorted());
      const elsewhere = await office.ask("clerk", "appointment.list", { date: "2026-11-26", after: made[0] });
      assert.is(outcome(elsewhere), "unknown-appointment");
    },
    { config: { appointments: { desks: 12 } } },
  ));

test("yesterday's appointments are there as long as they are kept", () =>
  inOffice(async (office) => {
    const { id } = await book(office);
    const on = async (date: string) => {
      const reply = await office.ask("clerk", "appointment.list", { date });
      return resultOf("appointment.list", reply).appointments.map(({ state }) => state);
    };
    office.now = tuesdayTen + 24 * hourMs;
    await office.tick();
    assert.equal(await on("2026-11-24"), ["lapsed"]);
    office.restart();
    assert.equal(await on("2026-11-24"), ["lapsed"]);
    office.now += 24 * hourMs;
    await office.tick();
    assert.equal(await on("2026-11-24"), []);
    assert.is(outcome(await office.ask("clerk", "appointment.show", { appointment: id })), "unknown-appointment");
  }));

test("checking in gives the number with the appointment, and by hand the same", () =>
  inOffice(async (office) => {
    await book(office);
    const { code = "" } = office.mail("confirmation");
    const { id: late } = await book(office, { at: iso(tuesdayTen + 15 * minuteMs) });
    office.now = tuesdayTen;
    const reply = await office.ask("terminal", "appointment.check-in", { code, at: iso(office.now) });
    const { ticket, appointment } = resultOf("appointment.check-in", reply);
    assert.equal([ticket.number, ticket.appointmentAt], ["T001", iso(tuesdayTen)]);
    assert.equal(appointment, { time: iso(tuesdayTen), services: ["id-card"] });

    office.now = tuesdayTen + 30 * minuteMs;
    const byHand = { appointment: late, reason: "the bus was late" };
    const admitted = await office.ask("clerk", "appointment.late-check-in", byHand);
    assert.is(resultOf("appointment.late-check-in", admitted).ticket.number, "T002");
    const shown = await office.ask("clerk", "appointment.show", { appointment: late });
    const now = resultOf("appointment.show", shown).appointment;
    assert.equal([now.state, now.ticket], ["checked-in", "2026-11-24/T002"]);
    const { result } = (await office.ask("clerk", "event.list", { limit: 100 })) as { result: { events: object[] } };
    assert.not.match(JSON.stringify(result), /the bus/, "what staff wrote stays with the hub");
  }));

test("a repeat is answered as before and does nothing more; other arguments under its id are refused", () =>
  inOffice(async (office) => {
    const verbsAndArgs = async (id: string): Promise<[Verb, object, object][]> => [
      ["appointment.move", { appointment: id, at: iso(tuesdayTen + hourMs) }, { at: iso(tuesdayTen + 2 * hourMs) }],
      ["appointment.cancel", { appointment: id }, { appointment: "0000000000" }],
      ["appointment.unlock", { terminal: "foyer" }, { terminal: "hall" }],
    ];
    const twice = async (verb: Verb, args: object, other: object, id: string) => {
      const first = await office.ask("clerk", verb, args, id);
      const { length } = office.events;
      const mails = office.mails().length;
      assert.equal(await office.ask("clerk", verb, args, id), first, verb);
      office.restart();
      assert.equal(await office.ask("clerk", verb, args, id), first, `${verb}, after a restart`);
      assert.is(outcome(await office.ask("clerk", verb, { ...args, ...other }, id)), "id-reused", verb);
      assert.equal([office.events.length, office.mails().length], [length, mails], verb);
      return first;
    };
    const other = { person: { ...person, name: "Somebody Else" } };
    const booked = await twice("appointment.book", booking, other, "r-0");
    const { appointment } = resultOf("appointment.book", booked);
    for (const [index, [verb, args, others]] of (await verbsAndArgs(appointment.id)).entries()) {
      assert.is(outcome(await twice(verb, args, others, `r-${index + 1}`)), "ok", verb);
    }
  }));

test("nothing personal is in replies, events, or what is kept of requests, whether they were taken or refused", () =>
  inOffice(async (office) => {
    const replies: OutgoingReply[] = [];
    const ask = async (client: string, verb: string, args: object) => {
      const reply = await office.ask(client, verb, args);
      replies.push(reply);
      return outcome(reply);
    };
    const at = iso(tuesdayTen);
    const birth = { birthdate: "1961-05-17", at };
    assert.is(await ask("clerk", "appointment.book", booking), "ok");
    assert.is(await ask("clerk", "appointment.book", { ...booking, at: iso(tuesdayTen + 1) }), "closed");
    for (const wrong of [
      { email: "zq@" },
      { birthdates: ["1961-05-99"] },
      { phone: "zq@" },
      { name: "Quitzow".repeat(20) },
    ]) {
      // biome-ignore format: one thought
      assert.is(await ask("clerk", "appointment.book", { ...booking, person: { ...person, ...wrong } }), "bad-request");
    }
    assert.is(await ask("terminal", "appointment.check-in", birth), "no-match");
    office.now = tuesdayTen;
    assert.is(await ask("terminal", "appointment.check-in", { birthdate: "1961-99-17", at }), "bad-request");
    assert.is(await ask("terminal", "appointment.check-in", birth), "ok");
    assert.not.match(JSON.stringify(replies), personal);
    assert.not.match(
      JSON.stringify(office.events.map(({ at: _, ...event }) => ({ ...event, sealed: null }))),
      personal,
    );
    const { code = "", link = "" } = office.mail("confirmation");
    const db = new Database(office.file, { readonly: true });
    try {
      const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all() as string[];
      assert.ok(tables.includes("reply"), tables.join());
      for (const table of tables) {
        const rows = JSON.stringify(db.prepare(`SELECT * FROM "${table}"`).all(), (_key, value) =>
          value?.type === "Buffer" ? Buffer.from(value.data).toString("latin1") : value,
        );
        const isPersons = ["person", "mail"].includes(table);
        if (!isPersons) assert.not.match(rows, personal, `table ${table}`);
        if (table !== "mail") assert.not.ok(rows.includes(code) || rows.includes(link), `table ${table}`);
      }
    } finally {
      db.close();
    }
  }));

test("who may ask for what", () =>
  inOffice(async (office) => {
    const { id } = await book(office);
    const staff = ["clerk", "admin"];
    const rows: [verb: Verb, args: object, clients: string[]][] = [
      ["appointment.check-in", { code: "x", at: iso(office.now) }, ["terminal", "clerk", "admin"]],
      ["appointment.late-check-in", { appointment: id, reason: "x" }, staff],
      ["appointment.unlock", {}, staff],
      ["appointment.slots", { services: ["id-card"] }, staff],
      ["appointment.book", booking, staff],
      ["appointment.move", { appointment: id, at: iso(tuesdayTen + hourMs) }, staff],
      ["appointment.show", { appointment: id }, staff],
      ["appointment.list", {}, staff],
      ["appointment.cancel", { appointment: id }, staff],
      ["office.preview", {}, ["admin"]],
      ["office.change", {}, ["admin"]],
    ];
    assert.equal(
      rows.map(([verb]) => verb).sort(),
      Object.keys(verbs).filter((verb) => /^(appointment|office)\.(?!show$)|appointment\.show/.test(verb)).sort(), // biome-ignore format: one thought
    );
    for (const [verb, args, clients] of rows) {
      for (const client of ["terminal", "board", "clerk", "admin", "stranger"]) {
        const code = outcome(await office.ask(client, verb, args));
        assert.is(code !== "forbidden", clients.includes(client), `${client} ${verb}: ${code}`);
      }
    }
  }));

test("an office without appointments says so", () =>
  inOffice(
    async (office) => {
      const at = iso(office.now);
      assert.is(outcome(await office.ask("clerk", "appointment.book", booking)), "closed");
      assert.is(outcome(await office.ask("terminal", "appointment.check-in", { code: "x", at })), "bad-code");
      const slots = await office.ask("clerk", "appointment.slots", { services: ["id-card"] });
      assert.equal(resultOf("appointment.slots", slots), { days: [], next: null });
      const { office: shown } = resultOf("office.show", await office.ask("admin", "office.show"));
      assert.equal([shown.appointments, shown.siteNumber], [false, undefined]);
    },
    { config: { appointments: undefined } },
  ));

test("a service that is not given by appointment is not offered", () =>
  inOffice(
    async (office) => {
      for (const verb of ["appointment.book", "appointment.slots"]) {
        assert.is(outcome(await office.ask("clerk", verb, { ...booking, services: ["pick-up"] })), "service-closed");
        assert.is(outcome(await office.ask("clerk", verb, { ...booking, services: ["passport"] })), "unknown-service");
      }
    },
    {
      config: {
        services: modelOffice.services.map((service) => ({ ...service, bookable: service.id !== "pick-up" })),
      },
    },
  ));

test("personal data may come where nobody reads along, and only there", () => {
  const demo = JSON.parse(readFileSync(new URL("../../deploy/demo/hub.json", import.meta.url), "utf8"));
  const rows: [mqtt: object, isSafe: boolean][] = [
    [{ broker: "embedded", host: "127.0.0.1" }, true],
    [{ broker: "embedded", host: "::1" }, true],
    [{ broker: "embedded", host: "0.0.0.0" }, false],
    [{ broker: "embedded", host: "192.0.2.7" }, false],
    [{ broker: "external", url: "mqtt://127.0.0.1:1883", password: "x" }, true],
    [{ broker: "external", url: "mqtt://[::1]:1883", password: "x" }, true],
    [{ broker: "external", url: "mqtts://broker.example:8883", password: "x" }, true],
    [{ broker: "external", url: "mqtt://broker.example:1883", password: "x" }, false],
    [{ broker: "external", url: "mqtt://127.0.0.1.example:1883", password: "x" }, false],
  ];
  for (const [mqtt, isSafe] of rows) {
    const parsed = parseConfig({ ...demo, mqtt });
    if (!parsed.ok) throw new Error(parsed.message);
    assert.is(isPrivate(parsed.config), isSafe, JSON.stringify(mqtt));
  }
});

test("over a line on which somebody may read along, names and birth dates are refused, codes are not", () =>
  inOffice(
    async (office) => {
      const at = iso(office.now);
      const refused = await office.ask("clerk", "appointment.book", booking);
      assert.is(outcome(refused), "forbidden");
      assert.match((refused as { error: { message: string } }).error.message, /mqtts/);
      const birth = { birthdate: "1961-05-17", at };
      assert.is(outcome(await office.ask("terminal", "appointment.check-in", birth)), "forbidden");
      assert.is(outcome(await office.ask("terminal", "appointment.check-in", { code: "x", at })), "bad-code");
      assert.is(office.state.appointments.records.size, 0);
      assert.equal(office.state.appointments.wrongEntries, []);
    },
    { personalData: false },
  ));

test.run();
