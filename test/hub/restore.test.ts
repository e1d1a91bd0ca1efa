import { spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { judgeBackup, newestGoodBackup, putInPlace } from "../../hub/store/restore.ts";
import { openStore } from "../../hub/store/store.ts";
import type { Ticket } from "../../protocol/messages.ts";
import { createSession } from "../../protocol/session.ts";
import { until } from "../until.ts";
import { startHubProcess, temporaryFolder } from "./hub-process.ts";
import { inAnotherShell, run } from "./run-cli.ts";
import { mondayMorning, openOffice, outcome } from "./test-office.ts";

const mainFile = join(import.meta.dirname, "../../hub/main.ts");
const demo = JSON.parse(readFileSync(join(import.meta.dirname, "../../deploy/demo/hub.json"), "utf8"));
const minuteMs = 60_000;

/** A hub that is expected not to start. */
async function refusedStart(folder: string): Promise<{ code: number | null; says: string }> {
  const child = spawn(process.execPath, [mainFile, "--config", join(folder, "hub.json")], {
    env: {
      ...process.env,
      WARTEMARKE_DATA: join(folder, "data"),
      WARTEMARKE_HTTP_PORT: "0",
      WARTEMARKE_MQTT_PORT: "0",
    },
  });
  let says = "";
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (part) => (says += part));
  return { code: await new Promise((resolve) => child.once("close", resolve)), says };
}

/** Hubs that a test which fails leaves behind. */
const running = new Set<{ kill(signal: "SIGKILL"): unknown }>();
test.after(() => {
  for (const each of running) each.kill("SIGKILL");
});

async function session(port: number | undefined) {
  const url = `mqtt://127.0.0.1:${port}`;
  const one = createSession({ url, user: "visitor-tools", password: "demo", site: "demo", daemon: false });
  const displays: { epoch: number; message: string | null }[] = [];
  one.subscribe("display", { group: "all" }, (display) => displays.push(display));
  one.start();
  const ask = async (verb: Parameters<typeof one.request>[0], args: object) => {
    const answer = await one.request(verb, args as never);
    if (answer.state !== "done") throw new Error(`${verb}: ${JSON.stringify(answer)}`);
    return answer.result as Record<string, unknown>;
  };
  return { one, ask, displays };
}

/** A terminal with an empty journal. */
async function knowsNothing(port: number | undefined): Promise<void> {
  const url = `mqtt://127.0.0.1:${port}`;
  const terminal = createSession({ url, user: "terminal-foyer", password: "demo", site: "demo", daemon: false });
  terminal.start();
  const told = await terminal.request("journal.report", { epoch: 2, tickets: [], done: true });
  assert.is(told.state, "done", JSON.stringify(told));
  await terminal.stop();
}

