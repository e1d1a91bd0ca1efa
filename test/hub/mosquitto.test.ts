import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import mqtt from "mqtt";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hashPassword } from "../../hub/accounts.ts";
import { freePort } from "../brokers.ts";
import { findProgram, need } from "../needs.ts";
import { until } from "../until.ts";

const generator = fileURLToPath(new URL("../../deploy/mosquitto/generate.ts", import.meta.url));

const office = (mqttSettings: object, users: object[]) => ({
  site: "demo",
  name: "Test",
  openingHours: "24/7",
  services: [{ id: "id-card", letter: "A", names: { de: "Ausweis" }, minutes: 10 }],
  desks: [{ id: "1", name: "1", services: ["id-card"] }],
  users,
  mqtt: mqttSettings,
});

async function site() {
  const folder = await mkdtemp(join(tmpdir(), "wartemarke-site-"));
  const config = join(folder, "hub.json");
  const out = join(folder, "mosquitto");
  return {
    folder,
    out,
    configure: (settings: object, users: object[]) => writeFile(config, JSON.stringify(office(settings, users))),
    generate: (...more: string[]) =>
      spawnSync(process.execPath, [generator, "--config", config, "--out", out, ...more], { encoding: "utf8" }),
    remove: () => rm(folder, { recursive: true }),
  };
}

const user = async (name: string) => ({ name, role: "desk", desks: ["1"], passwordHash: await hashPassword("demo") });

if (need("mosquitto")) {
  test("a site's Mosquitto lets in the hub and the users of its configuration, and new ones after a reload", async () => {
    const it = await site();
    const port = await freePort();
    const settings = { broker: "external", url: `mqtt://127.0.0.1:${port}`, password: "the hub's own" };
    await it.configure(settings, [await user("desk-1")]);
    const made = it.generate("--listen", "127.0.0.1", "--run-as", userInfo().username);
    assert.is(made.status, 0, made.stderr);
    for (const secret of ["acl", "passwords"]) {
      assert.is((await stat(join(it.out, secret))).mode & 0o777, 0o640, secret);
    }
    assert.not.match(await readFile(join(it.out, "passwords"), "utf8"), "the hub's own");

    const child = spawn(findProgram("mosquitto") ?? "mosquitto", ["-c", join(it.out, "mosquitto.conf")]);
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    await until("Mosquitto listens", () => /running/.test(said));
    const enter = async (username: string, password: string) => {
      const options = { username, password, protocolVersion: 4, reconnectPeriod: 0 } as const;
      const client = await mqtt.connectAsync(settings.url, options, false);
      client.on("error", () => {});
      return client;
    };
    const refused = (username: string) =>
      enter(username, "demo").then(
        (client) => client.endAsync(true).then(() => false),
        () => true,
      );
    await (await enter("hub", "the hub's own")).endAsync();
    const desk = await enter("desk-1", "demo");
    assert.ok(await refused("desk-2"));

    await it.configure(settings, [await user("desk-1"), await user("desk-2")]);
    it.generate("--listen", "127.0.0.1", "--run-as", userInfo().username);
    child.kill("SIGHUP");
    await until("the new user is let in", async () => !(await refused("desk-2")));
    assert.ok(desk.connected, "the others stay");

    await desk.endAsync(true);
    child.kill("SIGTERM");
    await ended;
    await it.remove();
  });
}

test("the generator says what is wrong and writes nothing", async () => {
  const it = await site();
  const cases: [settings: object, options: string[], complaint: RegExp][] = [
    [{ broker: "embedded" }, [], /mqtt\.broker/],
    [{ broker: "external", url: "mqtt://broker", password: "" }, [], /mqtt\.password/],
    [{ broker: "external", url: "mqtts://broker", password: "x" }, [], /--cert and --key/],
    [{ broker: "external", url: "mqtt://broker", password: "x" }, ["--cert", "c", "--key", "k"], /--cert and --key/],
  ];
  for (const [settings, options, complaint] of cases) {
    await it.configure(settings, []);
    const { status, stderr } = it.generate(...options);
    assert.is(status, 78);
    assert.match(stderr, complaint);
    assert.is(stderr.trim().split("\n").length, 1);
    assert.not(await stat(it.out).catch(() => undefined));
  }
  await it.remove();
});

test("an encrypted listener takes its port and files from what was given", async () => {
  const it = await site();
  await it.configure({ broker: "external", url: "mqtts://broker.example", password: "x" }, []);
  const { status } = it.generate("--cert", "/etc/ssl/broker.pem", "--key", "/etc/ssl/broker.key");
  assert.is(status, 0);
  const conf = await readFile(join(it.out, "mosquitto.conf"), "utf8");
  assert.match(conf, /^listener 8883 0\.0\.0\.0$/m);
  assert.match(conf, /^certfile \/etc\/ssl\/broker\.pem$/m);
  assert.match(conf, /^keyfile \/etc\/ssl\/broker\.key$/m);
  await it.remove();
});

test.run();
