// time limit: 180 s
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import mqtt from "mqtt";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hashPassword } from "../../hub/accounts.ts";
import { topicNames } from "../../protocol/topics.ts";
import { brokersHere, testSite } from "../brokers.ts";
import { until } from "../until.ts";
import { ask, openOfficeProcess } from "./office-process.ts";
import { openOffice, outcome } from "./test-office.ts";

const names = topicNames(testSite);
const password = "Kaffee um 10";

async function connect(url: string, username: string, word: string, options: mqtt.IClientOptions = {}) {
  const settings = { username, password: word, protocolVersion: 4 as const, reconnectPeriod: 0, ...options };
  const client = await mqtt.connectAsync(url, settings, false);
  client.on("error", () => {});
  return client;
}

const gone = (client: mqtt.MqttClient) => new Promise<void>((resolve) => client.once("close", () => resolve()));

const refused = (url: string, user: string, word: string) =>
  connect(url, user, word).then(
    (client) => client.endAsync(true).then(() => false),
    () => true,
  );

test("who may be added, changed and removed, and what is said where not", async () => {
  const admin = { name: "chief", role: "admin" as const, passwordHash: await hashPassword("demo") };
  const office = openOffice({ config: { users: [admin] } });
  const passwordHash = await hashPassword(password);
  const rows: [verb: string, args: object, expected: string][] = [
    ["user.add", { user: "desk-7", role: "desk", desks: ["1"], password }, "ok"],
    ["user.add", { user: "desk-7", role: "desk", desks: ["1"], password }, "wrong-state"],
    ["user.add", { user: "chief", role: "board", password }, "wrong-state"],
    ["user.add", { user: "hub", role: "admin", password }, "bad-request"],
    ["user.add", { user: "desk-8", role: "desk", password }, "bad-request"],
    ["user.add", { user: "desk-8", role: "desk", desks: ["9"], password }, "unknown-desk"],
    ["user.add", { user: "board-8", role: "board", desks: ["1"], password }, "bad-request"],
    ["user.add", { user: "board-8", role: "board", password: "short" }, "bad-request"],
    ["user.add", { user: "board-8", role: "board" }, "bad-request"],
    ["user.add", { user: "board-8", role: "board", password, passwordHash }, "bad-request"],
    ["user.add", { user: "board-8", role: "board", passwordHash: `${passwordHash}x` }, "bad-request"],
    ["user.change", { user: "chief", password }, "wrong-state"],
    ["user.change", { user: "nobody", password }, "bad-request"],
    ["user.change", { user: "desk-7" }, "bad-request"],
    ["user.change", { user: "desk-7", role: "board" }, "ok"],
    ["user.change", { user: "desk-7", role: "desk" }, "bad-request"],
    ["user.remove", { user: "chief" }, "wrong-state"],
    ["device.add", { client: "board-9", role: "board", passwordHash }, "ok"],
    ["device.add", { client: "board-10", role: "admin", passwordHash }, "bad-request"],
    ["device.revoke", { client: "desk-7" }, "bad-request"],
    ["device.revoke", { client: "board-9" }, "ok"],
    ["device.revoke", { client: "board-9" }, "bad-request"],
    ["user.remove", { user: "desk-7" }, "ok"],
    ["user.remove", { user: "desk-7" }, "bad-request"],
  ];
  for (const [verb, args, expected] of rows) {
    const reply = await office.ask("admin", verb, args);
    assert.is(outcome(reply), expected, `${verb} ${JSON.stringify(args)}: ${JSON.stringify(reply)}`);
  }
  for (const client of ["terminal", "board", "clerk"]) {
    assert.is(outcome(await office.ask(client, "user.add", { user: "x", role: "admin", password })), "forbidden");
  }
  office.close();
});

