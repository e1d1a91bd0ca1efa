import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { verifyPassword } from "../../hub/accounts.ts";
import { freePort, startBroker } from "../brokers.ts";
import { run, withHub } from "./run-cli.ts";

/** A command that finds nobody has ended by then, in milliseconds; most of it is for a busy machine. */
const noHubMs = 5_000;

test("repeated with the id of the request that got no answer, it is done once", () =>
  withHub(async (hub, wartemarke) => {
    await hub.ask("desk.open", { desk: "1" });
    for (let count = 0; count < 3; count += 1) await hub.ask("ticket.issue", { service: "id-card" });
    assert.is((await wartemarke("next", "1")).out, "A001 → Platz 1\n");
    const again = () => wartemarke("next", "1", "--id", "my-request");
    assert.is((await again()).out, "A002 → Platz 1\n");
    assert.is((await again()).out, "A002 → Platz 1\n");
    const once = () => wartemarke("ticket", "pick-up", "--id", "another");
    assert.is((await once()).out, (await once()).out);
    const other = await wartemarke("ticket", "id-card", "--id", "another");
    assert.is(other.code, 1);
    assert.match(other.err, "(id-reused)");
    hub.signal("SIGSTOP");
    // The embedded broker stands still too; a connection is not even made.
    const silent = await run(hub.mqttPort, ["next", "1", "--timeout", "1"]);
    assert.is(silent.code, 3);
  }));

test("a broker without its hub: no answer, with the id for a repeat", async () => {
  const accounts = [{ name: "visitor-tools", role: "admin" as const }];
  const broker = await startBroker("embedded", accounts, { site: "demo" });
  try {
    const started = Date.now();
    const silent = await run(broker.port, ["ticket", "id-card", "--timeout", "1"]);
    assert.is(silent.code, 3, silent.err);
    assert.ok(Date.now() - started < noHubMs);
    const [, id = ""] = /--id ([0-9a-f-]{36})\n$/.exec(silent.err) ?? [];
    assert.is(id.length, 36, silent.err);
    assert.match(silent.err, "no answer: the hub is away, or this user may not write here");
    const json = await run(broker.port, ["queue", "--timeout", "0.5", "--json"]);
    assert.match(JSON.parse(json.out).unknown, "no answer");
  } finally {
    await broker.stop();
  }
});

test("nobody there: said at once, and what to do", async () => {
  const port = await freePort();
  const started = Date.now();
  const ended = await run(port, ["next", "1"]);
  assert.is(ended.code, 3);
  assert.ok(Date.now() - started < noHubMs, `${Date.now() - started} ms`);
  assert.match(ended.err, `no connection to mqtt://127.0.0.1:${port}`);
  assert.match(ended.err, "Is the hub running?");
  assert.match(ended.err, "nothing was sent");
});

test("a port that accepts and says nothing is given up", async () => {
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const { port } = mute.address() as { port: number };
  const ended = await run(port, ["office"]);
  assert.is(ended.code, 3);
  mute.close();
});

test("where and as whom: options beat the environment; wrong ones are explained", () =>
  withHub(async ({ mqttPort, folder }, wartemarke) => {
    const wrong = await wartemarke("office", "--password", "nope");
    assert.is(wrong.code, 4);
    assert.match(
      wrong.err,
      /login refused: .* the user visitor-tools .*\nSet --user and --password, or WARTEMARKE_USER/,
    );
    const elsewhere = await freePort();
    const environment = { WARTEMARKE_URL: `mqtt://127.0.0.1:${mqttPort}`, WARTEMARKE_USER: "nobody" };
    assert.is((await run(elsewhere, ["office"], { environment })).code, 4);
    assert.is((await run(elsewhere, ["office", "--user", "admin"], { environment })).code, 0);
    const passwords = { ...environment, WARTEMARKE_USER: "admin", WARTEMARKE_PASSWORD: "nope" };
    assert.is((await run(elsewhere, ["office"], { environment: passwords })).code, 4);
    const file = join(folder, "password");
    writeFileSync(file, "demo\n");
    assert.is((await run(elsewhere, ["office", "--password-file", file], { environment: passwords })).code, 0);
    assert.is((await run(elsewhere, ["office", "--password-file", "/none"], { environment })).code, 2);
    const site = { ...environment, WARTEMARKE_USER: "admin", WARTEMARKE_SITE: "elsewhere" };
    assert.is((await run(elsewhere, ["office", "--timeout", "1"], { environment: site })).code, 3);
  }));

test("wrong command lines: nothing is sent, and the exit code says so", async () => {
  const rows: [args: string[], says: RegExp][] = [
    [["nxt", "1"], /Did you mean next\?/],
    [["next"], /missing required argument 'desk'/],
    [["next", "1", "2"], /too many arguments/],
    [["ticket", "id-card", "--persons", "two"], /use a whole number/],
    [["office", "--timeout", "0"], /use seconds/],
    [["office", "--url", "http://127.0.0.1"], /is not an address such as mqtt:/],
    [["request", "ticket.show", "{number}"], /are not JSON.*\nIn a shell quote them/],
    [["request", "ticket.show", "[]"], /must be a JSON object/],
    [["request", "ticket.show", '{"id":"x"}'], /leave out "id"/],
    [["request", "a/b"], /is not a verb/],
    [[], /Usage: wartemarke/],
  ];
  const ended = await Promise.all(rows.map(([args]) => run(1, args)));
  for (const [index, [args, says]] of rows.entries()) {
    assert.is(ended[index]?.code, 2, args.join(" "));
    assert.match(ended[index]?.err ?? "", says);
  }
});

test("help is there, quickly, and names commands, examples and exit codes", async () => {
  const started = Date.now();
  const help = await run(1, ["--help"]);
  const took = Date.now() - started;
  assert.is(help.code, 0);
  for (const word of ["next <desk>", "Examples:", "WARTEMARKE_URL", "Exit codes: 0 done"]) assert.match(help.out, word);
  assert.ok(took < noHubMs, `${took} ms`);
  assert.is((await run(1, ["help", "next"])).code, 0);
  assert.match((await run(1, ["--version"])).out, /^\d+\.\d+\.\d+\n$/);
});

test("a password is hashed for the configuration", async () => {
  const { code, out } = await run(1, ["hash-password"], { input: "geheim\n" });
  assert.is(code, 0);
  assert.ok(await verifyPassword("geheim", out.trimEnd()));
  const json = await run(1, ["hash-password", "--json"], { input: "geheim" });
  assert.ok(await verifyPassword("geheim", JSON.parse(json.out).passwordHash));
  assert.is((await run(1, ["hash-password"])).code, 2);
});

test.run();
