import { test } from "uvu";
import * as assert from "uvu/assert";
import { displayView, officeView, queueView, walkInsAt } from "../../hub/office/views.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import type { Office, Ticket } from "../../protocol/messages.ts";
import type { TestOffice } from "./test-office.ts";
import { openOffice, outcome } from "./test-office.ts";

const minuteMs = 60_000;
const afternoon = "2026-11-23T13:00:00Z";
const errorOf = (reply: OutgoingReply) => (reply.ok ? undefined : reply.error);
const change = (office: TestOffice, args: object) => office.ask("admin", "office.change", args);
const issue = (office: TestOffice, service: string, client = "terminal") =>
  office.ask(client, "ticket.issue", { service });
const view = (office: TestOffice) => officeView(office.state, office.now);
/** Which services take numbers, by the retained office and by their queues. */
function open(office: TestOffice): string {
  const { plan } = office.state;
  const walkIns = walkInsAt(office.state, office.now);
  const queues = plan.services.filter((service) => queueView(office.state, service, walkIns).open);
  const shown = view(office).services.filter((service) => service.open);
  assert.equal(queues.map(({ id }) => id), shown.map(({ id }) => id)); // biome-ignore format: one thought
  return shown.map(({ id }) => id).join(" ");
}

test("a service that is closed by hand takes no numbers until then, or until it is opened again", async () => {
  const office = openOffice();
  await office.ask("clerk", "desk.open", { desk: "1" });
  await office.issue("id-card");
  const close = [{ service: "id-card", until: afternoon }, { service: "pick-up" }];
  const reply = await change(office, { services: { close } });
  assert.is(outcome(reply), "ok");
  assert.is((reply as { result: { office: Office } }).result.office.services[0]?.open, false);
  assert.is(open(office), "registration");
  assert.equal(view(office).services.map(({ opensAt }) => opensAt), ["2026-11-23T13:00:00.000Z", undefined, undefined]); // biome-ignore format: one thought
  assert.equal(view(office).services.map(({ closed }) => closed), [true, undefined, true]); // biome-ignore format: one thought
  for (const client of ["terminal", "clerk"]) {
    assert.is(errorOf(await issue(office, "id-card", client))?.code, "service-closed");
  }
  assert.is(errorOf(await issue(office, "id-card"))?.opensAt, "2026-11-23T13:00:00.000Z");
  assert.is(errorOf(await issue(office, "pick-up"))?.opensAt, null);
  assert.is(outcome(await issue(office, "registration")), "ok");
  assert.is(outcome(await office.ask("clerk", "call.next", { desk: "1" })), "ok", "whoever waits is still called");
  office.restart();
  assert.is(open(office), "registration", "also after a restart");
  office.now = Date.parse(afternoon) - 1;
  await office.tick();
  assert.is(open(office), "registration");
  office.now += 1;
  await office.tick();
  assert.is(open(office), "id-card registration");
  assert.is(outcome(await issue(office, "id-card")), "ok");
  await change(office, { services: { open: ["pick-up", "id-card"] } });
  assert.is(open(office), "id-card registration pick-up");
  const events = office.events.filter((event) => event.type === "office.changed" && event.what === "services");
  assert.is(events.length, 3, "closed, open again at its time, opened");
  const shown = JSON.stringify(await office.ask("admin", "event.list", { limit: 50 }));
  assert.match(
    shown,
    '"closed":[{"service":"id-card","until":"2026-11-23T13:00:00.000Z"},{"service":"pick-up","until":null}]',
  );
  office.close();
});

test("what a patch of services must not be", async () => {
  const office = openOffice();
  const cases: [object, string][] = [
    [{ services: { close: [{ service: "passports" }] } }, "unknown-service"],
    [{ services: { open: ["passports"] } }, "unknown-service"],
    [{ services: { close: [{ service: "pick-up", until: "2026-11-23T08:00:00Z" }] } }, "bad-request"],
    [{ services: { close: [{ service: "pick-up" }], open: ["pick-up"] } }, "bad-request"],
    [{ services: { close: [{ service: "pick-up", until: "noon" }] } }, "bad-request"],
    [{ emergency: { message: " " } }, "bad-request"],
    [{ emergency: { message: "x".repeat(201) } }, "bad-request"],
    [{ emergency: {} }, "bad-request"],
    [
      {
        services: { close: [{ service: "pick-up" }] },
        specialHours: { add: [{ date: "2026-12-01", hours: "nine to noon" }] },
      },
      "bad-request",
    ],
    [{ services: { open: ["pick-up"] } }, "ok"],
    [{ emergency: null }, "ok"],
    [{}, "ok"],
  ];
  for (const [patch, expected] of cases) {
    assert.is(outcome(await change(office, patch)), expected, JSON.stringify(patch));
    assert.is(open(office), "id-card registration pick-up");
  }
  const changes = office.events.filter((event) => event.type === "office.changed" && event.what !== "day");
  assert.equal(changes, [], "nothing was changed");
  office.close();
});

test("services and single dates can be changed in one step", async () => {
  const office = openOffice();
  const closures = { add: [{ date: "2026-11-24", reason: "Betriebsausflug" }] };
  assert.is(outcome(await change(office, { closures, services: { close: [{ service: "pick-up" }] } })), "ok");
  assert.is(open(office), "id-card registration");
  assert.is(view(office).days[1]?.closed, "Betriebsausflug");
  office.close();
});

