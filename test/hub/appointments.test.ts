import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Outcome, Reservation } from "../../hub/booking.ts";
import { appointmentsOnPage } from "../../hub/web/views.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { anna, hourMs, minuteMs, openAppointmentOffice } from "./appointment-office.ts";
import { modelOffice, outcome } from "./test-office.ts";

const test = suite("appointments");

const done = (answer: Outcome) => (answer.ok ? "ok" : answer.error.code);
const reference = (answer: Outcome) => (answer.ok ? answer.appointment.id : "");
const tuesdayTen = Date.parse("2026-11-24T10:00:00+01:00");

async function inOffice(use: (office: AppointmentOffice) => Promise<void>, options = {}): Promise<void> {
  const office = openAppointmentOffice(options);
  try {
    await use(office);
  } finally {
    office.close();
  }
}

for (const [late, expected] of [
  [0, "ok"],
  [2 * hourMs, "ok"],
  [2 * hourMs + 999, "ok"],
  [2 * hourMs + 1000, "too-late"],
  [3 * hourMs, "too-late"],
] as const) {
  for (const cleared of [false, true]) {
    const when = `${late / 1000} s after the reservation${cleared ? ", with the clean-up before it" : ""}`;
    test(`a confirmation ${when} is ${expected}`, () =>
      inOffice(async (office) => {
        const reserved = await office.reserve({ at: tuesdayTen });
        const { link = "" } = office.mail("activation");
        office.now += late;
        if (cleared) await office.tick();
        const answer = await office.booking.confirm(link);
        assert.is(done(answer), expected);
        const state = expected === "ok" ? "confirmed" : "lapsed";
        await office.tick();
        assert.is(office.state.appointments.records.get(reference(reserved))?.state, state);
        assert.is(office.store.person(reference(reserved)) === undefined, expected !== "ok");
        const standing = office.booking.find(link);
        assert.is(standing.found && standing.standing, expected === "ok" ? "confirmed" : "expired");
      }));
  }
}

test("what is booked for a day that was out of reach for a while takes its place again when the day comes near", () => {
  const only = { desks: 1, walkInShare: 0, unconfirmedShare: 1 };
  return inOffice(
    async (office) => {
      const at = office.now + 49 * 24 * hourMs + hourMs;
      await office.bookFor(at);
      const other = { at, ip: "198.51.100.1", person: { ...anna, email: "b@example.org" } };
      office.restart({ appointments: { ...only, daysAhead: 20 } });
      for (let days = 0; days < 35; days += 1) {
        office.now += 24 * hourMs;
        await office.tick();
      }
      assert.is(done(await office.reserve(other)), "slot-taken");
      office.restart({ appointments: { ...only, daysAhead: 20 } });
      assert.is(done(await office.reserve(other)), "slot-taken");
    },
    { config: { appointments: { ...only, daysAhead: 60 } } },
  );
});

test("a reservation for soon can be confirmed until it begins", () =>
  inOffice(async (office) => {
    const at = office.now + hourMs;
    await office.reserve({ at });
    const { link = "" } = office.mail("activation");
    office.now = at + 1000;
    assert.is(done(await office.booking.confirm(link)), "too-late");
  }));

test("the same form twice is one reservation, and a confirmed one is confirmed again", () =>
  inOffice(async (office) => {
    const form = { id: "k7m29xq4tb", at: tuesdayTen };
    assert.is(done(await office.reserve(form)), "ok");
    assert.is(done(await office.reserve(form)), "ok");
    assert.is(office.mails().length, 1);
    assert.is(done(await office.reserve({ ...form, person: { ...anna, email: "b@example.org" } })), "id-reused");
    const { link = "" } = office.mail("activation");
    assert.is(done(await office.booking.confirm(link)), "ok");
    assert.is(done(await office.booking.confirm(link)), "ok");
    assert.is(office.mails().filter(({ order }) => order.kind === "confirmation").length, 1);
  }));