test("a damaged file: the hub says how to go back, a command does it, and no number is given twice", async () => {
  const folder = temporaryFolder();
  const data = join(folder, "data");
  const command = (...args: string[]) => run(0, ["restore", "--data", data, ...args]);
  const start = async () => {
    const started = await startHubProcess({ config: demo, folder });
    running.add(started);
    return started;
  };
  let hub = await start();
  let asker = await session(hub.mqttPort);
  const issue = async () => ((await asker.ask("ticket.issue", { service: "id-card" })).ticket as Ticket).number;
  assert.is(await issue(), "A001");
  const { path: backup } = (await asker.ask("backup.now", {})) as { path: string };
  for (const number of ["A002", "A003"]) assert.is(await issue(), number);
  const inUse = await command("latest");
  assert.is(inUse.code, 1);
  assert.match(inUse.err, /in use by another hub: stop that one/);
  await asker.one.stop();
  await hub.kill();

  const file = join(data, "hub.sqlite");
  for (const end of ["", "-wal"]) writeFileSync(file + end, Buffer.alloc(20_000, "damaged"));
  writeFileSync(join(data, "backups", "hub-29991231T000000Z.sqlite"), "the newest, and no backup at all");
  const before = readFileSync(file);
  const refused = await refusedStart(folder);
  assert.is(refused.code, 65, refused.says);
  for (const part of [
    file,
    "file is not a database",
    `The last good backup is ${backup}`,
    `hub/cli.ts restore --data ${data} --backups ${join(data, "backups")} latest\n`,
  ]) {
    assert.ok(refused.says.includes(part), `${part}: ${refused.says}`);
  }
  assert.equal(readFileSync(file), before, "nothing was overwritten");

  const listed = await command();
  assert.is(listed.code, 0, listed.err);
  assert.match(listed.out, /hub-20.*good[\s\S]*hub-2999.*file is not a database/);
  assert.equal(readFileSync(file), before, "listing changes nothing");
  const bad = await command("hub-29991231T000000Z.sqlite");
  assert.is(bad.code, 1);
  assert.match(bad.err, /cannot be put in place: file is not a database/);

  const [line = ""] = /^ {2}.* latest$/m.exec(refused.says) ?? [];
  const done = await inAnotherShell(line);
  assert.is(done.code, 0, done.err);
  assert.match(
    done.out,
    /begins epoch 2[\s\S]*is kept: .*hub-before-epoch-2\.sqlite[\s\S]*it is unknown how much was lost of what happened after [-\d]+ [:\d]+ GMT[-+]\d{4}:/,
  );
  assert.equal(readFileSync(join(data, "hub-before-epoch-2.sqlite")), before);
  assert.ok(existsSync(join(data, "hub-before-epoch-2.sqlite-wal")), "with its log");

  hub = await start();
  asker = await session(hub.mqttPort);
  const early = await asker.one.request("ticket.issue", { service: "id-card" });
  assert.is(early.state === "refused" && early.error.code, "unavailable", "a terminal has not said what it knows");
  const waits = (await asker.ask("hub.check", {})) as { alarms?: { alarm: string; detail: string }[] };
  assert.match(waits.alarms?.find(({ alarm }) => alarm === "collecting")?.detail ?? "", /: terminal-foyer\./);
  await knowsNothing(hub.mqttPort);
  assert.is(await issue(), "A052", "behind A001, which the backup knows, and 50 more");
  const { events } = (await asker.ask("event.list", { after: 0 })) as { events: Record<string, unknown>[] };
  assert.equal([events[0]?.epoch, events[0]?.seq], [2, 1]);
  assert.is(events.find(({ type }) => type === "office.changed")?.what, "restored");
  const check = (await asker.ask("hub.check", {})) as { ok: boolean; alarms?: { alarm: string }[] };
  assert.is(check.ok, true);
  assert.ok(JSON.stringify(check).includes("please check desks, boards and the queue"), JSON.stringify(check));
  const told = await until("the boards are told", () => asker.displays.find(({ epoch }) => epoch === 2));
  assert.match(told.message ?? "", /^Nach einer Störung.* · After a fault/);
  await asker.one.stop();
  await hub.stop();
  hub = await start();
  asker = await session(hub.mqttPort);
  assert.is(await issue(), "A053", "it is left out once");
  await asker.one.stop();
  await hub.stop();

  rmSync(file);
  const missing = await refusedStart(folder);
  assert.is(missing.code, 65, missing.says);
  assert.match(missing.says, /hub\.sqlite is missing[\s\S]*The last good backup is/);
  assert.not.ok(existsSync(file), "it was not begun anew");
  writeFileSync(file, "");
  assert.match((await refusedStart(folder)).says, /hub\.sqlite is empty/);
  assert.is(statSync(file).size, 0);
});

/** An office with a backup in a folder of its own, from ten minutes ago. */
async function withBackup(more: (office: ReturnType<typeof openOffice>) => Promise<void> = async () => {}) {
  const office = openOffice({ config: { users: [terminalUser, { ...terminalUser, name: "kiosk" }] } });
  const data = dirname(office.file);
  const folder = join(data, "backups");
  mkdirSync(folder);
  await more(office);
  const path = join(folder, "hub-20261123T080000Z.sqlite");
  await office.store.backup(path);
  office.now += 10 * minuteMs;
  return {
    office,
    folder,
    path,
    data,
    /** Puts the backup in place between two starts of the office. */
    async restore(damage: (file: string) => void, skip = 50) {
      office.restart({}, () => {
        damage(office.file);
        return putInPlace({ data, folder, backup: judgeBackup(path), skip, now: office.now });
      });
      // Terminals that know nothing of the day.
      const { epoch } = office.state;
      for (const terminal of ["terminal", "kiosk"]) {
        await office.ask(terminal, "journal.report", { epoch, tickets: [], done: true });
      }
    },
  };
}

const terminalUser = { name: "terminal", role: "terminal", passwordHash: demo.users[0].passwordHash };
const unreadable = (file: string) => {
  rmSync(`${file}-wal`, { force: true });
  truncateSync(file, 5000);
};

test("a file that can still be read tells the numbers that were given, and what terminals hold", async () => {
  const it = await withBackup();
  const { office } = it;
  for (let n = 0; n < 70; n += 1) await office.issue();
  const granted = await office.ask("terminal", "reserve.get");
  await it.restore(() => {});
  assert.is(office.state.epoch, 2);
  assert.is((await office.issue()).number, "A121");
  assert.is((await office.issue("registration")).number, "B051");
  const again = await office.ask("terminal", "reserve.get");
  assert.equal(again.ok && again.result, granted.ok && granted.result, "the same ranges");
  assert.equal((await office.store.check()).problems, []);
  office.close();
});

