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

/** A backup, and the files that a killed hub left since. */
async function afterBackup() {
  const [account] = demoConfig().users as [object];
  const office = openOffice({ config: { users: [{ ...account, name: "terminal", role: "terminal" }] } });
  const folder = temporaryFolder();
  const path = join(folder, "hub-20261123T080000Z.sqlite");
  await office.store.backup(path);
  for (let n = 0; n < 70; n += 1) await office.issue();
  await office.ask("terminal", "reserve.get");
  const left = temporaryFolder();
  for (const end of ["", "-wal"]) cpSync(office.file + end, join(left, `hub.sqlite${end}`));
  const { now, state } = office;
  office.close();
  return { left, seq: state.seq, options: { folder, backup: judgeBackup(path), skip: 50, now: now + 60_000 } };
}

function restoredIn(data: string) {
  const store = openStore(data);
  const known = { ...store.restored(), series: store.series("2026-11-23") };
  store.close();
  return known;
}

function copyOf(folder: string): string {
  const data = join(temporaryFolder(), "data");
  cpSync(folder, data, { recursive: true });
  return data;
}

/**
 * Kills the command at each of its calls in turn and does it again, which must come to the same as without.
 *
 * @param look is shown what the killed one left.
 */
function killEverywhere(before: string, options: Options, look: (data: string, about: string) => void): void {
  const undisturbed = copyOf(before);
  putInPlace({ ...options, data: undisturbed });
  const expected = restoredIn(undisturbed);
  let nth = 1;
  for (; nth < callsMax; nth += 1) {
    const data = copyOf(before);
    if (!isKilledAt(nth, { ...options, data })) break;
    const about = `killed at call ${nth}: ${readdirSync(data).join(" ")}`;
    look(data, about);
    putInPlace({ ...options, data });
    assert.equal(restoredIn(data), expected, about);
    assert.not.ok(
      readdirSync(data).some((name) => name.includes(".part")),
      about,
    );
    rmSync(dirname(data), { recursive: true });
  }
  assert.ok(nth > 5 && nth < callsMax, `${nth} calls`);
}

type Options = Omit<Parameters<typeof putInPlace>[0], "data">;

if (need("strace")) {
  test("killed at any moment: the old file is whole or the hub does not start, and done again it knows all it knew before", async () => {
    const { left, seq, options } = await afterBackup();
    killEverywhere(left, options, (data, about) => {
      const names = readdirSync(data).filter((name) => /^hub(-before-epoch-\d+)?\.sqlite$/.test(name));
      const records = names.map((name) => recordIn(join(data, name)));
      assert.ok(
        records.some((record) => record.epoch === 1 && record.seq === seq) || existsSync(join(data, "hub.sqlite-wal")),
        about,
      );
      if (!existsSync(join(data, "hub.sqlite")))
        assert.match(findLoss(data, temporaryFolder()) ?? "", /missing/, about);
      else if (records.length === 1) assert.equal(records, [{ epoch: 1, seq }], about);
    });
    const data = copyOf(left);
    assert.is(putInPlace({ ...options, data }).lost, "some");
    const { series, rangesKnown } = restoredIn(data);
    assert.equal([series, rangesKnown], [{ A: 70 }, true]);
    assert.equal(recordIn(join(data, "hub-before-epoch-2.sqlite")), { epoch: 1, seq });
  });

  test("killed on a new disk: from the first byte of the backup on, nothing is begun anew", async () => {
    const { options } = await afterBackup();
    killEverywhere(temporaryFolder(), options, (data, about) => {
      const isBegun = existsSync(join(data, "hub.sqlite.part"));
      if (isBegun) assert.match(findLoss(data, temporaryFolder()) ?? "", /hub\.sqlite is missing/, about);
    });
  });
  test.run();
}
