import { test } from "uvu";
import * as assert from "uvu/assert";
import { collectMs, isCollecting } from "../../hub/office/collecting.ts";
import type { JournalTicket } from "../../protocol/journal.ts";
import { reportedTicketsMax } from "../../protocol/journal.ts";
import type { Ticket } from "../../protocol/messages.ts";
import type { Result } from "../../protocol/requests.ts";
import type { AppointmentOffice } from "./appointment-office.ts";
import { anna, hourMs, minuteMs } from "./appointment-office.ts";
import { known, openWithBackup, tell, time } from "./backup-office.ts";
import { outcome } from "./test-office.ts";

const monday = "2026-11-23";
const collecting = ({ state }: AppointmentOffice) => isCollecting(state);
const line = ({ state }: AppointmentOffice) => [...state.waitingAppointments, ...state.waiting].map(({ number }) => number); // biome-ignore format: one line
const alarms = ({ state }: AppointmentOffice) => [...state.alarms.keys()];

test("while a terminal is not heard no number is given, of any kind; the same request is done when it was", async () => {
  const { office, restore } = await openWithBackup((it) => it.bookFor(time, { person: anna }));
  const { code } = await office.bookFor(time + hourMs);
  assert.ok(code);
  restore();
  assert.ok(collecting(office));
  const confirmation = office.mail("confirmation");
  const issue = () => office.ask("terminal", "ticket.issue", { service: "id-card" }, "touch");
  const at = new Date(office.now).toISOString();
  const checkIn = () => office.ask("terminal", "appointment.check-in", { code: confirmation.code, at }, "scan");
  for (const ask of [issue, checkIn, () => office.ask("kiosk", "reserve.get")]) {
    assert.is(outcome(await ask()), "unavailable");
  }
  assert.is(outcome(await office.ask("clerk", "ticket.issue", { service: "id-card" })), "unavailable");
  assert.equal(alarms(office), ["hub/restored", "hub/collecting"]);
  assert.match(office.state.alarms.get("hub/collecting")?.detail ?? "", /or after 60 s: kiosk, terminal\./);
  await tell(office, "terminal", []);
  assert.is(outcome(await issue()), "unavailable", "the other one may know of numbers too");
  office.restart();
  assert.ok(collecting(office), "it waits still after a restart, but not for the first");
  await tell(office, "kiosk", [], { done: false });
  assert.ok(collecting(office), "there is more to come");
  await tell(office, "kiosk", []);
  assert.not.ok(collecting(office));
  assert.equal(alarms(office), ["hub/restored"]);
  assert.is(outcome(await issue()), "ok", "nothing was remembered of the answers before");
  assert.is(outcome(await checkIn()), "ok");
  office.close();
});

test("it waits for so long since it can be reached, and not for whoever is no terminal any more", async () => {
  const { office, restore } = await openWithBackup();
  restore();
  office.linked(false);
  office.now += 2 * collectMs;
  await office.tick();
  assert.ok(collecting(office), "nobody could reach it");
  office.linked(true);
  office.now += collectMs - 1;
  await office.tick();
  assert.ok(collecting(office));
  office.now += 1;
  await office.tick();
  assert.not.ok(collecting(office));
  assert.equal(alarms(office), ["hub/restored", "hub/unheard"]);
  const unheard = () => office.state.alarms.get("hub/unheard")?.detail;
  assert.is(unheard(), "kiosk, terminal");
  await tell(office, "kiosk", []);
  assert.is(unheard(), "terminal");
  office.restart();
  await tell(office, "terminal", []);
  assert.is(unheard(), undefined);
  restore();
  assert.ok(collecting(office));
  office.restart({ users: [] });
  await office.tick();
  assert.not.ok(collecting(office), "they were revoked");
  office.close();
});

test("a clock that is set while it waits ends nothing, and makes nobody wait for longer", async () => {
  for (const jumpMs of [-24 * hourMs, -minuteMs, minuteMs, 24 * hourMs]) {
    const { office, restore } = await openWithBackup();
    restore();
    office.now += collectMs / 2;
    office.setClock(office.now + jumpMs);
    await office.tick();
    assert.ok(collecting(office), `set by ${jumpMs} ms`);
    office.now += collectMs / 2;
    await office.tick();
    assert.not.ok(collecting(office), `set by ${jumpMs} ms`);
    office.close();
  }
});

