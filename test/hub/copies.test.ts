import { test } from "uvu";
import * as assert from "uvu/assert";
import { givenUpMs } from "../../hub/commands.ts";
import { parseConfig } from "../../hub/config.ts";
import { createDevices } from "../../hub/devices.ts";
import { accept } from "../../hub/office/decision.ts";
import type { Service } from "../../hub/service.ts";
import { createWatch } from "../../hub/watch.ts";
import { modelOffice, openOffice } from "./test-office.ts";

/** An office with a ticket of which a copy has just been asked, and a hub that looks after it. */
async function withCopy() {
  const parsed = parseConfig(modelOffice);
  if (!parsed.ok) throw new Error(parsed.message);
  const { config } = parsed;
  const disk = { isFull: false };
  const office = openOffice({
    wrapStore: (store) => ({
      ...store,
      commit(changes) {
        if (disk.isFull) throw new Error("disk full");
        store.commit(changes);
      },
    }),
  });
  const begin = () => createWatch({ config, devices: createDevices(), service: () => office as unknown as Service });
  let watch = begin();
  const { id, number, service } = await office.issue();
  const says = (outcome: string) => office.ask("terminal", "ticket.printed", { ticket: id, outcome, sure: true });
  const copy = { type: "ticket.reprinted", ticket: id, number, service, terminal: "terminal", by: "clerk" } as const;
  const ask = (command: string) =>
    office.submit({ decide: () => accept({ ...copy, command }), result: () => undefined });
  await says("printed");
  await ask("c-1");
  return {
    disk,
    says,
    ask,
    /** The state of the paper when so much time has passed. */
    async after(ms: number) {
      office.now += ms;
      watch.look();
      await office.tick();
      return office.state.tickets.get(id)?.paper;
    },
    /** Another process, which knows nothing but what is in the file. */
    restart() {
      office.restart();
      watch = begin();
    },
    unknowns: () => office.events.filter(({ type }) => type === "ticket.print-unknown").length,
    close: office.close,
  };
}

test("a copy of which the terminal says nothing is unknown after a while, once, and better late than never printed", async () => {
  const it = await withCopy();
  assert.is(await it.after(0), "pending");
  assert.is(await it.after(givenUpMs - 1), "pending");
  assert.is(await it.after(1), "unknown");
  assert.is(await it.after(givenUpMs), "unknown");
  assert.is(it.unknowns(), 1);
  await it.says("printed");
  assert.is(await it.after(givenUpMs), "printed");
  await it.ask("c-2");
  assert.is(await it.after(0), "pending", "another copy has as long");
  assert.is(await it.after(givenUpMs - 1), "pending");
  assert.is(await it.after(1), "unknown");
  it.close();
});

test("a copy is not pending for ever when the hub dies before it is sent, or before the terminal has said something", async () => {
  const it = await withCopy();
  await it.after(0);
  await it.after(givenUpMs - 1);
  it.restart();
  assert.is(await it.after(1), "pending", "a terminal may still report");
  assert.is(await it.after(givenUpMs - 1), "pending");
  assert.is(await it.after(1), "unknown");
  it.close();
});

test("what the terminal reports after a restart of the hub counts", async () => {
  const it = await withCopy();
  it.restart();
  assert.is(await it.after(0), "pending");
  await it.says("shown");
  assert.is(await it.after(givenUpMs), "shown");
  assert.is(it.unknowns(), 0);
  it.close();
});

test("a copy is given up later where the store does not take it at once", async () => {
  const it = await withCopy();
  await it.after(0);
  it.disk.isFull = true;
  assert.is(await it.after(givenUpMs), "pending");
  it.disk.isFull = false;
  assert.is(await it.after(1), "unknown");
  assert.is(it.unknowns(), 1);
  it.close();
});

test.run();
