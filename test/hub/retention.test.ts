import { test } from "uvu";
import * as assert from "uvu/assert";
import { openStore } from "../../hub/store/store.ts";
import { erika, erikasTraces, monday, noSeals, openStored, order } from "./stored-office.ts";

const [tuesday, wednesday, thursday] = ["2026-11-24", "2026-11-25", "2026-11-26"] as const;
const nothing = erikasTraces.map(() => 0);
/** What a cancellation does beside its event. */
const cancelled = (id: string) => ({
  dropMails: [id],
  mails: [order("cancelled", id)],
  persons: [{ do: "erase" as const, appointment: id }],
});
const kinds = (office: ReturnType<typeof openStored>) =>
  office.store
    .dueMails(Number.MAX_SAFE_INTEGER, 100)
    .map(({ order: { kind, appointment } }) => `${kind} ${appointment}`);

test("a reservation that lapses: nothing personal is left in the file or its log after the next quiet moment", () => {
  const office = openStored();
  const id = "aaaaaaaaaa";
  office.book(id, monday);
  for (const mail of ["confirmation", "reminder"]) office.store.mailSent(`${id}-${mail}`);
  assert.equal(office.store.person(id), erika);
  assert.ok(
    office.traces(...erikasTraces).every((count) => count > 0),
    "the search finds what is there",
  );
  const about = { appointment: id, time: office.now, services: [{ service: "id-card", persons: 1 }] };
  const lapsed = { type: "appointment.lapsed", ...about, reason: { code: "not-confirmed" } } as const;
  office.commit([lapsed], { persons: [{ do: "erase", appointment: id }] });
  assert.is(office.store.person(id), undefined);
  office.store.tidy(0);
  assert.equal(office.traces(...erikasTraces), nothing);
  assert.is(office.state.appointments.records.get(id)?.state, "lapsed", "what happened is still known");
  office.close();
});

test("a cancelled appointment: its last mail still gets its address, and takes it along when it is sent", () => {
  const office = openStored();
  const [id, other] = ["aaaaaaaaaa", "bbbbbbbbbb"];
  office.book(id, tuesday);
  office.book(other, tuesday, { name: "Max", email: "max@example.org", birthdates: [] });
  const cancel = { type: "appointment.cancelled", appointment: id, reason: { code: "visitor" }, by: "web" } as const;
  office.commit([cancel], cancelled(id));
  assert.equal(
    kinds(office).sort(),
    [`cancelled ${id}`, `confirmation ${other}`, `reminder ${other}`],
    "of its own that waited no one is left",
  );
  const last = office.store.dueMails(office.now, 10).find(({ order: { kind } }) => kind === "cancelled");
  assert.equal(last?.to, { name: erika.name, address: erika.email });
  office.store.tidy(0);
  assert.equal(
    office.traces(...erikasTraces).map((count) => count > 0),
    [true, true, false, false],
    "a mail knows no more than name and address",
  );
  office.store.mailSent(`${id}-confirmation`);
  office.store.mailSent(`${id}-cancelled`);
  office.store.tidy(0);
  assert.equal(office.traces(...erikasTraces), nothing);
  assert.ok((office.traces("max@example.org")[0] ?? 0) > 0, "the other one is as before");
  office.close();
});

test("what is given up leaves nothing either, and nobody is written to without an address", () => {
  const office = openStored();
  const { email: _, ...unreachable } = erika;
  office.book("aaaaaaaaaa", tuesday, unreachable);
  assert.equal(kinds(office), [], "no address");
  office.commit([], { mails: [order("cancelled", "zzzzzzzzzz")] });
  assert.equal(kinds(office), [], "no person");
  office.book("bbbbbbbbbb", tuesday);
  for (const kind of ["confirmation", "reminder"]) office.store.mailDropped(`bbbbbbbbbb-${kind}`);
  const erase = (appointment: string) => ({ do: "erase" as const, appointment });
  office.commit([], { persons: [erase("aaaaaaaaaa"), erase("bbbbbbbbbb")] });
  office.store.tidy(0);
  assert.equal(office.traces(...erikasTraces), nothing);
  office.close();
});

test("kept to the end of the day after the appointment, then all of it is gone, also without any mail server", () => {
  const office = openStored();
  office.changeDay(monday);
  office.book("aaaaaaaaaa", monday);
  office.book("bbbbbbbbbb", tuesday, { name: "Max", email: "max@example.org", birthdates: ["1990-01-31"] });
  office.changeDay(tuesday);
  assert.equal(office.store.person("aaaaaaaaaa"), erika, "on the day after");
  office.now += 2 * 24 * 3_600_000;
  office.changeDay(wednesday);
  assert.is(office.store.person("aaaaaaaaaa"), undefined);
  assert.ok(office.store.person("bbbbbbbbbb"));
  assert.equal(kinds(office).sort(), ["confirmation bbbbbbbbbb", "reminder bbbbbbbbbb"]);
  office.store.tidy(0);
  assert.equal(office.traces(...erikasTraces), nothing);
  office.reopen();
  assert.equal([...office.state.appointments.records.keys()], ["bbbbbbbbbb"]);
  office.changeDay(thursday);
  office.reopen();
  assert.is(office.state.appointments.records.size, 0);
  assert.is(office.store.nextMailAt(), null);
  office.close();
});

