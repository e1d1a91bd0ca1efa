import { mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createJournal } from "../../device/journal.ts";
import { usualLimits } from "../../device/terminal/limits.ts";
import { choose } from "./drive.ts";
import { ranges } from "./holding.ts";
import { type RoleByHand, settled, startRole } from "./role-by-hand.ts";
import { makeOffice } from "./terminal.ts";

const silent = { warn() {}, error() {} };
const press = (role: RoleByHand) => {
  const chosen = choose();
  if (chosen.type === "touch") role.screen.touch(chosen.input);
  return settled();
};
const screen = (role: RoleByHand) => role.views.at(-1)?.screen.name;

/** A journal of a terminal whose power went when the hub was away and it was printing A950. */
async function withJournal(run: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-away-"));
  const path = join(folder, "journal.sqlite");
  const journal = createJournal(path, silent);
  journal.open();
  journal.hold(ranges);
  journal.keep("office", makeOffice());
  journal.close();
  const before = startRole(path);
  await settled();
  before.clock.advance(usualLimits.beatTimeoutMs);
  await settled();
  before.printer.hold();
  await press(before);
  await before.stop();
  try {
    await run(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a journal that cannot be opened at the start is read as soon as it can be, and nothing is begun before", () =>
  withJournal(async (path) => {
    // A folder in its place can be opened as little as a card that does not answer yet.
    renameSync(path, `${path}.there`);
    mkdirSync(path);
    const role = startRole(path);
    try {
      await settled();
      role.hub();
      await settled();
      assert.equal([screen(role), role.statuses.get("journal")?.state], ["moment", "error"]);
      await press(role);
      role.clock.advance(5_000);
      role.hear("beat", { epoch: 2 });
      await settled();
      const asked = ["ticket.issue", "reserve.get", "journal.report"].flatMap((verb) => role.asked(verb));
      assert.equal(asked, [], "what is in the journal would not be known to it");

      rmdirSync(path);
      renameSync(`${path}.there`, path);
      role.clock.advance(1_000);
      await settled();
      assert.is(role.statuses.get("journal")?.state, "ready");
      const [told] = role.asked("journal.report");
      await told?.answer({ taken: [], refused: [] });
      const [adopt] = role.asked("ticket.adopt");
      assert.equal((adopt?.args.tickets as { number: string }[] | undefined)?.map(({ number }) => number), ["A950"]); // biome-ignore format: one line
      assert.is(role.journal.recall().grants.find(({ letter }) => letter === "A")?.next, 951);
      assert.is(screen(role), "kept", "whoever still stands there is told of it");
    } finally {
      await role.stop();
    }
  }));

test("a journal that is no journal is moved aside, and the terminal starts", () =>
  withJournal(async (path) => {
    for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
    writeFileSync(path, "this is no database, and long enough to be looked at ".repeat(100));
    const role = startRole(path);
    try {
      await settled();
      role.hub();
      await settled();
      assert.is(screen(role), "choose");
      assert.match(role.statuses.get("journal")?.detail ?? "", `${path}.broken`);
      await press(role);
      assert.is(role.asked("ticket.issue").length, 1);
    } finally {
      await role.stop();
    }
  }));

test.run();
