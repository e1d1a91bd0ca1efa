import { suite } from "uvu";
import * as assert from "uvu/assert";
import { payloadBytesMax } from "../../protocol/codec.ts";
import type { Result } from "../../protocol/requests.ts";
import { hourMs, minuteMs } from "./appointment-office.ts";
import { book, booking, inOffice, iso, resultOf, tuesdayTen } from "./booking-staff.ts";
import { openOffice, outcome } from "./test-office.ts";

const test = suite("closures");

test("a closure is looked at first, then made; it lists whom it hits, can cancel them, and outlasts a restart", () =>
  inOffice(async (office) => {
    const { id } = await book(office);
    const { id: other } = await book(office, { at: iso(tuesdayTen + 48 * hourMs) });
    const patch = { closures: { add: [{ date: "2026-11-24", reason: "Betriebsausflug" }] } };
    const dayIn = ({ office: now }: Result<"office.change">) => now.days.find(({ date }) => date === "2026-11-24");

    const { seq } = office.state;
    const looked = resultOf("office.preview", await office.ask("admin", "office.preview", patch));
    assert.equal([looked.hit, looked.appointments.map((hit) => hit.id)], [1, [id]]);
    assert.equal(dayIn(looked), { date: "2026-11-24", open: [], closed: "Betriebsausflug" });
    assert.is(office.state.seq, seq, "a preview changes nothing");
    assert.ok((dayIn({ ...looked, ...resultOf("office.show", await office.ask("admin", "office.show")) })?.open ?? []).length > 0); // biome-ignore format: one thought

    const kept = resultOf("office.change", await office.ask("admin", "office.change", patch));
    assert.equal([kept.hit, kept.appointments.map(({ state }) => state)], [1, ["confirmed"]]);
    const changed = await office.ask("admin", "office.change", { ...patch, cancelAppointments: true });
    const cancelled = resultOf("office.change", changed);
    assert.equal([cancelled.hit, cancelled.appointments.map(({ state }) => state)], [1, ["cancelled"]]);
    assert.is(office.mail("office-closed", id).reason, "Betriebsausflug");
    office.restart();
    const after = resultOf("office.show", await office.ask("admin", "office.show"));
    assert.is(dayIn({ ...cancelled, ...after })?.closed, "Betriebsausflug");
    assert.is(outcome(await office.ask("clerk", "appointment.book", { ...booking, services: ["pick-up"] })), "closed");
    const shown = await office.ask("clerk", "appointment.show", { appointment: other });
    assert.is(resultOf("appointment.show", shown).appointment.state, "confirmed");

    const reopened = await office.ask("admin", "office.change", { closures: { remove: ["2026-11-24"] } });
    assert.is(dayIn(resultOf("office.change", reopened))?.closed, undefined);
    await book(office, { services: ["pick-up"] });
    const hours = { specialHours: { add: [{ date: "2026-11-24", hours: "25 o'clock" }] } };
    for (const verb of ["office.preview", "office.change"]) {
      assert.is(outcome(await office.ask("admin", verb, hours)), "bad-request", verb);
    }
  }));

test("a closure that could not be written closes nothing, and its removal opens nothing", async () => {
  let isFull = false;
  const office = openOffice({
    wrapStore: (store) => ({
      ...store,
      commit(changes) {
        if (isFull) throw new Error("database or disk is full");
        store.commit(changes);
      },
    }),
  });
  const change = (closures: object) => office.ask("admin", "office.change", { closures });
  const whileFull = async (closures: object) => {
    isFull = true;
    assert.is(outcome(await change(closures)), "unavailable");
    isFull = false;
    await office.tick();
  };
  const today = "2026-11-23";
  await whileFull({ add: [{ date: today, reason: "Wasserschaden" }] });
  assert.is(outcome(await office.ask("terminal", "ticket.issue", { service: "id-card" })), "ok");
  assert.is(outcome(await change({ add: [{ date: today, reason: "Wasserschaden" }] })), "ok");
  await whileFull({ remove: [today] });
  assert.is(outcome(await office.ask("terminal", "ticket.issue", { service: "id-card" })), "closed");
  office.close();
});

test("a closure cancels nobody whom an earlier one of another day let stand", () =>
  inOffice(async (office) => {
    const { id } = await book(office);
    const { id: other } = await book(office, { at: iso(tuesdayTen + 48 * hourMs) });
    const closing = (date: string) => ({ closures: { add: [{ date, reason: "Betriebsausflug" }] } });
    await office.ask("admin", "office.change", closing("2026-11-24"));
    const looked = resultOf("office.preview", await office.ask("admin", "office.preview", closing("2026-11-26")));
    assert.equal(looked.appointments.map((hit) => hit.id), [other]); // biome-ignore format: one thought
    await office.ask("admin", "office.change", { ...closing("2026-11-26"), cancelAppointments: true });
    const stateOf = (appointment: string) => office.state.appointments.records.get(appointment)?.state;
    assert.equal([stateOf(id), stateOf(other)], ["confirmed", "cancelled"]);
    const all = resultOf("office.preview", await office.ask("admin", "office.preview", {}));
    assert.equal(all.appointments.map((hit) => hit.id), [id], "without a date: whoever no longer fits"); // biome-ignore format: one thought
  }));

test("a closure that hits very many names as many as an answer holds, and counts all", () =>
  inOffice(
    async (office) => {
      for (let index = 0; index < 150; index += 1) {
        await book(office, { services: ["pick-up"], at: iso(tuesdayTen + (index % 15) * 15 * minuteMs) });
      }
      const patch = { closures: { add: [{ date: "2026-11-24", reason: "x" }] }, cancelAppointments: true };
      const reply = await office.ask("admin", "office.change", patch);
      assert.ok(Buffer.byteLength(JSON.stringify(reply)) <= payloadBytesMax);
      const { hit, appointments } = resultOf("office.change", reply);
      assert.equal([hit, appointments.length], [150, 100]);
      const times = appointments.map(({ time }) => time);
      assert.equal(times, times.toSorted());
      assert.ok(appointments.every(({ state }) => state === "cancelled"));
    },
    { config: { appointments: { desks: 14 } } },
  ));

test.run();