test("an emergency is on all boards and terminals, stops numbers and calls, and keeps the queue", async () => {
  const office = openOffice();
  const message = "Bitte verlassen Sie das Gebäude.";
  await office.ask("clerk", "desk.open", { desk: "1" });
  await office.issue("id-card");
  await office.issue("id-card");
  await office.ask("clerk", "call.next", { desk: "1" });
  await office.ask("clerk", "call.again", { desk: "1", number: "A001" });
  await office.ask("clerk", "ticket.park", { desk: "1", number: "A001" });
  await office.ask("admin", "display.message", { group: "hall", message: "Heute nur bis 15 Uhr" });
  const queue = async () => {
    const reply = (await office.ask("clerk", "queue.list")) as { result: { tickets: Ticket[] } };
    return reply.result.tickets.map(({ number, earnedAt }) => [number, earnedAt]);
  };
  const before = await queue();
  const { revision } = displayView(office.state, "hall");
  assert.is(outcome(await office.ask("clerk", "office.change", { emergency: { message } })), "forbidden");
  assert.is(outcome(await change(office, { emergency: { message } })), "ok");
  for (const time of ["at once", "after a restart"]) {
    assert.is(view(office).emergency, message, time);
    assert.equal([view(office).open, view(office).nextChange, open(office)], [false, null, ""]);
    for (const group of ["all", "hall"]) assert.is(displayView(office.state, group).message, message, time);
    assert.is(displayView(office.state, "hall").revision, revision + 1);
    const refused: [string, string, object][] = [
      ["terminal", "ticket.issue", { service: "pick-up" }],
      ["clerk", "ticket.issue", { service: "pick-up" }],
      ["clerk", "call.next", { desk: "1" }],
      ["clerk", "call.number", { desk: "1", number: "A002" }],
      ["clerk", "ticket.resume", { desk: "1", number: "A001" }],
    ];
    for (const [client, verb, args] of refused) {
      const error = errorOf(await office.ask(client, verb, args));
      assert.equal([error?.code, error?.emergency], ["closed", message], verb);
    }
    office.restart();
  }
  office.now += 20 * minuteMs;
  assert.is(outcome(await change(office, { emergency: null })), "ok");
  assert.is(view(office).emergency, undefined);
  assert.is(open(office), "id-card registration pick-up");
  assert.is(displayView(office.state, "hall").message, "Heute nur bis 15 Uhr", "what was there before");
  assert.is(displayView(office.state, "all").message, null);
  assert.equal(await queue(), before);
  assert.is(outcome(await office.ask("clerk", "call.next", { desk: "1" })), "ok");
  office.close();
});

test("terminals check nobody in during an emergency, staff may", async () => {
  const office = openOffice({ config: { appointments: { desks: 1 } } });
  await change(office, { emergency: { message: "Raus" } });
  const code = { code: "1001261123000000000000000000000018", at: new Date(office.now).toISOString() };
  assert.is(outcome(await office.ask("terminal", "appointment.check-in", code)), "closed");
  assert.is(outcome(await office.ask("clerk", "appointment.check-in", code)), "bad-code", "it is looked at");
  office.close();
});

test("a message is on the boards of its group, or on all, until its time", async () => {
  const office = openOffice();
  const show = (args: object, client = "admin") => office.ask(client, "display.message", args);
  const shown = () => ["all", "hall"].map((group) => displayView(office.state, group).message);
  const revisions = () => ["all", "hall"].map((group) => displayView(office.state, group).revision);
  const steps: [object, string, (string | null)[]][] = [
    [{ group: "hall", message: "Heute nur bis 15 Uhr" }, "ok", [null, "Heute nur bis 15 Uhr"]],
    [{ group: "all", message: "Guten Tag", until: afternoon }, "ok", ["Guten Tag", "Heute nur bis 15 Uhr"]],
    [{ group: "hall", message: null }, "ok", ["Guten Tag", "Guten Tag"]],
    [{ group: "hall", message: "Aufzug defekt", until: "2026-11-23T12:00:00Z" }, "ok", ["Guten Tag", "Aufzug defekt"]],
    [{ group: "cellar", message: "Guten Tag" }, "bad-request", ["Guten Tag", "Aufzug defekt"]],
    [{ group: "all", message: "x", until: "2026-11-23T08:00:00Z" }, "bad-request", ["Guten Tag", "Aufzug defekt"]],
    [{ group: "all", message: "" }, "bad-request", ["Guten Tag", "Aufzug defekt"]],
    [{ group: "all" }, "bad-request", ["Guten Tag", "Aufzug defekt"]],
  ];
  for (const [args, expected, then] of steps) {
    assert.is(outcome(await show(args)), expected, JSON.stringify(args));
    assert.equal(shown(), then, JSON.stringify(args));
  }
  assert.is(outcome(await show({ group: "all", message: "x" }, "clerk")), "forbidden");
  office.restart();
  assert.equal(shown(), ["Guten Tag", "Aufzug defekt"], "also after a restart");
  const [all = 0, hall = 0] = revisions();
  office.now = Date.parse("2026-11-23T12:00:00Z") - 1;
  await office.tick();
  assert.equal(shown(), ["Guten Tag", "Aufzug defekt"]);
  office.now += 1;
  await office.tick();
  assert.equal(shown(), ["Guten Tag", "Guten Tag"]);
  office.now = Date.parse(afternoon);
  await office.tick();
  assert.equal(shown(), [null, null]);
  assert.equal(revisions(), [all + 1, hall + 2], "each board hears of each change that it shows");
  office.close();
});

test.run();