const corrections: Record<string, Partial<Reservation>> = {
  "another birth date": { person: { ...anna, birthdates: ["1984-09-03"] } },
  "another name": { person: { ...anna, name: "Anna Brobst" } },
  "another telephone": { person: { ...anna, phone: "02362 4321" } },
  "a wish for the reminder": { reminder: true },
};
for (const [what, changes] of Object.entries(corrections)) {
  test(`a form that is sent again with ${what} is not taken for the one before`, () =>
    inOffice(async (office) => {
      const form = { id: "k7m29xq4tb", at: tuesdayTen };
      await office.reserve(form);
      assert.is(done(await office.reserve({ ...form, ...changes })), "id-reused");
      assert.equal(office.store.person(form.id), anna);
      assert.is(done(await office.reserve({ ...form, id: "k7m29xq4tc", ...changes })), "ok");
    }));
}

test("of many who want the last place one gets it, and the others hear of the nearest free times", () =>
  inOffice(
    async (office) => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          office.reserve({
            at: tuesdayTen,
            person: { ...anna, email: `visitor-${index}@example.org` },
            ip: `10.0.${index}.1`,
          }),
        ),
      );
      assert.is(answers.filter(({ ok }) => ok).length, 2, "two desks can be booked");
      const refused = answers.find((answer) => !answer.ok);
      assert.is(refused && done(refused), "slot-taken");
      const next = refused && !refused.ok ? (refused.error.next as string[]) : [];
      assert.ok(next.length > 0);
      for (const time of next) {
        const again = office.booking.offer([{ service: "id-card", persons: 1 }], undefined, 9);
        assert.ok(
          again.some(({ times }) => times.includes(Date.parse(time))),
          time,
        );
      }
    },
    { config: { appointments: { desks: 2, unconfirmedShare: 1, walkInShare: 0, telephoneShare: 0 } } },
  ));

test("one address may hold two open bookings, however it is spelled", () =>
  inOffice(async (office) => {
    const spelled = ["anna@example.org", "Anna+termin@Example.org", "ANNA@example.org"];
    const answers: string[] = [];
    for (const [index, email] of spelled.entries()) {
      answers.push(done(await office.reserve({ at: tuesdayTen + index * hourMs, person: { ...anna, email } })));
    }
    assert.equal(answers, ["ok", "ok", "full"]);
  }));

test("unconfirmed reservations of one network are limited", () =>
  inOffice(
    async (office) => {
      const answers: string[] = [];
      for (let index = 0; index < 4; index += 1) {
        const person = { ...anna, email: `v${index}@example.org` };
        const at = tuesdayTen + index * hourMs;
        answers.push(done(await office.reserve({ at, person, ip: `192.0.2.${index}` })));
      }
      assert.equal(answers, ["ok", "ok", "ok", "full"]);
    },
    { config: { appointments: { desks: 2, perNetwork: 3 } } },
  ));

test("what is cancelled is free at once, its data are gone, and its code says so", () =>
  inOffice(async (office) => {
    const { id, code, link } = await office.bookFor(tuesdayTen);
    assert.is(office.store.person(id)?.name, anna.name);
    assert.is(done(await office.booking.cancel(link)), "ok");
    assert.is(done(await office.booking.cancel(link)), "ok", "again is no error");
    assert.is(office.store.person(id), undefined);
    assert.is(office.mail("cancelled", id).appointment, id, "the mail had its address first");
    office.now = tuesdayTen;
    const at = new Date(office.now).toISOString();
    assert.is(outcome(await office.ask("terminal", "appointment.check-in", { code, at })), "cancelled");
  }));