test("there is always an admin, and nobody locks himself out", async () => {
  const office = openOffice();
  const add = (user: string) => office.ask("admin", "user.add", { user, role: "admin", password });
  assert.is(outcome(await add("anna")), "ok");
  for (const [verb, args] of [
    ["user.remove", { user: "anna" }],
    ["user.change", { user: "anna", role: "board" }],
  ] as const) {
    const last = await office.ask("admin", verb, args);
    assert.match(last.ok ? "" : last.error.message, /last admin/, verb);
  }
  await add("bernd");
  const herself = await office.ask("anna", "user.remove", { user: "anna" });
  assert.match(herself.ok ? "" : herself.error.message, /yourself/);
  assert.is(outcome(await office.ask("bernd", "user.remove", { user: "anna" })), "ok");
  assert.is(outcome(await office.ask("anna", "queue.list")), "forbidden", "a removed user may do nothing");
  office.close();
});

test("users outlive the hub, and a repeat has one effect", async () => {
  const office = openOffice();
  const args = { user: "desk-7", role: "desk", desks: ["1"], password };
  const first = await office.ask("admin", "user.add", args, "same");
  assert.ok(first.ok, JSON.stringify(first));
  office.restart();
  assert.equal(await office.ask("admin", "user.add", args, "same"), first);
  assert.is(outcome(await office.ask("admin", "user.add", { ...args, password: "another one" }, "same")), "id-reused");
  assert.is(outcome(await office.ask("desk-7", "desk.open", { desk: "1" })), "ok");
  assert.is(outcome(await office.ask("desk-7", "desk.open", { desk: "2" })), "forbidden");
  const list = await office.ask("admin", "user.list");
  const addedAt = new Date(office.now).toISOString();
  const user = { user: "desk-7", role: "desk", desks: ["1"], source: "hub", device: false, addedAt };
  assert.equal(list.ok && list.result, { users: [user], next: null });
  const check = await office.ask("admin", "hub.check");
  assert.ok(check.ok && (check.result as { ok: boolean }).ok);
  office.close();
});

test("passwords may only come where nobody reads along, hashes from anywhere", async () => {
  const office = openOffice({ personalData: false });
  const passwordHash = await hashPassword(password);
  const user = { user: "board-8", role: "board" };
  assert.is(outcome(await office.ask("admin", "user.add", { ...user, password })), "forbidden");
  assert.is(outcome(await office.ask("admin", "user.add", { ...user, passwordHash })), "ok");
  assert.is(outcome(await office.ask("admin", "user.change", { user: "board-8", password })), "forbidden");
  office.close();
});

