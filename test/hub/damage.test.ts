// time limit: 240 s
import { spawn } from "node:child_process";
import { closeSync, copyFileSync, cpSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Ticket } from "../../protocol/messages.ts";
import { createSession } from "../../protocol/session.ts";
import { until } from "../until.ts";
import { demoConfig, startHubProcess, temporaryFolder } from "./hub-process.ts";
import { run } from "./run-cli.ts";

const mainFile = join(import.meta.dirname, "../../hub/main.ts");
const pageBytes = 4096;
/** So many tickets fill several pages of each table that grows. */
const tickets = 120;

const folder = temporaryFolder();
const data = join(folder, "data");
const file = join(data, "hub.sqlite");
/** The folder as the hub left it, with a backup. */
const whole = join(folder, "whole");

const running = new Set<{ kill(signal: "SIGKILL"): unknown }>();
test.after(() => {
  for (const each of running) each.kill("SIGKILL");
});

function ask(port: number | undefined) {
  const url = `mqtt://127.0.0.1:${port}`;
  const session = createSession({ url, user: "visitor-tools", password: "demo", site: "demo", daemon: false });
  session.start();
  return session;
}

test.before(async () => {
  const hub = await startHubProcess({ config: demoConfig(), folder });
  running.add(hub);
  const session = ask(hub.mqttPort);
  for (let n = 0; n < tickets; n += 1) {
    const { state } = await session.request("ticket.issue", { service: "id-card" });
    assert.is(state, "done");
  }
  const backup = await session.request("backup.now", {});
  assert.is(backup.state, "done");
  await session.stop();
  await hub.stop();
  cpSync(data, whole, { recursive: true });
});

/** The pages of a table or an index that hold rows, from the oldest on. */
function leavesOf(name: string): number[] {
  const db = new Database(file, { readonly: true });
  const leaves = db.prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno").pluck();
  const pages = leaves.all(name) as number[];
  db.close();
  return pages;
}

function restoreWhole(): void {
  rmSync(data, { recursive: true, force: true });
  cpSync(whole, data, { recursive: true });
}

function overwrite(at: number, bytes: number): void {
  const fd = openSync(file, "r+");
  writeSync(fd, Buffer.alloc(bytes, 0xdb), 0, bytes, at);
  closeSync(fd);
}

function damage(name: string, which = -1): void {
  restoreWhole();
  overwrite(((leavesOf(name).at(which) ?? 0) - 1) * pageBytes, pageBytes);
}

/** What a disk writes in one piece, in bytes: here the end of what a row holds comes out as garbage. */
const sectorBytes = 512;

function damageSector(name: string): void {
  restoreWhole();
  overwrite((leavesOf(name).at(-1) ?? 0) * pageBytes - sectorBytes, sectorBytes);
}

/** A hub on the damaged file: how it ends by itself, what it says, and its port once it is ready. */
function startDamaged() {
  const child = spawn(process.execPath, [mainFile, "--config", join(folder, "hub.json")], {
    env: { ...process.env, WARTEMARKE_DATA: data, WARTEMARKE_HTTP_PORT: "0", WARTEMARKE_MQTT_PORT: "0" },
  });
  running.add(child);
  let says = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (says += part));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    says: () => says,
    ended,
    port: () => Number(/"ready":true,"mqtt":(\d+)/.exec(says)?.[1]),
    kill() {
      child.kill("SIGKILL");
      return ended;
    },
  };
}

/** Each of them is read at the start, or written by the first ticket. */
const needed = [
  "meta",
  "event",
  "sqlite_autoindex_event_1",
  "ticket",
  "series",
  "desk",
  "display",
  "reply",
  "reply_age",
];
const others = ["reserve", "appointment", "person", "mail", "user", "figure", "ticket_at_desk"];

for (const name of [...needed, ...others]) {
  test(`damage in ${name}: the hub ends and says what to do, or what it answers is kept`, async () => {
    damage(name);
    const hub = startDamaged();
    const end: { code?: number | null } = {};
    void hub.ended.then((code) => {
      end.code = code;
    });
    await until("it is ready or has ended", () => "code" in end || hub.port() > 0, 30_000);
    let number: string | undefined;
    if (!("code" in end)) {
      const session = ask(hub.port());
      const asked = session.request("ticket.issue", { service: "id-card" }, { timeoutMs: 10_000 });
      const answer = await Promise.race([asked, hub.ended.then(() => undefined)]);
      await session.stop();
      if (answer?.state === "done") number = (answer.result.ticket as Ticket).number;
      else await until(`it ends by itself, not ${JSON.stringify(answer)}`, () => "code" in end);
    }
    if (number === undefined) {
      assert.is(end.code, 65, hub.says());
      assert.match(
        hub.says(),
        /the database cannot be used: .*malformed[\s\S]*The last good backup is .*[\s\S]* latest\n/,
      );
      return;
    }
    assert.not.ok(needed.includes(name), `${name} was needed`);
    await hub.kill();
    const db = new Database(file);
    const kept = db.prepare("SELECT count(*) FROM ticket WHERE id LIKE ?").pluck().get(`%/${number}`);
    db.close();
    assert.is(kept, 1, number);
  });
}

test("damage in what only a look through the file reads: `check` reports it as a problem", async () => {
  damage("sqlite_autoindex_person_1");
  const hub = startDamaged();
  await until("it is ready", () => hub.port() > 0, 30_000);
  const check = await run(hub.port(), ["check"]);
  assert.is(check.code, 5, check.out + check.err);
  assert.match(check.out, /PROBLEMS[\s\S]*person: .*malformed[\s\S]*wartemarke restore/);
  const counts = JSON.parse((await run(hub.port(), ["check", "--json"])).out).counts;
  assert.ok(counts.tickets > tickets - 1 && !("persons" in counts), JSON.stringify(counts));
  await hub.kill();
});

test("damage in what is long past: the hub works until somebody reads it, and then ends as well", async () => {
  damage("event", 0);
  const hub = startDamaged();
  await until("it is ready", () => hub.port() > 0, 30_000);
  assert.is((await run(hub.port(), ["ticket", "id-card"])).code, 0);
  assert.is((await run(hub.port(), ["events"])).code, 3, "no answer");
  assert.is(await hub.ended, 65, hub.says());
  assert.match(hub.says(), /the database cannot be used: .*malformed[\s\S]* latest\n/);
});

test("a row that holds garbage: neither does the hub go on with it, nor is a backup good that has it", async () => {
  damageSector("ticket");
  copyFileSync(file, join(data, "backups", "hub-29991231T000000Z.sqlite"));
  const hub = startDamaged();
  assert.is(await hub.ended, 65, hub.says());
  assert.match(hub.says(), /the database cannot be used: .*JSON[\s\S]*The last good backup is .*hub-20[^9]/);
  const listed = await run(0, ["restore", "--data", data]);
  assert.match(listed.out, /hub-2999.*it is damaged: 1 row of ticket cannot be read/);
});

test.run();
