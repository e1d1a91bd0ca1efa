// time limit: 300 s
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Session } from "../../protocol/session.ts";
import { createSession } from "../../protocol/session.ts";
import { until } from "../until.ts";
import { runHub } from "./running-hub.ts";

const rounds = 1_000;
/** Tickets that are taken at one time, so that the queue never runs dry. */
const ticketsAtOnce = 50;

/** A clerk's own connection to the hub, as the user of that desk. */
async function signIn(port: number, user: string): Promise<Session> {
  const session = createSession({
    url: `mqtt://127.0.0.1:${port}`,
    user,
    password: "demo",
    site: "demo",
    daemon: false,
  });
  let isUp = false;
  session.onLink(({ up }) => {
    isUp = up;
  });
  session.start();
  await until(`${user} is connected`, () => isUp);
  return session;
}

test(`two clerks who press "next" at the same instant ${rounds} times never get the same visitor`, async () => {
  // With three digits a series would be used up.
  const hub = await runHub({ config: { numberDigits: 5 } });
  for (const desk of ["1", "2"]) await hub.ask("desk.open", { desk });
  const clerks = await Promise.all(["1", "2"].map((desk) => signIn(hub.mqttPort, `desk-${desk}`)));
  const current: (string | null)[] = [null, null];
  const seen = new Set<string>();
  let issued = 0;
  for (let round = 0; round < rounds; round += 1) {
    if (issued < seen.size + ticketsAtOnce) {
      const services = Array.from({ length: ticketsAtOnce }, (_, n) => (n % 2 ? "id-card" : "pick-up"));
      await Promise.all(services.map((service) => hub.ask("ticket.issue", { service })));
      issued += ticketsAtOnce;
    }
    const answers = await Promise.all(
      clerks.map((clerk, index) =>
        clerk.request("call.next", { desk: String(index + 1), current: current[index] ?? null, finish: true }),
      ),
    );
    for (const [index, answer] of answers.entries()) {
      assert.is(answer.state, "done", JSON.stringify(answer));
      const ticket = answer.state === "done" ? answer.result.ticket : null;
      assert.ok(ticket, "somebody waits");
      assert.not.ok(seen.has(ticket.id), `${ticket.number} was called before`);
      assert.is(ticket.desk, String(index + 1));
      seen.add(ticket.id);
      current[index] = ticket.id;
    }
  }
  assert.is(seen.size, 2 * rounds);
  for (const clerk of clerks) await clerk.stop();
  await hub.stop();
});

test("a desk that loses its connection in mid-call finds its visitor again, and a repeated request its answer", async () => {
  const hub = await runHub();
  for (let n = 0; n < 2; n += 1) await hub.ask("ticket.issue", { service: "id-card" });
  await hub.ask("desk.open", { desk: "1" });
  const before = await signIn(hub.mqttPort, "desk-1");
  const first = await before.request("call.next", { desk: "1" }, { id: "press-1" });
  assert.is(first.state === "done" && first.result.ticket?.number, "A001");
  await before.stop();
  const after = await signIn(hub.mqttPort, "desk-1");
  assert.equal(
    await after.request("call.next", { desk: "1" }, { id: "press-1" }),
    first,
    "the same answer, no second call",
  );
  const another = await after.request("call.next", { desk: "1" });
  assert.is(another.state === "refused" && another.error.code, "desk-busy");
  assert.is(another.state === "refused" && another.error.number, "A001");
  const { desk } = await hub.ask("desk.open", { desk: "1" });
  assert.is(desk.number, "A001", "the visitor is still there");
  await after.stop();
  await hub.stop();
});

test.run();