test("a move takes the new time and gives the old one up in one step, with a new code", () =>
  inOffice(async (office) => {
    const { id, code, link } = await office.bookFor(tuesdayTen, { reminder: true });
    const later = tuesdayTen + 15 * minuteMs;
    assert.is(done(await office.booking.move(link, later + 1)), "closed");
    assert.is(office.state.appointments.records.get(id)?.at, tuesdayTen, "the old one stands");
    assert.is(done(await office.booking.move(link, later)), "ok");
    const fresh = office.mail("moved", id);
    assert.equal([fresh.at, fresh.previousAt], [later, tuesdayTen]);
    office.now = later;
    const at = new Date(later).toISOString();
    assert.is(outcome(await office.ask("terminal", "appointment.check-in", { code, at })), "moved");
    assert.is(outcome(await office.ask("terminal", "appointment.check-in", { code: fresh.code, at })), "ok");
    assert.is(office.store.person(id)?.name, anna.name);
  }));

test("a move keeps the length that was booked: what takes another time by now never takes a place twice", async () => {
  const office = openAppointmentOffice({ config: { appointments: { desks: 1, walkInShare: 0, telephoneShare: 0 } } });
  const services = [{ service: "registration", persons: 2 }];
  const { id, link } = await office.bookFor(tuesdayTen, { services });
  const next = tuesdayTen + 75 * minuteMs;
  await office.bookFor(next, { person: { ...anna, email: "bo@example.org" } });
  for (const [what, changed] of [
    ["takes less time", modelOffice.services.map((service) => ({ ...service, minutes: 3 }))],
    ["takes more time", modelOffice.services.map((service) => ({ ...service, minutes: 40 }))],
    ["is not given any more", modelOffice.services.filter((service) => service.id !== "registration")],
  ] as const) {
    const desks = [{ id: "1", name: "Platz 1", services: changed.map((service) => service.id) }];
    office.restart({ services: changed, desks });
    const offered = office.booking.offer(services, "2026-11-24", 1, office.state.appointments.records.get(id));
    const free = (offered[0]?.times ?? []).map((at) => (at - tuesdayTen) / minuteMs);
    assert.equal([free.includes(45), free.includes(60), free.includes(75)], [true, false, false], what);
    assert.is(done(await office.booking.move(link, next - 15 * minuteMs)), "slot-taken", what);
  }
  assert.is(done(await office.booking.move(link, next - 30 * minuteMs)), "ok");
  const { at = 0, until = 0 } = office.state.appointments.records.get(id) ?? {};
  assert.equal([at, until], [next - 30 * minuteMs, next]);
  office.close();
});

test("an hour is booked up to the whole of its share", () =>
  inOffice(
    async (office) => {
      const book = (minutes: number, persons: number, email: string) =>
        office.reserve({
          services: [{ service: "pick-up", persons }],
          at: tuesdayTen + minutes * minuteMs,
          person: { ...anna, email },
        });
      assert.is(done(await book(0, 5, "a@example.org")), "ok");
      assert.is(done(await book(15, 9, "b@example.org")), "slot-taken", "42 of 39 minutes");
      assert.is(done(await book(15, 8, "b@example.org")), "ok", "39 of 39 minutes");
    },
    { config: { appointments: { desks: 1, unconfirmedShare: 1 } } },
  ));

test("a closure lists what it hits, and cancels it with a mail when asked to", () =>
  inOffice(async (office) => {
    const { id } = await office.bookFor(tuesdayTen);
    const closures = { add: [{ date: "2026-11-24", reason: "Personalversammlung" }] };
    const preview = await office.ask("admin", "office.preview", { closures });
    assert.is(preview.ok && (preview.result as { hit: number }).hit, 1);
    assert.is(office.state.appointments.records.get(id)?.state, "confirmed");
    const changed = await office.ask("admin", "office.change", { closures, cancelAppointments: true });
    assert.is(changed.ok && (changed.result as { hit: number }).hit, 1);
    assert.is(office.state.appointments.records.get(id)?.state, "cancelled");
    assert.is(office.mail("office-closed", id).reason, "Personalversammlung");
    assert.equal(office.booking.offer([{ service: "id-card", persons: 1 }], "2026-11-24", 1), []);
    office.restart();
    assert.equal(office.booking.offer([{ service: "id-card", persons: 1 }], "2026-11-24", 1), []);
  }));