test("ranges granted since the backup are granted to nobody else, and their tickets are taken in", async () => {
  const it = await withBackup();
  const { office } = it;
  const granted = await office.ask("terminal", "reserve.get");
  assert.match(JSON.stringify(granted), /"first":"A950","last":"A999"/);
  await it.restore(unreadable);
  const others = await office.ask("kiosk", "reserve.get");
  assert.match(
    JSON.stringify(others),
    /"first":"A850","last":"A899"/,
    "below what two terminals may have been granted",
  );
  const issuedAt = new Date(office.now - minuteMs).toISOString();
  const ticket = {
    request: "touch-1",
    number: "A950",
    day: "2026-11-23",
    service: "id-card",
    issuedAt,
    order: 1,
    clock: "sure",
  };
  const adopted = await office.ask("terminal", "ticket.adopt", { tickets: [ticket] });
  assert.match(
    JSON.stringify(adopted),
    /"adopted":\[\{"request":"touch-1","ticket":"2026-11-23\/A950".*"state":"waiting"/,
  );
  assert.equal([...office.state.reserves.values()].flat().filter(({ client }) => client === "").length > 0, true);
  office.restart();
  const later = await office.ask("terminal", "reserve.get");
  assert.match(JSON.stringify(later), /"first":"A800","last":"A849"/, "also after another restart");
  office.close();
});

test("a request from before: known to the backup it has its answer, else it is done once in the new epoch", async () => {
  const it = await withBackup(async (office) => {
    await office.ask("terminal", "ticket.issue", { service: "id-card" }, "before-the-backup");
  });
  const { office } = it;
  const number = (reply: Awaited<ReturnType<typeof office.ask>>) =>
    reply.ok && (reply.result as { ticket: Ticket }).ticket.number;
  assert.is(number(await office.ask("terminal", "ticket.issue", { service: "id-card" }, "after-it")), "A002");
  await it.restore(unreadable);
  const repeat = (id: string) => office.ask("terminal", "ticket.issue", { service: "id-card" }, id);
  assert.is(number(await repeat("before-the-backup")), "A001");
  assert.is(number(await repeat("after-it")), "A052");
  assert.is(number(await repeat("after-it")), "A052");
  const report = { ticket: "2026-11-23/A002", outcome: "printed", sure: true };
  assert.is(outcome(await office.ask("terminal", "ticket.printed", report)), "unknown-ticket");
  office.close();
});

test("done again before the hub was started it knows what it knew before; no epoch begins twice; the alarm ends with the day", async () => {
  const it = await withBackup();
  const { office } = it;
  await office.issue();
  await office.ask("terminal", "reserve.get");
  const damaged: Buffer[] = [];
  await it.restore((file) => {
    unreadable(file);
    damaged.push(readFileSync(file));
    const backup = judgeBackup(it.path);
    assert.is(putInPlace({ data: it.data, folder: it.folder, backup, skip: 50, now: office.now }).epoch, 2);
  }, 200);
  assert.is(office.state.epoch, 3);
  assert.equal(readFileSync(join(it.data, "hub-before-epoch-2.sqlite")), damaged[0]);
  assert.is((await office.issue()).number, "A201");
  assert.match(JSON.stringify(await office.ask("kiosk", "reserve.get")), /"first":"A850"/, "ranges are unknown still");
  await it.restore(unreadable);
  assert.is(office.state.epoch, 4, "though neither the backup nor the file tells of 3");
  assert.ok(office.state.alarms.has("hub/restored"));
  assert.equal(readdirSync(it.data).filter((name) => /^hub-before-epoch-\d\.sqlite$/.test(name)).length, 3);
  office.close();
});

test("a backup of an older version is brought up to date, and one of a newer version refused", async () => {
  const it = await withBackup();
  it.office.close();
  const data = temporaryFolder();
  const folder = temporaryFolder();
  openStore(data).close();
  const path = join(folder, "hub-20261123T080000Z.sqlite");
  copyFileSync(join(data, "hub.sqlite"), path);
  const Database = (await import("better-sqlite3")).default;
  const change = (work: (db: InstanceType<typeof Database>) => void) => {
    const db = new Database(path);
    work(db);
    db.close();
  };
  change((db) => db.exec("DROP TABLE reserve; PRAGMA user_version = 5"));
  const old = judgeBackup(path);
  assert.is(old.problem, undefined);
  assert.is(putInPlace({ data, folder, backup: old, skip: 50, now: mondayMorning }).epoch, 2);
  const store = openStore(data);
  assert.equal(store.restored()?.skip, 50);
  store.close();
  change((db) => db.pragma("user_version = 99"));
  assert.match(judgeBackup(path).problem ?? "", /newer version/);
});

test("whatever the mode of the backup's file is, the hub's user alone can read and write what is put in place", async () => {
  const it = await withBackup();
  for (const mode of [0o755, 0o444]) {
    chmodSync(it.path, mode);
    await it.restore(unreadable);
    const modes = [statSync(it.office.file), statSync(`${it.office.file}-wal`)].map((file) => file.mode & 0o777);
    assert.equal(modes, [0o600, 0o600], mode.toString(8));
  }
  it.office.close();
});

test("a new disk: the data folder is made, and nothing of an interrupted attempt is left in it", async () => {
  const it = await withBackup();
  it.office.close();
  const data = join(temporaryFolder(), "var", "hub");
  const folder = temporaryFolder();
  const path = join(folder, "hub-20261123T080000Z.sqlite");
  const old = openStore(folder);
  await old.backup(path);
  old.close();
  const put = () => putInPlace({ data, folder, backup: judgeBackup(path), skip: 50, now: mondayMorning });
  assert.equal([put().epoch, put().epoch], [2, 3]);
  assert.is(statSync(data).mode & 0o777, 0o700);
  for (const end of ["", "-journal", "-wal", "-shm"]) writeFileSync(`${data}/hub.sqlite.part${end}`, "left by a kill");
  assert.is(put().lost, "unknown");
  assert.not.ok(
    readdirSync(data).some((name) => name.includes(".part")),
    readdirSync(data).join(),
  );
  openStore(data).close();
});

test("backups that cannot be read: the hub says so beside what is wrong with its database, and begins nothing anew", async () => {
  const folder = temporaryFolder();
  const data = join(folder, "data");
  const backups = join(folder, "no folder");
  writeFileSync(backups, "");
  mkdirSync(data);
  writeFileSync(join(folder, "hub.json"), JSON.stringify({ ...demo, backup: { folder: backups } }));
  for (const [content, problem] of [
    ["damaged".repeat(1000), /hub\.sqlite cannot be used: file is not a database/],
    [undefined, /hub\.sqlite is missing/],
  ] as const) {
    rmSync(join(data, "hub.sqlite"), { force: true });
    if (content) writeFileSync(join(data, "hub.sqlite"), content);
    const refused = await refusedStart(folder);
    assert.is(refused.code, 65, refused.says);
    assert.match(refused.says, problem);
    assert.match(refused.says, /backups cannot be read: ENOTDIR[\s\S]*--backups '.*\/no folder' FILE\n/);
    assert.is(existsSync(join(data, "hub.sqlite")), content !== undefined);
  }
  const listed = await run(0, ["restore", "--data", data, "--backups", backups]);
  assert.is(listed.code, 1);
  assert.match(listed.err, /^wartemarke: backups cannot be read: ENOTDIR/);
  const elsewhere = join(folder, "elsewhere.sqlite");
  const old = openStore(temporaryFolder());
  await old.backup(elsewhere);
  old.close();
  const [, command = ""] = /^ {2}(.*) FILE$/m.exec((await refusedStart(folder)).says) ?? [];
  const done = await inAnotherShell(`${command} ${elsewhere}`);
  assert.is(done.code, 0, done.err);
  assert.match(done.out, /the hub begins epoch \d{3}\./, "which have been nobody can tell");
});

test("a clock that was ahead: the backup that holds most is the latest, whatever the names say", async () => {
  const it = await withBackup();
  const { office, folder, data } = it;
  await office.issue();
  await office.store.backup(join(folder, "hub-20261125T080000Z.sqlite"));
  await office.issue();
  const best = join(folder, "hub-20261123T090000Z.sqlite");
  await office.store.backup(best);
  const lastAt = office.now;
  const { path, at } = newestGoodBackup(folder) ?? {};
  assert.equal([path, at], [best, lastAt], "with the instant of its last event");
  const put = (name: string) => putInPlace({ data, folder, backup: judgeBackup(name), skip: 50, now: office.now });
  office.restart({}, () => assert.is(put(best).lost, "nothing"));
  office.restart({}, () => {
    const { lost, from, until } = put(join(folder, "hub-20261125T080000Z.sqlite"));
    assert.equal([lost, from, until], ["some", lastAt, office.now]);
  });
  office.close();
});

test.run();
