// time limit: 300 s
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { deserialize } from "node:v8";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { evolve } from "../../hub/office/evolve.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import { findProblems } from "../../hub/store/integrity.ts";
import type { Store } from "../../hub/store/store.ts";
import { openStore } from "../../hub/store/store.ts";
import { createRandom } from "../month/random.ts";
import { need } from "../needs.ts";
import { openStored } from "./stored-office.ts";
import type { DiskCall, Luck } from "./traced-disk.ts";
import { readTrace, TracedDisk, traceArguments } from "./traced-disk.ts";

/** What became of the sectors on their way: none or the first of them; and most or half of them, in any order. */
function lucks(seed: number): Luck[] {
  const random = createRandom(seed);
  const share = random.next();
  const inOrder: Luck = seed % 3 === 0 ? () => false : (index, count) => index < share * count;
  const likely = seed % 2 === 0 ? 0.9 : 0.5;
  return [inOrder, () => random.happens(likely)];
}

/** What a commit left: the state, and what was answered. */
interface Left {
  state: Omit<OfficeState, "plan" | "calendar">;
  replies: { client: string; id: string; reply: string }[];
}

interface Recording {
  calls: DiskCall[];
  /** By the number of the commit. */
  left(commit: number): Left;
  file: string;
  base: string;
}

function record(folder: string): Recording {
  mkdirSync(join(folder, "states"));
  const trace = join(folder, "trace");
  const program = [process.execPath, join(import.meta.dirname, "recorded-office.ts"), folder];
  const { status, stderr, stdout } = spawnSync("strace", [...traceArguments(trace), ...program], { encoding: "utf8" });
  assert.is(status, 0, `${stderr}${stdout}`);
  const file = /^begin (.*)$/m.exec(stdout)?.[1] ?? "";
  const all = readTrace(readFileSync(trace, "latin1"), (path) => path === file || path === `${file}-wal`);
  const begin = all.findIndex((each) => each.do === "say" && each.line.startsWith("begin"));
  const left = (commit: number) => deserialize(readFileSync(join(folder, "states", String(commit)))) as Left;
  return { calls: all.slice(begin + 1), left, file, base: join(folder, "base") };
}

/** What a state is besides what the program keeps in memory alone: closed tickets of no interest any more. */
function stored({ tickets, desks, series, displays, waiting, appointments, seq, epoch }: Left["state"]) {
  const { records, codes } = appointments;
  return { tickets, desks, series, displays, waiting: waiting.map(({ id }) => id), records, codes, seq, epoch };
}

const eventsMax = 100_000;

if (need("strace")) {
  test("the power goes at any instant: what was answered is there, nothing is half there, and the record leads to the state", () => {
    const folder = mkdtempSync(join(tmpdir(), "wartemarke-power-"));
    const recording = record(folder);
    const { plan, calendar, close } = openStored();
    close();
    const load = (store: Store) => store.load(plan, calendar);
    const at = (path: string) => join(folder, "cut", basename(path));
    const disk = new TracedDisk();
    for (const end of ["", "-wal"]) {
      const path = join(recording.base, `hub.sqlite${end}`);
      disk.load(path);
      disk.rename(path, recording.file + end);
    }
    const first = Number(recording.calls.find((each) => each.do === "say")?.line.split(" ")[1]) - 1;
    assert.ok(first >= 1);
    const lefts = new Map<number, Left>();
    const leftBy = (commit: number) => {
      const known = lefts.get(commit) ?? recording.left(commit);
      lefts.set(commit, known);
      return known;
    };
    let acknowledged = first;
    let cuts = 0;
    let ahead = 0;

    const look = (where: string) => {
      const store = openStore(join(folder, "cut"));
      try {
        const state = load(store);
        const commit = [acknowledged, acknowledged + 1].find(
          (each) => leftOrNone(each) && isDeepStrictEqual(stored(state), stored(leftBy(each).state)),
        );
        assert.ok(commit !== undefined, `${where}: neither the state of commit ${acknowledged} nor of the next`);
        if (commit > acknowledged) ahead += 1;
        for (let each = first; each <= commit; each += 1) {
          for (const { client, id, reply } of leftBy(each).replies)
            assert.is(store.reply(client, id)?.reply, reply, where);
        }
        const later = commit === acknowledged && leftOrNone(acknowledged + 1)?.replies;
        for (const { client, id } of later || []) assert.is(store.reply(client, id), undefined, `${where}: half there`);
        replay(store, state, where);
      } finally {
        store.close();
      }
      const db = new Database(at(recording.file), { readonly: true });
      assert.equal(findProblems(db, "integrity_check"), [], where);
      const gaps = db.prepare("SELECT epoch FROM event GROUP BY epoch HAVING max(seq) <> count(*)").all();
      assert.equal(gaps, [], `${where}: gaps in the record`);
      db.close();
    };
    const leftOrNone = (commit: number) => {
      try {
        return leftBy(commit);
      } catch {
        return undefined;
      }
    };
    /** The events behind the first commit, applied to its state, lead to the stored one. */
    const replay = (store: Store, state: OfficeState, where: string) => {
      const again = { ...structuredClone(leftBy(first).state), plan, calendar } as OfficeState;
      again.waiting = again.waiting.flatMap(({ id }) => again.tickets.get(id) ?? []);
      const events = store.events(state.epoch, again.seq, eventsMax);
      const isKept = (type: string) => !type.startsWith("appointment.") || type === "appointment.checked-in";
      for (const event of events.filter(({ type }) => isKept(type))) evolve(again, event);
      for (const part of ["tickets", "desks", "series", "displays"] as const) {
        assert.ok(isDeepStrictEqual(again[part], state[part]), `${where}: the record does not lead to ${part}`);
      }
    };

    for (const [index, each] of recording.calls.entries()) {
      disk.take(each);
      if (each.do === "say") {
        const commit = /^ack (\d+)$/.exec(each.line)?.[1];
        if (commit !== undefined) acknowledged = Number(commit);
        continue;
      }
      for (const [mode, luck] of lucks(index).entries()) {
        // After a sync nothing is on its way.
        if (each.do === "sync" && mode > 0) break;
        rmSync(join(folder, "cut"), { recursive: true, force: true });
        mkdirSync(join(folder, "cut"));
        disk.cut(luck, at);
        look(`call ${index} (${each.do}), luck ${mode}`);
        cuts += 1;
      }
    }
    for (const each of [folder, dirname(recording.file)]) rmSync(each, { recursive: true });
    console.log(
      `${recording.calls.length} calls, ${cuts} power cuts, ${ahead} found a commit that was not answered yet`,
    );
    assert.ok(cuts > 300 && ahead > 0);
  });
  test.run();
}