test("numbers that the backup lacks wait again where they stood, the hub goes on behind them, once however often it is told", async () => {
  const { office, restore } = await openWithBackup((it) => it.issue());
  const lost: Ticket[] = [];
  for (let n = 0; n < 3; n += 1) {
    office.now += minuteMs;
    lost.push(await office.issue());
  }
  const [second, third, fourth] = lost as [Ticket, Ticket, Ticket];
  const called = await office.ask("clerk", "call.next", { desk: "1" });
  assert.is(called.ok && (called.result as { ticket: Ticket }).ticket.number, "A001");
  restore();
  assert.equal(line(office), ["A001"], "it was called after the backup");
  assert.equal([office.state.tickets.get(`${monday}/A001`)?.afterRestore, office.state.desks.get("1")?.ticket], [true, null]); // biome-ignore format: one line
  const items = [fourth, second].map(known);
  const paper = { outcome: "failed", sure: true } as const;
  const told = await tell(office, "terminal", [{ ...(items[0] as JournalTicket), paper }, items[1] as JournalTicket]);
  assert.equal(told.refused, []);
  assert.equal(told.taken.map(({ number, state }) => [number, state]), [["A004", "waiting"], ["A002", "waiting"]]); // biome-ignore format: one line
  await tell(office, "kiosk", []);
  assert.equal(line(office), ["A001", "A002", "A004"]);
  const back = office.state.tickets.get(fourth.id);
  assert.equal(
    [back?.issuedAt, back?.earnedAt, back?.paper, back?.afterRestore, back?.issuer],
    [Date.parse(fourth.issuedAt), Date.parse(fourth.earnedAt), "failed", true, "terminal"],
  );
  assert.is((await office.issue()).number, "A055", "behind A004 and 50 more");
  const before = office.state.seq;
  assert.equal(await tell(office, "terminal", items), { ...told, taken: told.taken });
  assert.is(office.state.seq, before, "nothing happened");
  // The touch's own request comes only now.
  const late = await office.ask("terminal", "ticket.issue", { service: "id-card" }, items[1]?.request);
  assert.is(late.ok && (late.result as { ticket: Ticket }).ticket.number, "A002");
  // Somebody who is heard late.
  await tell(office, "kiosk", [known({ ...third, number: "A090", id: `${monday}/A090` })]);
  assert.is((await office.issue()).number, "A141", "behind A090 and 50 more");
  assert.equal(line(office), ["A001", "A002", "A090", "A004", "A055", "A141"]);
  const list = (await office.ask("clerk", "queue.list")) as { result: Result<"queue.list"> };
  assert.equal(list.result.tickets.map(({ afterRestore }) => afterRestore ?? false), [true, true, true, true, false, false]); // biome-ignore format: one line
  office.restart();
  assert.equal(line(office), ["A001", "A002", "A090", "A004", "A055", "A141"]);
  assert.is((await office.issue()).number, "A142");
  const event = office.events.find(({ type }) => type === "ticket.recovered");
  assert.equal([event?.epoch, (event as { ticket: string }).ticket], [2, fourth.id]);
  office.close();
});

test("a paper that came out only when the code was shown once more is on record after the first try without one", async () => {
  const { office, restore } = await openWithBackup();
  const ticket = await office.issue();
  restore();
  const shown = { ...known(ticket), paper: { outcome: "shown" as const, sure: true } };
  const again = { ...shown, request: "again" };
  const items = [shown, { ...again, paper: { outcome: "printed" as const, sure: true } }];
  assert.equal((await tell(office, "terminal", items)).refused, []);
  assert.is(office.state.tickets.get(ticket.id)?.paper, "printed");
  const before = office.state.seq;
  await tell(office, "terminal", [shown, again]);
  assert.equal([office.state.tickets.get(ticket.id)?.paper, office.state.seq], ["printed", before]);
  office.close();
});

test("what the terminal gave from its reserve and the hub had taken comes back in its order, from ranges that the backup lacks", async () => {
  const { office, restore } = await openWithBackup();
  const granted = (await office.ask("kiosk", "reserve.get")) as { result: Result<"reserve.get"> };
  const grants = granted.result.grants;
  assert.is(grants.find(({ letter, day }) => letter === "A" && day === monday)?.first, "A950");
  const given = (number: string, order: number) => {
    const issuedAt = new Date(office.now - minuteMs).toISOString();
    const about = { request: `alone-${order}`, number, day: monday, service: "id-card", issuedAt };
    return { about, reserve: { order, clock: "unsure" as const } };
  };
  const all = [given("A951", 2), given("A950", 1)];
  const tickets = all.map(({ about, reserve }) => ({ ...about, ...reserve }));
  await office.ask("kiosk", "ticket.adopt", { tickets });
  assert.equal(line(office), ["A950", "A951"]);
  restore();
  assert.equal(
    [...office.state.reserves.values()]
      .flat()
      .map(({ client }) => client)
      .filter(Boolean),
    [],
  );
  const items = all.map(({ about, reserve }) => ({
    ...about,
    ...{ services: ["id-card"], kind: "walk-in" as const, earnedAt: about.issuedAt, persons: 1, reserve },
    paper: { outcome: "printed" as const, sure: true },
  }));
  const told = await tell(office, "kiosk", items, { grants });
  assert.equal(told.refused, []);
  assert.equal(line(office), ["A950", "A951"]);
  for (const { paper, origin, afterRestore } of office.state.waiting) {
    assert.equal([paper, origin, afterRestore], ["printed", "reserve", true]);
  }
  assert.equal(await tell(office, "kiosk", items, { grants }), told);
  await tell(office, "terminal", []);
  office.restart();
  const again = (await office.ask("kiosk", "reserve.get")) as { result: Result<"reserve.get"> };
  assert.equal(again.result.grants, grants, "its ranges are its own");
  const others = await office.ask("terminal", "reserve.get");
  assert.match(JSON.stringify(others), /"first":"A850","last":"A899"/, "behind what two terminals may hold");
  assert.is((await office.issue()).number, "A051", "numbers from the top say nothing about those of the hub");
  office.close();
});

