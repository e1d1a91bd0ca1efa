// time limit: 240 s
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Ticket } from "../../protocol/messages.ts";
import type { Verb } from "../../protocol/requests.ts";
import { createSession } from "../../protocol/session.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { demoConfig, startHubProcess, temporaryFolder } from "./hub-process.ts";

const diskMegabytes = 96;
/** More than the log of the database has room for. */
const roundsMax = 400;
const together = 8;

/** A small disk of its own, where this process may mount one. */
function mountDisk(at: string): boolean {
  mkdirSync(at, { recursive: true });
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${diskMegabytes}m`, "tmpfs", at]).status === 0;
}

function fillUp(path: string): void {
  const file = openSync(path, "w");
  try {
    for (let bytes = 1_048_576; bytes >= 4096; ) {
      try {
        writeSync(file, Buffer.alloc(bytes, 1));
      } catch {
        bytes /= 2;
      }
    }
  } finally {
    closeSync(file);
  }
}

/**
 * From now on whatever a process writes into its files fails, as on a disk that the system has made read-only after a fault:
 * a mount with open files cannot be made so by hand.
 *
 * @returns makes it writable again.
 */
async function makeReadOnly(pid: number): Promise<() => Promise<void>> {
  const fault = "inject=pwrite64,ftruncate:error=EROFS";
  const strace = spawn("strace", ["-f", "-p", String(pid), "-e", "trace=pwrite64,ftruncate", "-e", fault], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  strace.stderr.on("data", (part) => (said += part));
  await until("strace is there", () => said.includes("attached"), 30_000);
  return async () => {
    const gone = once(strace, "exit");
    strace.kill("SIGINT");
    await gone;
    assert.match(said, /pwrite64\(.*EROFS.*\(INJECTED\)/);
  };
}

const folder = temporaryFolder();
const disk = join(folder, "disk");

/** A hub whose files are on the small disk, and somebody who takes tickets and hears of alarms. */
async function startOffice() {
  const environment = { WARTEMARKE_DATA: join(disk, "data") };
  const hub = await startHubProcess({ config: { ...demoConfig(), numberDigits: 5 }, environment, folder });
  const url = `mqtt://127.0.0.1:${hub.mqttPort}`;
  const session = createSession({ url, user: "visitor-tools", password: "demo", site: "demo", daemon: false });
  const alarms: string[] = [];
  session.subscribe("event", {}, (event) => {
    if (event.type === "device.alarm") alarms.push(`${event.alarm} ${event.open}`);
  });
  session.start();
  const numbers: string[] = [];
  return {
    hub,
    session,
    alarms,
    async issue(): Promise<string> {
      const answer = await session.request("ticket.issue", { service: "id-card" }, { timeoutMs: 30_000 });
      if (answer.state === "done") numbers.push((answer.result.ticket as Ticket).number);
      return answer.state === "refused" ? answer.error.code : answer.state;
    },
    /** Nothing is half there, and what was refused took no number; `before` were given by an earlier hub. */
    async isWhole(before = 0): Promise<number> {
      assert.is(new Set(numbers).size, numbers.length, "no number twice");
      const sorted = numbers.map((number) => Number(number.slice(1))).sort((a, b) => a - b);
      assert.equal(
        sorted,
        sorted.map((_, index) => before + index + 1),
        "what was refused took no number",
      );
      const check = await session.request("hub.check", {}, { timeoutMs: 60_000 });
      assert.ok(check.state === "done" && check.result.ok, JSON.stringify(check));
      return before + numbers.length;
    },
    async end() {
      await session.stop();
      await hub.kill();
    },
  };
}

