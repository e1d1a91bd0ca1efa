import { test } from "uvu";
import * as assert from "uvu/assert";
import { createInbox } from "../../hub/inbox.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import { openOffice, outcome } from "./test-office.ts";

test("in the order in which they came, while there is no more than what is taken at one time", () => {
  const inbox = createInbox<string>({ max: 10, perClientMax: 10 });
  for (const item of ["a1", "b1", "a2", "c1", "a3"]) assert.ok(inbox.add(item.slice(0, 1), item));
  assert.is(inbox.size, 5);
  assert.equal(inbox.take(5), ["a1", "b1", "a2", "c1", "a3"]);
  assert.equal([inbox.size, inbox.take(5)], [0, []]);
});

test("where more waits each client has its turn, and its own stays in order", () => {
  const inbox = createInbox<string>({ max: 100, perClientMax: 100 });
  for (let n = 1; n <= 20; n += 1) inbox.add("a", `a${n}`);
  for (const item of ["b1", "b2", "c1"]) inbox.add(item.slice(0, 1), item);
  assert.equal(inbox.take(5), ["a1", "a2", "b1", "b2", "c1"]);
  assert.equal(inbox.take(3), ["a3", "a4", "a5"]);
  inbox.add("b", "b3");
  assert.equal(inbox.take(2), ["a6", "b3"]);
  assert.is(inbox.size, 14);
});

test("whoever had his turn is behind the others the next time", () => {
  const inbox = createInbox<string>({ max: 100, perClientMax: 100 });
  for (const client of ["a", "b", "c"]) for (const n of [1, 2]) inbox.add(client, `${client}${n}`);
  assert.equal(inbox.take(2), ["a1", "b1"]);
  assert.equal(inbox.take(2), ["a2", "c1"]);
  assert.equal(inbox.take(2), ["b2", "c2"]);
});

test("no more waits than may, of one client and of all", () => {
  const inbox = createInbox<number>({ max: 5, perClientMax: 3 });
  const added = (client: string) => [1, 2, 3, 4].map((n) => inbox.add(client, n));
  assert.equal(added("a"), [true, true, true, false]);
  assert.equal(added("b"), [true, true, false, false]);
  inbox.take(1);
  assert.equal([inbox.add("a", 5), inbox.add("a", 6)], [true, false]);
});

test("a terminal that sends thousands of requests holds up no clerk", async () => {
  const office = openOffice({ config: { numberDigits: 6 } });
  const order: string[] = [];
  const send = (client: string, verb: string, args: object) =>
    new Promise<OutgoingReply>((resolve) => {
      const payload = Buffer.from(JSON.stringify(args));
      office.receive({
        ...{ client, verb, payload },
        respond(reply) {
          order.push(client);
          resolve(reply);
        },
      });
    });
  const flood = Array.from({ length: 3_000 }, (_, n) =>
    send("terminal", "ticket.issue", { id: `t-${n}`, service: "id-card" }),
  );
  const opened = await send("clerk", "desk.open", { id: "c-1", desk: "1" });
  assert.is(outcome(opened), "ok");
  const answers = await Promise.all(flood);
  const codes = new Set(answers.map(outcome));
  assert.equal([...codes].sort(), ["ok", "unavailable"]);
  const refused = answers.filter((answer) => outcome(answer) === "unavailable").length;
  assert.ok(order.indexOf("clerk") < refused + 500, "he is in the first batch");
  office.close();
});

test.run();
