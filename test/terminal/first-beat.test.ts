import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createJournal } from "../../device/journal.ts";
import { usualLimits } from "../../device/terminal/limits.ts";
import type { News } from "../../device/terminal/types.ts";
import { viewOf } from "../../device/terminal/view.ts";
import { choose, type Drive, driveMachine } from "./drive.ts";
import { keptOf, live, minuteMs, monday, ready, screenReady, up } from "./holding.ts";

const dayMs = 24 * 60 * minuteMs;
const online: News = { type: "hub", online: true, epoch: 2 };
const listOf = (day: string): News => ({ type: "list", list: { day, revision: 1, appointments: [] } });
const recalls = ({ effects }: Drive) => effects.flatMap((effect) => (effect.type === "recall" ? [effect.day] : []));

/** Switched on with a clock that is a day ahead; the link is up, the hub's retained words come before its first beat. */
function dayAhead(): Drive {
  const drive = driveMachine().pass(dayMs);
  return drive.feed({ type: "journal", touches: [], kept: keptOf({ epoch: 1 }) }, ready, screenReady, {
    type: "link",
    up: true,
  });
}
/** The beat that puts the time right. */
const beat = (drive: Drive) => drive.pass(-dayMs).feed({ type: "beat", epoch: 2 });

test("a hub that goes on from a backup is told of its own day, not of that of a clock that is wrong", () => {
  const drive = dayAhead().feed(online);
  assert.equal([recalls(drive), drive.requests("reserve.get"), drive.requests("journal.report")], [[], [], []]);
  assert.equal(recalls(beat(drive)), [monday]);
});

test("the lists of today stay, in mind and in the file, though the clock is a day ahead when they come", () => {
  const days = [monday, "2026-11-24", "2026-11-26", "2026-11-27"];
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-lists-"));
  const journal = createJournal(join(folder, "journal.sqlite"), { warn() {}, error() {} });
  const drive = dayAhead();
  /** The days whose lists are known, here and in the file. */
  const known = () => {
    for (const effect of drive.effects.splice(0)) {
      if (effect.type === "keep" && effect.what === "list") journal.keepList(effect.list, effect.since);
    }
    return [drive.state().alone.lists, journal.recall().lists].map((lists) => lists.map(({ day }) => day).sort());
  };
  try {
    drive.feed(...["2026-11-20", ...days].map(listOf));
    assert.equal(known(), [["2026-11-20", ...days], ["2026-11-20", ...days]]); // biome-ignore format: one line
    beat(drive).feed(listOf("2026-11-27"));
    assert.equal(known(), [days, days], "what is over is forgotten when the day is known");
  } finally {
    journal.close();
    rmSync(folder, { recursive: true });
  }
});

test("until the first beat the screen asks for a moment and sends nobody away, and after it all is as usual", () => {
  const drive = driveMachine().feed({ type: "journal", touches: [], kept: keptOf() }, ready, screenReady);
  drive.feed({ type: "link", up: true }, online, choose());
  assert.is(viewOf(drive.state()).screen.name, "moment");
  drive.pass(3_000).feed({ type: "beat", epoch: 2 }, choose());
  assert.is(drive.requests("ticket.issue").length, 1);
});

test("a hub that is online and never beats is away", () => {
  const drive = driveMachine().feed({ type: "journal", touches: [], kept: keptOf() }, ready, screenReady);
  drive.feed({ type: "link", up: true }, online).pass(usualLimits.beatTimeoutMs).feed({ type: "tick" }, choose());
  assert.equal([drive.requests("ticket.issue").length, drive.prints().length], [0, 1]);
});

test("the hub's last word is written down once when it has gone, however often it is not reached after that", () => {
  const drive = live().passLive(5_000);
  const kept = () => drive.effects.splice(0).flatMap((each) => (each.type === "keep" ? [each.what] : []));
  kept();
  drive.feed({ type: "link", up: false });
  assert.equal(kept(), ["clock"]);
  for (let attempt = 0; attempt < 20; attempt += 1) drive.pass(7_000).feed({ type: "link", up: false });
  assert.equal(kept(), [], "each time that would wear the card");
  drive.feed(...up);
  drive.feed({ type: "link", up: false });
  assert.equal(
    kept(),
    ["clock", "clock"],
    "with the first beat, which is long after the last one, and when it goes again",
  );
});

test.run();