for (const kind of brokersHere()) {
  test(`${kind}: a user is let in once added, put out when the password changes, and can do nothing once removed`, async () => {
    const office = await openOfficeProcess(kind, { changesAccounts: true });
    try {
      const admin = await office.connect("admin-1");
      const { url } = office;
      assert.ok(await refused(url, "board-9", password));
      const events: string[] = [];
      const added = await ask(admin, "device.add", { client: "board-9", role: "board", password });
      assert.equal([added.user.device, added.inForce], [true, "now"]);
      await until("it is let in", async () => !(await refused(url, "board-9", password)));

      // A device's will must not bring back what the removal took away.
      const topic = names.topic("status", { client: "board-9" });
      const status = (state: string) => {
        const at = new Date().toISOString();
        return JSON.stringify({ state, role: "board", version: "1", at, session: "s", peripherals: {} });
      };
      const will = { topic, payload: Buffer.from(status("offline")), qos: 1 as const, retain: true };
      const first = await connect(url, "board-9", password, { will });
      await first.publishAsync(topic, status("online"), { qos: 1, retain: true });
      const known = async () =>
        (await ask(admin, "device.list", {})).devices.some(({ client }) => client === "board-9");
      await until("the hub knows it", known);

      const changedAt = Date.now();
      const left = gone(first);
      await ask(admin, "user.change", { user: "board-9", password: `${password}!` });
      await left;
      console.log(`${kind}: disconnected ${Date.now() - changedAt} ms after the change was asked for`);
      assert.ok(await refused(url, "board-9", password), "the old password is void");
      const second = await connect(url, "board-9", `${password}!`, { will });
      second.on("message", (at) => events.push(at));
      await second.subscribeAsync("#", { qos: 1 });
      await second.publishAsync(topic, status("online"), { qos: 1, retain: true });
      await until("it hears the state", () => events.includes(names.topic("office", {})));

      const put = gone(second);
      await ask(admin, "device.revoke", { client: "board-9" });
      await put;
      assert.ok(await refused(url, "board-9", `${password}!`));
      assert.not.ok(await known());
      // Whoever takes the name after it finds nothing of it.
      await ask(admin, "device.add", { client: "board-9", role: "board", password });
      await until("it is let in", async () => !(await refused(url, "board-9", password)));
      const third = await connect(url, "board-9", password);
      const kept: string[] = [];
      third.on("message", (at, _payload, { retain }) => retain && kept.push(at));
      await third.subscribeAsync("#", { qos: 1 });
      await until("it hears the state", () => kept.includes(names.topic("office", {})));
      // A Mosquitto passes on again what somebody retained who has an account again.
      if (kind === "embedded") assert.not.ok(kept.includes(topic), "the status is gone");
      await third.endAsync(true);

      await ask(admin, "device.revoke", { client: "board-9" });
      const { events: recorded } = await ask(admin, "event.list", { limit: 100 });
      const told = recorded.filter(({ what }) => what === "user").map(({ change }) => change);
      assert.equal(told, ["added", "changed", "removed", "added", "removed"]);
      assert.not.match(JSON.stringify(recorded), "$7$");

      await office.hub.stop();
      const files = [office.data, join(office.data, "..")].flatMap((folder) =>
        readdirSync(folder, { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ name }) => readFileSync(join(folder, name))),
      );
      assert.not.ok(
        files.some((bytes) => bytes.includes(password)),
        "the password is nowhere in the hub's files",
      );
      assert.not.ok(JSON.stringify(office.hub.lines()).includes(password), "nor in its log");
    } finally {
      await office.close();
    }
  });

  test(`${kind}: who changes his own password gets the answer, and is put out then`, async () => {
    const office = await openOfficeProcess(kind, { changesAccounts: true });
    try {
      const admin = await office.connect("admin-1");
      await ask(admin, "user.add", { user: "chief", role: "admin", password });
      await until("he is let in", async () => !(await refused(office.url, "chief", password)));
      const chief = await connect(office.url, "chief", password);
      const left = gone(chief);
      const answers: string[] = [];
      chief.on("message", (_topic, payload) => answers.push(payload.toString()));
      await chief.subscribeAsync(names.topic("reply", { client: "chief" }), { qos: 1 });
      const request = names.topic("request", { client: "chief", verb: "user.change" });
      await chief.publishAsync(request, JSON.stringify({ id: "c-1", user: "chief", password: `${password}?` }), {
        qos: 1,
      });
      await until("he has the answer", () => answers.some((text) => JSON.parse(text).ok === true));
      await left;
      await until("the new one is valid", async () => !(await refused(office.url, "chief", `${password}?`)));
      assert.ok(await refused(office.url, "chief", password));
    } finally {
      await office.close();
    }
  });
}

test("where the broker's accounts are not the hub's, nothing is recorded that would not come into force", async () => {
  if (!brokersHere().includes("mosquitto")) return;
  const office = await openOfficeProcess("mosquitto");
  try {
    const admin = await office.connect("admin-1");
    const answer = await admin.request("user.add", { user: "desk-7", role: "desk", desks: ["1"], password });
    assert.is(answer.state, "refused");
    assert.match(answer.state === "refused" ? answer.error.message : "", /mqtt\.accounts/);
  } finally {
    await office.close();
  }
});

test.run();