test("the reminder waits for the day before, and goes with the appointment", () =>
  inOffice(async (office) => {
    const thursday = Date.parse("2026-11-26T10:00:00+01:00");
    const { id, link } = await office.bookFor(thursday, { reminder: true });
    assert.is(office.mail("reminder", id).sendAt, Date.parse("2026-11-25T10:00:00+01:00"));
    await office.booking.cancel(link);
    assert.throws(() => office.mail("reminder", id), /no mail/);
  }));

test("a mail that waits while its appointment is changed does not come behind the one that says so", () =>
  inOffice(async (office) => {
    const kinds = (id: string) => office.mails().flatMap(({ order }) => (order.appointment === id ? order.kind : []));
    const { id, link } = await office.bookFor(tuesdayTen);
    assert.ok(kinds(id).includes("confirmation"));
    assert.is(done(await office.booking.move(link, tuesdayTen + 15 * minuteMs)), "ok");
    assert.equal(kinds(id), ["moved"]);
    assert.is(done(await office.booking.cancel(link)), "ok");
    assert.equal(kinds(id), ["cancelled"]);
    assert.is(done(await office.booking.erase(link)), "ok");
    assert.equal(kinds(id), ["cancelled"], "erased twice, and still told");
    const other = await office.bookFor(tuesdayTen);
    const closures = { add: [{ date: "2026-11-24", reason: "Personalversammlung" }] };
    await office.ask("admin", "office.change", { closures, cancelAppointments: true });
    assert.equal(kinds(other.id), ["office-closed"]);
  }));

test("who did not come has lapsed, and his data stay until the day after for staff to see", () =>
  inOffice(async (office) => {
    const { id } = await office.bookFor(tuesdayTen);
    office.now = tuesdayTen + 5 * minuteMs + 30_000;
    await office.tick();
    assert.is(office.state.appointments.records.get(id)?.state, "confirmed", "a code may have been read in time");
    office.now += 1000;
    await office.tick();
    assert.is(office.state.appointments.records.get(id)?.state, "lapsed");
    office.now = Date.parse("2026-11-26T00:00:01+01:00");
    await office.tick();
    assert.is(office.state.appointments.records.get(id), undefined, "the day after is over");
    assert.is(office.store.person(id), undefined);
  }));

test("who never confirmed is none of those whom staff may wait for", () =>
  inOffice(async (office) => {
    const reserved = await office.reserve({ at: office.now + 75 * minuteMs });
    assert.ok(reserved.ok);
    const { at, id } = reserved.appointment;
    office.now = at + minuteMs;
    await office.tick();
    assert.is(office.state.appointments.records.get(id)?.state, "lapsed");
    assert.equal(
      appointmentsOnPage(office.state, office.now, () => undefined),
      [],
    );
  }));

test("a booking by telephone is binding at once, and nothing personal is in replies, events and stored replies", () =>
  inOffice(async (office) => {
    const args = { services: ["id-card", "id-card"], at: new Date(tuesdayTen).toISOString(), person: anna };
    const reply = await office.ask("clerk", "appointment.book", args);
    assert.is(outcome(reply), "ok");
    const { appointment } = (reply as { result: { appointment: { id: string; state: string; until: string } } }).result;
    assert.is(appointment.state, "confirmed");
    assert.is(Date.parse(appointment.until), tuesdayTen + 20 * minuteMs, "twice ten minutes");
    const said = JSON.stringify([reply, office.store.events(office.state.epoch, 0, 100)]);
    for (const secret of [anna.name, anna.email, anna.phone, "1984"]) assert.not.ok(said.includes(secret), secret);
    const { sealed } = office.state.appointments.records.get(appointment.id) ?? {};
    assert.not.ok(said.includes(String(sealed?.births[0])));
  }));

test.run();