if (mountDisk(disk)) {
  process.prependListener("exit", () => spawnSync("umount", ["-l", disk]));
  let given = 0;

  test("a full disk: refused at once with a reason, questions are answered, nothing is half there, and it goes on", async () => {
    const { hub, session, alarms, issue, isWhole, end } = await startOffice();
    try {
      assert.is(await issue(), "done");
      const ballast = join(disk, "ballast");
      fillUp(ballast);
      await until("staff hear that the disk is nearly full", () => alarms.includes("disk true"), 30_000);

      let codes: string[] = [];
      for (let round = 0; round < roundsMax && !codes.includes("unavailable"); round += 1) {
        codes = await Promise.all(Array.from({ length: together }, issue));
      }
      assert.ok(codes.includes("unavailable"), codes.join());
      const today = new Date().toLocaleDateString("sv", { timeZone: "Europe/Berlin" });
      const questions: [verb: Verb, args: object][] = [
        ["queue.list", {}],
        ["ticket.show", { number: "A00001" }],
        ["office.show", {}],
        ["event.list", {}],
        ["device.list", {}],
        ["user.list", {}],
        ["appointment.slots", { services: ["id-card"] }],
        ["stats.day", { date: today }],
        ["stats.range", { from: today, to: today }],
        ["hub.check", {}],
      ];
      for (const [verb, args] of questions) {
        for (const time of ["first", "second"]) {
          const answer = await session.request(verb, args as never, { timeoutMs: 30_000 });
          assert.is(answer.state, "done", `${verb}, the ${time} time: ${JSON.stringify(answer)}`);
        }
      }
      // Those that have to be reckoned, in one batch with a change that fails.
      const [change, figures] = await Promise.all([
        issue(),
        session.request("stats.day", { date: today }, { timeoutMs: 30_000 }),
      ]);
      assert.equal([change, figures.state], ["unavailable", "done"]);
      assert.ok(
        hub.lines().some(({ msg }) => /the store cannot take it now/.test(String(msg))),
        "the log says so",
      );
      assert.ok(hub.isRunning());
      const backup = await session.request("backup.now", {}, { timeoutMs: 30_000 });
      assert.ok(backup.state === "refused", JSON.stringify(backup));
      assert.is(backup.error.code, "unavailable");
      assert.match(
        backup.error.message,
        new RegExp(`no backup could be made in ${join(disk, "data", "backups")}: .*(full|ENOSPC)`),
      );
      assert.equal(readdirSync(join(disk, "data", "backups")), [], "and nothing is left of the attempt");

      rmSync(ballast);
      await until("it takes tickets again", async () => (await issue()) === "done", 60_000);
      await until(
        "both alarms are over",
        () => alarms.includes("disk false") && alarms.includes("store false"),
        // The folder of the backups is looked at once a minute.
        90_000,
      );
      given = await isWhole();
    } finally {
      await end();
    }
  });

  if (need("strace")) {
    test("a disk that turns read-only under a running hub: refused, questions are answered, and it goes on when it can be written to", async () => {
      const { hub, session, alarms, issue, isWhole, end } = await startOffice();
      try {
        assert.is(await issue(), "done");
        const makeWritable = await makeReadOnly(hub.pid);
        for (let time = 0; time < 3; time += 1) assert.is(await issue(), "unavailable");
        const queue = await session.request("queue.list", {}, { timeoutMs: 30_000 });
        assert.is(queue.state, "done");
        assert.ok(hub.isRunning());
        await makeWritable();
        await until("it takes tickets again", async () => (await issue()) === "done", 60_000);
        await until("the alarm is over", () => alarms.includes("store true") && alarms.includes("store false"), 30_000);
        await isWhole(given);
      } finally {
        await end();
      }
    });
  }

  test("a disk that is read-only: the hub does not start, and says why", async () => {
    assert.is(spawnSync("mount", ["-o", "remount,ro", disk]).status, 0);
    const environment = { WARTEMARKE_DATA: join(disk, "data") };
    const started = await startHubProcess({ config: demoConfig(), environment, folder }).then(
      async (hub) => {
        await hub.kill();
        return "it started";
      },
      (error: Error) => error.message,
    );
    assert.match(started, /cannot be written to .*is it on a disk that is full or read-only/);
  });
  test.run();
} else {
  console.log(`SKIP ${basename(process.argv[1] ?? "")}: needs the right to mount a small disk`);
}
