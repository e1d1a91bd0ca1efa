// time limit: 240 s
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSession } from "../../protocol/session.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { demoConfig, startHubProcess, temporaryFolder } from "./hub-process.ts";

/** Longer than the test, in microseconds. */
const hangs = 3_600_000_000;
/** The alarm comes with the second look, in milliseconds. */
const alarmMs = 120_000;
/** Nobody waits longer while the drive hangs, in milliseconds; all that happens is watched by strace meanwhile. */
const answerMs = 5_000;
const stopMs = 10_000;

/** strace holds every call that asks the drive, as the kernel does for a network drive that is mounted `hard`. */
const withHungDrive = (drive: string, folder: string) => [
  ...["strace", "-D", "-f", "--seccomp-bpf", "-q", "-o", join(folder, "trace"), "-P", drive],
  ...["-e", "trace=mkdir,statfs,getdents64", "-e", `inject=mkdir,statfs,getdents64:delay_enter=${hangs}`, "--"],
];

/** What Linux says of a process. */
const statusOf = (pid: number, field: string) =>
  new RegExp(`^${field}:\\s+(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";

if (need("strace")) {
  test("a backup drive that hangs: the office goes on, staff are told, and the hub can be stopped", async () => {
    const folder = temporaryFolder();
    const drive = join(folder, "drive");
    const config = { ...demoConfig(), numberDigits: 5, backup: { folder: drive } };
    const hub = await startHubProcess({ config, under: withHungDrive(drive, folder), folder });
    const tracer = Number(statusOf(hub.pid, "TracerPid"));
    const url = `mqtt://127.0.0.1:${hub.mqttPort}`;
    const session = createSession({ url, user: "visitor-tools", password: "demo", site: "demo", daemon: false });
    const alarms: string[] = [];
    session.subscribe("event", {}, (event) => {
      if (event.type === "device.alarm" && event.open) alarms.push(`${event.alarm}: ${event.detail}`);
    });
    session.start();
    try {
      await until(
        "staff are told",
        async () => {
          const answer = await session.request("ticket.issue", { service: "id-card" }, { timeoutMs: answerMs });
          assert.is(answer.state, "done", "visitors get their tickets");
          const page = await fetch(`http://127.0.0.1:${hub.httpPort}/metrics`, {
            signal: AbortSignal.timeout(answerMs),
          });
          assert.is(page.status, 200);
          await page.text();
          return alarms.some((alarm) => alarm.startsWith(`backup: ${drive} has not answered`));
        },
        alarmMs,
      );
      const asked = await session.request("backup.now", {}, { timeoutMs: answerMs });
      assert.is(asked.state === "refused" && asked.error.code, "unavailable", JSON.stringify(asked));
      await session.stop();
      hub.signal("SIGTERM");
      // strace does not let go of what was killed while it held a call.
      await until("the hub ends", () => !hub.isRunning() || statusOf(hub.pid, "State").startsWith("Z"), stopMs);
    } finally {
      await session.stop();
      process.kill(tracer, "SIGKILL");
      await hub.kill();
    }
  });
  test.run();
}