test("what cannot be right is refused, told to staff where somebody has a paper, and the rest is taken", async () => {
  const { office, restore } = await openWithBackup();
  const ticket = await office.issue();
  const early = await tell(office, "terminal", [known({ ...ticket, number: "A007" }), known(ticket)]);
  assert.equal([early.refused[0]?.error.code, early.taken[0]?.number], ["bad-request", "A001"], "no backup was put in place"); // biome-ignore format: one line
  restore();
  const before = office.events.length;
  const wrong: [Partial<Ticket>, string][] = [
    [{ day: "2026-11-22", issuedAt: "2026-11-22T09:00:00Z" }, "other-day"],
    [{ service: "passport" }, "unknown-service"],
    [{ number: "B001" }, "bad-request"],
    [{ number: "T001" }, "bad-request"],
    [{ kind: "appointment" }, "bad-request"],
  ];
  const told = await tell(office, "terminal", [
    ...wrong.map(([changes]) => known({ ...ticket, ...changes })),
    known(ticket),
  ]);
  assert.equal(told.refused.map(({ error }) => error.code), wrong.map(([, code]) => code)); // biome-ignore format: one line
  assert.equal(
    told.taken.map(({ number }) => number),
    ["A001"],
  );
  const said = office.events.slice(before).filter((event) => event.type === "device.alarm" && event.alarm === "reserve number"); // biome-ignore format: one line
  assert.is(said.length, wrong.length - 1, "yesterday's are over");
  const twice = await tell(office, "kiosk", [known({ ...ticket, issuedAt: "2026-11-23T07:00:00Z" })]);
  assert.match(twice.refused[0]?.error.message ?? "", /A001 has been given to somebody else/);
  const ask = (client: string, args: object) => office.ask(client, "journal.report", { epoch: 2, tickets: [], done: true, ...args }); // biome-ignore format: one line
  assert.is(outcome(await ask("terminal", { epoch: 1 })), "bad-request", "pages of another epoch do not count");
  const many = Array.from({ length: reportedTicketsMax + 1 }, () => known(ticket));
  assert.is(outcome(await ask("terminal", { tickets: many })), "bad-request");
  for (const client of ["clerk", "admin", "board"]) assert.is(outcome(await ask(client, {})), "forbidden");
  const grant = { day: monday, letter: "A", first: "A001", last: "A999" };
  const odd = [
    grant,
    { ...grant, letter: "B" },
    { ...grant, day: "2026-11-01", first: "A900" },
    { ...grant, first: "A0001" },
  ];
  assert.is(outcome(await ask("terminal", { grants: odd })), "ok");
  assert.equal(
    [...office.state.reserves.values()].flat().filter(({ client }) => client !== ""),
    [],
  );
  office.close();
});

test("every desk is marked until somebody does something there; the marks end with the day", async () => {
  const { office, restore } = await openWithBackup(async (it) => {
    await it.issue();
    await it.ask("clerk", "call.next", { desk: "1" });
  });
  restore();
  const marked = async () => {
    const reply = (await office.ask("admin", "office.show")) as { result: Result<"office.show"> };
    return reply.result.desks.filter(({ afterRestore }) => afterRestore).map(({ id }) => id);
  };
  assert.equal(await marked(), ["1", "2"]);
  assert.is(outcome(await office.ask("clerk", "call.next", { desk: "1" })), "desk-busy");
  assert.equal(await marked(), ["1", "2"], "nothing was done");
  office.restart();
  assert.equal(await marked(), ["1", "2"]);
  await office.ask("clerk", "ticket.finish", { desk: "1", number: "A001" });
  assert.equal(await marked(), ["2"]);
  office.restart();
  assert.equal(await marked(), ["2"]);
  office.now += 24 * hourMs;
  await office.tick();
  assert.equal(await marked(), []);
  office.close();
});

test("a number that is called again after a restore is another call to the boards", async () => {
  const { office, restore } = await openWithBackup();
  const ticket = await office.issue();
  const calls: (string | null | undefined)[] = [];
  const call = async () => {
    await office.ask("clerk", "call.number", { desk: "1", number: "A001" });
    calls.push(office.state.tickets.get(ticket.id)?.call);
  };
  await call();
  restore();
  await tell(office, "terminal", [known(ticket)]);
  await call();
  assert.is(new Set(calls).size, 2, calls.join());
  assert.equal(calls.map((name) => name?.split("/").at(-1)?.split(".")[0]), ["1", "2"]); // biome-ignore format: one line
  office.close();
});

test.run();
