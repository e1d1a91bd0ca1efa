import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSession } from "../../protocol/session.ts";
import { until } from "../until.ts";
import { inOrder, withHub } from "./run-cli.ts";

test("a day at the office, in the words of people", () =>
  withHub(async ({ mqttPort }) => {
    await inOrder(mqttPort, [
      ["office", /^Bürgerbüro Dorsten {2}open\n\nservice +letter .*\nid-card +A +open +0 +no desk open +Identity card/],
      ["office", /\n {2}\d{4}-\d\d-\d\d {2}00:00–24:00\n/],
      ["queue", /^nobody is waiting\n$/],
      ["devices", /^device.*\nboard-1 +board +unseen\nterminal-foyer +terminal +unseen\n$/],
      ["ticket id-card", /^A001 {2}id-card, 0 ahead, no desk open\n$/],
      ["ticket pick-up --persons 2", /^C001 {2}pick-up, 1 ahead/],
      ["ticket id-card --priority 30 --reason pram", /^A002 /],
      [
        "queue",
        /^number +service .*\nA002 .* priority\nA001 +id-card +\d\d:\d\d +0 min +no desk open\nC001 .* 2 persons\n$/,
      ],
      ["queue pick-up", /^number.*\nC001 .*\n$/],
      ["next 1", /desk 1 is closed.*\(desk-closed\)\.\nOpen it with: wartemarke open <desk>\n$/, 1],
      ["open 1", /^Platz 1 {2}open for id-card, registration, pick-up\n$/],
      ["open 2 pick-up registration", /^Platz 2 {2}open for pick-up, registration\n$/],
      ["again 1", /^wartemarke: nobody is at desk 1\.\nCall somebody with: wartemarke next 1\n$/, 1],
      ["next 1", /^A002 → Platz 1\n$/],
      ["next 2", /^C001 → Platz 2\n$/],
      ["again 1", /^A002 → Platz 1 {2}\(call 2\)\n$/],
      ["next 1", /^A001 → Platz 1\n$/],
      [
        "show a002",
        /^A002 {2}finished at desk 1\n {2}service {2}id-card\n {2}issued {3}\d{4}-\d\d-\d\d \d\d:\d\d\n {2}called .* 2 ×\n/,
      ],
      ["no-show 1", /A001 was called 1 of 2 times/, 1],
      ["again 1", /^A001 → Platz 1 {2}\(call 2\)\n$/],
      ["no-show 1", /^A001 {2}no-show\n$/],
      ["call a001 1", /^A001 → Platz 1\n$/],
      ["close 1", /A001 is at desk 1.*\(desk-busy\)/, 1],
      ["finish 1", /^A001 {2}finished\n$/],
      ["next 1", /^nobody is waiting for desk 1\n$/],
      ["close 1", /^Platz 1 {2}closed\n$/],
      ["ticket id-card", /^A003 /],
      ["cancel A003", /^A003 {2}cancelled\n$/],
      ["cancel A003", /A003 is cancelled \(wrong-state\)/, 1],
      ["show A999", /\(unknown-ticket\)\.\nSee `wartemarke queue`/, 1],
      ["ticket passport", /\(unknown-service\)\.\nSee `wartemarke office`/, 1],
      ["next 7", /there is no desk 7 \(unknown-desk\)/, 1],
      ["check", /^ok\n {2}version \d.*epoch 1, event \d+\n/],
      ["events --limit 3", /ticket\.issued +A001 {2}service id-card, issuer visitor-tools\n$/],
      ['request ticket.show {"number":"A001"}', /^\{\n {2}"ticket": \{\n {4}"id": "/],
      ["request no.verb", /there is no verb no\.verb \(unknown-verb\)/, 1],
      ["office --user desk-1", /\(forbidden\)\.\nUse a user who may/, 1],
      ["open 2 --user desk-1", /desk-1 may not act for desk 2 \(forbidden\)/, 1],
    ]);
  }));

test("JSON for programs, also of refusals", () =>
  withHub(async (hub, wartemarke) => {
    const json = async (...args: string[]) => {
      const { code, out } = await wartemarke("--json", ...args);
      assert.is(out.trimEnd().split("\n").length, 1, `${args}: one line`);
      return { code, value: JSON.parse(out) };
    };
    const { ticket } = (await json("ticket", "id-card")).value;
    assert.is(ticket.number, "A001");
    assert.equal((await json("queue")).value.tickets, [ticket]);
    assert.equal((await json("show", ticket.id)).value.ticket, ticket);
    assert.is((await json("open", "1")).value.desk.state, "open");
    assert.is((await json("next", "1")).value.ticket.id, ticket.id);
    assert.is((await json("again", "1")).value.ticket.calls, 2);
    assert.is((await json("no-show", "1")).value.ticket.state, "no-show");
    assert.is((await json("call", "A001", "1")).value.ticket.state, "called");
    assert.is((await json("finish", "1")).value.ticket.state, "finished");
    assert.equal((await json("next", "1")).value, { ticket: null });
    assert.is((await json("close", "1")).value.desk.state, "closed");
    assert.is((await json("office")).value.office.name, "Bürgerbüro Dorsten");
    const { devices } = (await json("devices")).value;
    assert.equal(
      devices.map(({ client, state }: { client: string; state: string }) => `${client} ${state}`),
      ["board-1 unseen", "terminal-foyer unseen"],
    );
    assert.is((await json("check")).value.ok, true);
    assert.is((await json("request", "ticket.show", '{"number":"A001"}')).value.ticket.id, ticket.id);
    const refused = await json("cancel", "A001");
    assert.is(refused.code, 1);
    assert.is(refused.value.error.code, "wrong-state");
    const events = (await wartemarke("--json", "events")).out.trimEnd().split("\n");
    assert.equal(
      events.map((line) => JSON.parse(line).seq),
      events.map((_, index) => index + 1),
    );
    await hub.ask("ticket.issue", { service: "id-card" });
    const later = (await wartemarke("--json", "events", "--after", String(events.length))).out;
    assert.is(JSON.parse(later).type, "ticket.issued");
  }));

test("whoever checks the hub reads what somebody must see to as well", () =>
  withHub(async (hub, wartemarke) => {
    const printer = { state: "paper-out" as const, detail: "no paper" };
    const about = { role: "terminal" as const, version: "1", session: "s", peripherals: { printer } };
    const terminal = createSession({
      ...{ url: `mqtt://127.0.0.1:${hub.mqttPort}`, user: "terminal-foyer", password: "demo", site: "demo" },
      daemon: true,
      presence: {
        key: "status",
        online: () => ({ ...about, state: "online", at: new Date().toISOString() }),
        offline: () => ({ ...about, state: "offline", at: new Date().toISOString() }),
      },
    });
    terminal.start();
    const alarms = async () => (await hub.ask("hub.check", {})).alarms.length;
    await until("the hub has heard of the paper", async () => (await alarms()) > 0);
    const { code, out } = await wartemarke("check");
    assert.is(code, 0, "the database is in order");
    assert.match(
      out,
      /^ok\n[\s\S]*\nalarms\n {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}terminal-foyer {2}printer: paper-out {2}no paper\n$/,
    );
    await terminal.stop();
  }));

test("long lists are read to their end", () =>
  withHub(async (hub, wartemarke) => {
    const issued = Array.from({ length: 230 }, () => hub.ask("ticket.issue", { service: "id-card" }));
    await Promise.all(issued);
    const { tickets } = JSON.parse((await wartemarke("queue", "--json")).out);
    assert.is(tickets.length, 230);
    assert.is(new Set(tickets.map(({ id }: { id: string }) => id)).size, 230);
    const events = (await wartemarke("events")).out.trimEnd().split("\n");
    assert.is(events.filter((line) => line.includes("ticket.issued")).length, 230);
    assert.is((await wartemarke("events", "--limit", "120")).out.trimEnd().split("\n").length, 120);
  }));

test.run();
