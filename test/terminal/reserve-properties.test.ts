// time limit: 300 s
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openOffice } from "../hub/test-office.ts";
import { createTerminal, exchange, settle, type TerminalInWorld } from "./reserve-world.ts";
import { act, action } from "./world-actions.ts";

const runs = 40;
const actionsMax = 80;

test("two terminals, a hub and everything that may be lost: one touch one number, and each is live once in the end", async () => {
  let alone = 0;
  let replaced = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 20, maxLength: actionsMax, size: "max" }),
      fc.constantFrom(0, -40_000, 3_600_000),
      async (actions, skewMs) => {
        const office = openOffice({ config: { reserve: { numbers: 6 }, openingHours: "24/7" } });
        try {
          await office.ask("clerk", "desk.open", { desk: "1" });
          const terminals = [createTerminal(office, "terminal", skewMs), createTerminal(office, "kiosk", 0)];
          // The numbers are there before anything breaks.
          for (const one of terminals) await exchange(one);
          for (const each of actions) await act(office, terminals, each);
          await settle(office, terminals);
          check(office, terminals);
          for (const one of terminals) alone += one.seen.filter(({ number }) => number.slice(1) > "900").length;
          replaced += office.events.filter(({ type }) => type === "ticket.replaced").length;
        } finally {
          office.close();
        }
      },
    ),
    { numRuns: runs, endOnFailure: true },
  );
  assert.ok(alone > runs && replaced > 3, `${alone} numbers from the reserve, ${replaced} replaced: too few to tell`);
});

function check(office: ReturnType<typeof openOffice>, terminals: readonly TerminalInWorld[]): void {
  const holders = new Map<string, string>();
  for (const { client, seen, state } of terminals) {
    assert.equal(state().touches, [], `${client} has nothing left to say`);
    const numbers = new Map<string, string>();
    for (const { touch, number, copy } of seen) {
      assert.is(numbers.get(touch) ?? number, number, "never two numbers for one touch");
      assert.ok(copy || !numbers.has(touch), "every paper but the first is marked as a copy");
      numbers.set(touch, number);
      assert.is(holders.get(number) ?? touch, touch, `${number} was given twice`);
      holders.set(number, touch);
    }
  }
  const tickets = [...office.state.tickets.values()];
  // What a clerk has finished stays so: somebody answered to that number.
  const live = tickets
    .filter(({ number, state }) => state !== "void" && (state !== "finished" || holders.has(number)))
    .map(({ number }) => number);
  assert.equal(live.sort(), [...holders.keys()].sort(), "who has a number is in the office, and nobody else");
  const refused = office.events.filter((event) => event.type === "device.alarm" && event.alarm === "reserve number");
  assert.equal(refused, []);
  for (const [one, next] of office.state.waiting
    .slice(1)
    .map((ticket, index) => [office.state.waiting[index], ticket])) {
    assert.ok((one?.earnedAt ?? 0) <= (next?.earnedAt ?? 0), "in the order in which the time was earned");
  }
  for (const { client, seen } of terminals) {
    const own = office.state.waiting.filter(({ issuer, origin }) => issuer === client && origin === "reserve");
    const order = seen.filter(({ copy }) => !copy).map(({ number }) => number);
    const given = own.map(({ number }) => order.indexOf(number)).filter((place) => place >= 0);
    assert.equal(given, given.toSorted((a, b) => a - b), "numbers given alone stand in the order in which they were given"); // biome-ignore format: one thought
  }
}

test.run();
