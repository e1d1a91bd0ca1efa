// time limit: 240 s
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { findLoss, judgeBackup, putInPlace } from "../../hub/store/restore.ts";
import { openStore } from "../../hub/store/store.ts";
import { need } from "../needs.ts";
import { demoConfig, temporaryFolder } from "./hub-process.ts";
import { openOffice } from "./test-office.ts";

const restoreFile = join(import.meta.dirname, "../../hub/store/restore.ts");
/** What is done to files and folders; single pages that are written come between two of these. */
const calls = ["rename", "link", "unlink", "fsync", "fdatasync", "chown", "fchown", "chmod", "fchmod", "ftruncate"];
const callsMax = 200;

/** The process is killed at the `nth` of these calls; false when it made fewer and came to its end. */
function isKilledAt(nth: number, options: Parameters<typeof putInPlace>[0]): boolean {
  const script = `import { putInPlace } from ${JSON.stringify(restoreFile)}; putInPlace(${JSON.stringify(options)});`;
  const set = calls.map((name) => `?${name},?${name}at`).join();
  const inject = ["-e", `trace=${set}`, "-e", `inject=${set}:signal=KILL:when=${nth}`];
  const node = [process.execPath, "--input-type=module", "--eval", script];
  const { status, signal, stderr } = spawnSync("strace", ["-qq", "-o", "/dev/null", ...inject, ...node], {
    encoding: "utf8",
  });
  if (status !== 0 && signal !== "SIGKILL" && status !== 137) throw new Error(`${status} ${signal} ${stderr}`);
  return status !== 0;
}

/** How far the record in a file goes, with its log. */
function recordIn(path: string): { epoch: number; seq: number } {
  const db = new Database(path, { readonly: true });
  const epoch = db.prepare("SELECT value FROM meta WHERE key = 'epoch'").pluck().get() as number;
  const seq = db.prepare("SELECT max(seq) FROM event WHERE epoch = 1").pluck().get() as number;
  db.close();
  return { epoch, seq };
}

if (need("strace")) {
  test("killed at any moment: the old file is whole or the hub does not start, and done again it knows all it knew before", async () => {
    const [account] = demoConfig().users as [object];
    const office = openOffice({ config: { users: [{ ...account, name: "terminal", role: "terminal" }] } });
    const folder = temporaryFolder();
    const path = join(folder, "hub-20261123T080000Z.sqlite");
    await office.store.backup(path);
    for (let n = 0; n < 70; n += 1) await office.issue();
    await office.ask("terminal", "reserve.get");
    const before = temporaryFolder();
    for (const end of ["", "-wal"]) cpSync(office.file + end, join(before, `hub.sqlite${end}`));
    const old = { epoch: 1, seq: office.state.seq };
    const now = office.now + 60_000;
    office.close();

    const put = (data: string) => putInPlace({ data, folder, backup: judgeBackup(path), skip: 50, now });
    const restoredIn = (data: string) => {
      const store = openStore(data);
      const restored = store.restored();
      store.close();
      return restored;
    };
    const copy = () => {
      const data = join(temporaryFolder(), "data");
      cpSync(before, data, { recursive: true });
      return data;
    };
    const undisturbed = copy();
    put(undisturbed);
    const expected = restoredIn(undisturbed);
    assert.equal(expected?.series, { "2026-11-23": { A: 70 } });
    assert.is(expected?.rangesKnown, true);

    let nth = 1;
    for (; nth < callsMax; nth += 1) {
      const data = copy();
      const file = join(data, "hub.sqlite");
      if (!isKilledAt(nth, { data, folder, backup: judgeBackup(path), skip: 50, now })) break;
      const about = `killed at call ${nth}: ${readdirSync(data).join(" ")}`;
      if (existsSync(file)) {
        if (recordIn(file).epoch === 1) assert.equal(recordIn(file), old, about);
      } else assert.match(findLoss(data, temporaryFolder()) ?? "", /is missing/, about);
      put(data);
      assert.equal(restoredIn(data), expected, about);
      const kept = readdirSync(data).filter((name) => /^hub-before-epoch-\d+\.sqlite$/.test(name));
      assert.ok(
        kept.some((name) => recordIn(join(data, name)).seq === old.seq),
        `nothing of the old file is lost, ${about}`,
      );
      assert.not.ok(
        readdirSync(data).some((name) => name.includes(".part")),
        about,
      );
      rmSync(dirname(data), { recursive: true });
    }
    assert.ok(nth > 10 && nth < callsMax, `${nth} calls`);
  });
  test.run();
}
