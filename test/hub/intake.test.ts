import { suite } from "uvu";
import * as assert from "uvu/assert";
import { officeView } from "../../hub/office/views.ts";
import type { TestOffice } from "./test-office.ts";
import { openOffice, outcome } from "./test-office.ts";

const test = suite("intake before closing");
/** The model office closes at 16:00 on a Monday. */
const at = (time: string) => Date.parse(`2026-11-23T${time}:00+01:00`);
const tuesday = "2026-11-24T07:00:00.000Z";

async function openAt(time: string, config: object = {}): Promise<TestOffice> {
  const office = openOffice({ now: at(time), config });
  await office.ask("clerk", "desk.open", { desk: "1" });
  return office;
}
const intakeOf = (office: TestOffice, service: string) =>
  officeView(office.state, office.now).services.find(({ id }) => id === service)?.intake;

test("warned from when a visit would not be over at closing, with the next opening", async () => {
  const office = await openAt("15:40");
  assert.is(intakeOf(office, "registration"), undefined, "nobody waits, and 15 minutes are left for 15");
  office.now = at("15:46");
  assert.equal(intakeOf(office, "registration"), { stop: "warn", from: tuesday });
  assert.is(intakeOf(office, "pick-up"), undefined, "3 minutes can still be done");
  assert.is(outcome(await office.ask("terminal", "ticket.issue", { service: "registration" })), "ok", "warned only");
  office.close();
});

test("who waits makes it earlier", async () => {
  const office = await openAt("14:00");
  for (let turn = 0; turn < 12; turn += 1) await office.issue("id-card");
  assert.equal(intakeOf(office, "id-card"), { stop: "warn", from: tuesday }, "two hours of work for one desk");
  await office.ask("admin", "desk.open", { desk: "2", services: ["id-card"] });
  assert.is(intakeOf(office, "id-card"), undefined, "for two desks it is one");
  office.close();
});

test("refused at terminals when so configured; staff decide for themselves, and who has a number is served", async () => {
  const office = await openAt("15:20", { intake: "refuse" });
  for (let turn = 0; turn < 6; turn += 1) await office.ask("admin", "ticket.issue", { service: "id-card" });
  const refused = await office.ask("terminal", "ticket.issue", { service: "id-card" });
  assert.is(outcome(refused), "full");
  assert.is(refused.ok ? undefined : refused.error.from, tuesday);
  assert.is(office.state.series.get("A"), 6, "no number was used up");
  assert.is(outcome(await office.ask("clerk", "ticket.issue", { service: "id-card" })), "ok");
  office.now = at("16:30");
  assert.is(outcome(await office.ask("clerk", "call.next", { desk: "1" })), "ok");
  assert.is(office.state.desks.get("1")?.ticket, "2026-11-23/A001");
  office.close();
});

test("never where the office does not close, where nothing can be told, or where it is turned off", async () => {
  const always = await openAt("23:50", { openingHours: "24/7", intake: "refuse" });
  for (let turn = 0; turn < 20; turn += 1) assert.is(outcome(await always.ask("terminal", "ticket.issue", { service: "id-card" })), "ok"); // biome-ignore format: one line
  assert.is(intakeOf(always, "id-card"), undefined);
  always.close();
  const closed = openOffice({ now: at("15:59"), config: { intake: "refuse" } });
  assert.is(outcome(await closed.ask("terminal", "ticket.issue", { service: "id-card" })), "ok", "no desk is open");
  closed.close();
  const off = await openAt("15:59", { intake: "off" });
  assert.is(intakeOf(off, "id-card"), undefined);
  off.close();
});

test.run();