test("the number of days is the office's choice, and a hub that was off over them catches up", () => {
  for (const [keptDays, last, first] of [
    [0, monday, tuesday],
    [7, "2026-11-30", "2026-12-01"],
    [1, tuesday, "2027-03-01"],
  ] as const) {
    const office = openStored({ appointments: { desks: 1, keptDays } });
    office.changeDay(monday);
    office.book("aaaaaaaaaa", monday);
    office.changeDay(last);
    assert.ok(office.store.person("aaaaaaaaaa"), `${keptDays}: on ${last}`);
    office.changeDay(first);
    assert.is(office.store.person("aaaaaaaaaa"), undefined, `${keptDays}: on ${first}`);
    office.close();
  }
});

test("an appointment that was moved is kept as long as its new day asks for", () => {
  const office = openStored();
  office.changeDay(monday);
  office.book("aaaaaaaaaa", monday);
  const from = Date.parse(`${monday}T10:00:00+01:00`);
  const moved = { type: "appointment.moved", appointment: "aaaaaaaaaa", by: "web", sealed: noSeals, from } as const;
  const time = Date.parse(`${thursday}T10:00:00+01:00`);
  office.commit([{ ...moved, day: thursday, time, until: time + 900_000 }]);
  office.changeDay(wednesday);
  assert.ok(office.store.person("aaaaaaaaaa"));
  office.changeDay("2026-11-28");
  assert.is(office.store.person("aaaaaaaaaa"), undefined);
  office.close();
});

test("mails that are of no use any more go at midnight", () => {
  const office = openStored();
  office.book("aaaaaaaaaa", "2026-12-10");
  const late = { id: "late", dropAt: office.now + 1000 };
  office.commit([], { mails: [order("link", "aaaaaaaaaa", late)] });
  office.now += 24 * 3_600_000;
  office.changeDay(tuesday);
  assert.equal(kinds(office).sort(), ["confirmation aaaaaaaaaa", "reminder aaaaaaaaaa"]);
  office.close();
});

test("among thousands that come and go in any order, no copy of an erased one outlasts the day", () => {
  const office = openStored();
  office.changeDay(monday);
  let seed = 7;
  const below = (limit: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  const person = (id: string) => ({
    name: `Zyx${id} ${"e".repeat(below(40))}`,
    email: `${id}@example.org`,
    birthdates: ["1990-01-31"],
  });
  const open: string[] = [];
  for (let round = 0; round < 400; round += 1) {
    const asides = Array.from({ length: 15 }, (_, n) => {
      const id = `${String(round).padStart(5, "0")}${String(n).padStart(5, "0")}`;
      open.push(id);
      return {
        persons: [{ do: "keep" as const, appointment: id, person: person(id) }],
        mails: [order("reminder", id, { link: "x".repeat(below(30)) })],
      };
    });
    const gone = Array.from({ length: open.length > 1000 ? 15 : 0 }, () => {
      const [id = ""] = open.splice(below(open.length), 1);
      return { dropMails: [id], persons: [{ do: "erase" as const, appointment: id }] };
    });
    office.commit([], ...asides, ...gone);
  }
  const appointment = open[0] ?? "";
  office.book(appointment, monday);
  office.changeDay(wednesday);
  office.store.tidy(0);
  const kept = new Set(open.slice(1));
  const found = office.texts().match(/Zyx[0-9]{10}/g) ?? [];
  assert.ok(kept.size > 900, "most of a thousand are kept");
  assert.equal(new Set(found.map((text) => text.slice(3))), kept);
  office.close();
});

test("an emptied log has room again, takes what comes next, and gives it back after a crash", () => {
  const office = openStored();
  office.book("aaaaaaaaaa", monday);
  office.commit([], { persons: [{ do: "erase", appointment: "aaaaaaaaaa" }] });
  office.store.tidy(0);
  const size = office.logBytes();
  assert.ok(size >= 1_048_576, `${size} bytes`);
  office.book("bbbbbbbbbb", tuesday);
  assert.is(office.logBytes(), size, "it does not grow");
  const after = openStore(office.copyAsKilled());
  assert.equal(after.person("bbbbbbbbbb"), erika);
  assert.is(after.person("aaaaaaaaaa"), undefined);
  after.close();
  office.close();
});

test("a hub that is killed before the quiet moment: the next one takes what was erased out of the log", () => {
  const office = openStored();
  office.book("aaaaaaaaaa", monday);
  for (const mail of ["confirmation", "reminder"]) office.store.mailSent(`aaaaaaaaaa-${mail}`);
  office.commit([], { persons: [{ do: "erase", appointment: "aaaaaaaaaa" }] });
  const folder = office.copyAsKilled();
  const held = () => erikasTraces.map((text) => office.texts(folder).includes(text));
  assert.equal(held(), [true, true, true, true]);
  const next = openStore(folder);
  next.tidy(0);
  assert.equal(held(), [false, false, false, false]);
  next.close();
  office.close();
});

test("a quiet moment without erasures leaves the log its room", () => {
  const office = openStored();
  const size = office.logBytes();
  office.book("aaaaaaaaaa", monday);
  office.store.tidy(0);
  assert.is(office.logBytes(), size);
  office.close();
});

test.run();
