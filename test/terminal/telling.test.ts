import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createJournal, givenMax } from "../../device/journal.ts";
import { usualLimits } from "../../device/terminal/limits.ts";
import { wakeAt } from "../../device/terminal/liveness.ts";
import type { Kept, Touch } from "../../device/terminal/types.ts";
import { refuse } from "../../protocol/errors.ts";
import type { Arguments } from "../../protocol/requests.ts";
import { makeTicket } from "../fakes/scripted-hub.ts";
import { begin, type Drive, driveMachine, openTouch, ticket } from "./drive.ts";
import { makeOffice } from "./terminal.ts";

const monday = "2026-11-23";
const grants = [{ day: monday, letter: "A", first: "A950", last: "A999", next: 951 }];
const report = { attempt: 1, outcome: "printed", sure: true, detail: "" } as const;
const reserve = { order: 3, clock: "sure", contactAt: begin, adopted: true } as const;
const printed = (request: string, changes: Partial<Touch> = {}) =>
  openTouch({ request, step: "closed", ticket, report, ...changes });

const keptOf = (epoch: number | null): Kept => ({
  ...{ grants, order: 0, admitted: [], lists: [], office: makeOffice() },
  ...{ contactAt: begin, epoch },
});

/** A terminal that told epoch 1, and hears a hub in another. */
function hears(epoch: number, told: number | null = 1): Drive {
  const drive = driveMachine().feed({ type: "journal", touches: [], kept: keptOf(told) });
  return drive.feed({ type: "link", up: true }, { type: "hub", online: true, epoch }, { type: "beat", epoch });
}

type Told = { request: string; args: Arguments<"journal.report"> };
const told = (drive: Drive) => drive.requests("journal.report") as unknown as Told[];
const recalls = ({ effects }: Drive) => effects.flatMap((effect) => (effect.type === "recall" ? [effect.after] : []));
const epochs = ({ effects }: Drive) => effects.flatMap((effect) => (effect.type === "keep" && effect.what === "epoch" ? [effect.epoch] : [])); // biome-ignore format: one line
const done = (drive: Drive, request: string) => drive.feed({ type: "answer", request, answer: { state: "done", result: { taken: [], refused: [] } } }); // biome-ignore format: one line

test("a hub in the epoch that was told before is told nothing; one in another all, page by page, before anything else", () => {
  const same = hears(1);
  assert.equal([recalls(same), told(same), same.requests("reserve.get").length], [[], [], 1]);

  const drive = hears(2);
  assert.equal([recalls(drive), drive.requests("reserve.get")], [[0], []]);
  drive.feed({
    type: "recalled",
    after: 0,
    touches: [printed("one"), printed("two", { reserve, code: "00".repeat(16) })],
    next: 7,
  });
  const [first] = told(drive) as [Told];
  const about = {
    number: "A017",
    day: monday,
    service: "id-card",
    services: ["id-card"],
    kind: "walk-in",
    language: "de",
  } as const;
  const when = { issuedAt: ticket.issuedAt, earnedAt: ticket.earnedAt, persons: 1 };
  const paper = { outcome: "printed", sure: true } as const;
  const contact = new Date(begin).toISOString();
  assert.equal(first.args, {
    epoch: 2,
    grants: [{ day: monday, letter: "A", first: "A950", last: "A999" }],
    tickets: [
      { request: "one", ...about, ...when, paper },
      {
        request: "two",
        ...about,
        ...when,
        paper,
        code: "00".repeat(16),
        reserve: { order: 3, clock: "sure", contact },
      },
    ],
    done: false,
  });
  done(drive, first.request);
  assert.equal(recalls(drive), [0, 7]);
  drive.feed({ type: "recalled", after: 7, touches: [printed("three")], next: null });
  const [, second] = told(drive) as [Told, Told];
  assert.equal([second.args.done, second.args.grants, second.args.tickets.length], [true, undefined, 1]);
  assert.equal([epochs(drive), drive.requests("reserve.get")], [[], []]);
  done(drive, second.request);
  assert.equal([epochs(drive), drive.requests("reserve.get").length], [[2], 1]);
  drive.passLive(60_000);
  assert.is(told(drive).length, 2);
});

test("a beat says it too, and a terminal that has told no hub tells the first", () => {
  const drive = hears(1).feed({ type: "beat", epoch: 3 });
  assert.equal(recalls(drive), [0]);
  assert.equal(recalls(hears(1, null)), [0]);
});

test("left out are withdrawn touches, those without a number, and what will be brought in anyway; what is being printed is told", () => {
  const drive = hears(2);
  const touches = [
    openTouch({ request: "sent" }),
    openTouch({ request: "withdrawn", step: "closed", ticket }),
    openTouch({ request: "being withdrawn", step: "withdrawing", ticket }),
    printed("to be brought", { step: "reporting", reserve: { ...reserve, adopted: false } }),
    openTouch({ request: "being printed", step: "issued", ticket }),
    printed("unreadable", { ticket: makeTicket("A018", { services: [] }) }),
    printed("printed", { step: "reporting" }),
  ];
  drive.feed({ type: "recalled", after: 0, touches, next: null });
  assert.equal(told(drive)[0]?.args.tickets.map(({ request, paper }) => [request, paper?.outcome]), [["being printed", undefined], ["printed", "printed"]]); // biome-ignore format: one line
});

test("without an answer it is told again under the same id; after a refusal not before the next epoch", () => {
  const drive = hears(2).feed({ type: "recalled", after: 0, touches: [printed("one")], next: null });
  for (const answer of [
    { state: "unknown", why: "" },
    { state: "refused", error: refuse("unavailable", "") },
  ] as const) {
    const [{ request }] = told(drive).slice(-1) as [Told];
    const before = told(drive).length;
    drive.feed({ type: "answer", request, answer });
    assert.is(told(drive).length, before);
    assert.is(wakeAt(drive.state()), drive.now() + usualLimits.repeatMs);
    drive.passLive(usualLimits.repeatMs);
    assert.equal([told(drive).length, told(drive).at(-1)?.request], [before + 1, request]);
  }
  const [{ request }] = told(drive) as [Told];
  drive.feed({ type: "answer", request, answer: { state: "refused", error: refuse("unknown-verb", "") } });
  assert.equal([epochs(drive), drive.requests("reserve.get").length], [[], 1], "it goes on without");
  drive.feed({ type: "beat", epoch: 3 });
  assert.equal(recalls(drive), [0, 0]);
});

test("another restore while it tells: it begins anew for the newer epoch", () => {
  const drive = hears(2).feed({ type: "recalled", after: 0, touches: [printed("one")], next: 4 });
  drive.feed({ type: "beat", epoch: 3 });
  assert.equal(recalls(drive), [0, 0]);
  const [old] = told(drive) as [Told];
  done(drive, old.request);
  drive.feed({ type: "recalled", after: 0, touches: [printed("one")], next: null });
  const last = told(drive).at(-1) as Told;
  assert.equal([last.args.epoch, last.args.done, last.args.grants?.length], [3, true, 1]);
  done(drive, last.request);
  assert.equal(epochs(drive), [3]);
});

test("the journal gives the numbers of a day in their order, a page at a time, and keeps which epoch was told", () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-telling-"));
  const path = join(folder, "journal.sqlite");
  const errors: string[] = [];
  const log = { warn() {}, error: (_: object, message: string) => void errors.push(message) };
  let journal = createJournal(path, log);
  assert.is(journal.recall().epoch, null);
  const names = Array.from({ length: givenMax + 2 }, (_, n) => `touch-${n}`);
  for (const request of names) journal.store(printed(request));
  journal.store(openTouch({ request: "sent" }));
  journal.store(printed("yesterday", { ticket: { ...ticket, day: "2026-11-22" } }));
  // One that was told about once more stays where it stands.
  journal.store(printed("touch-0", { step: "reporting" }));
  journal.keep("epoch", { epoch: 4 });
  journal.close();
  const file = new Database(path);
  file.prepare("UPDATE touches SET touch = 'scribble' WHERE request = 'touch-1'").run();
  file.close();
  journal = createJournal(path, log);
  assert.is(journal.recall().epoch, 4);
  const first = journal.given(monday, 0);
  assert.equal(first.touches.map(({ request }) => request), ["touch-0", ...names.slice(2, givenMax + 1)]); // biome-ignore format: one line
  const second = journal.given(monday, first.next ?? 0);
  assert.equal([second.touches.map(({ request }) => request), second.next], [[`touch-${givenMax + 1}`], null]);
  assert.equal(journal.given("2026-11-24", 0), { touches: [], next: null });
  journal.close();
  // Where no file can be opened nothing is known, and the hub is not kept waiting.
  const nowhere = createJournal(folder, log);
  assert.equal(nowhere.given(monday, 0), { touches: [], next: null });
  assert.equal([errors.length, nowhere.status().state], [1, "error"]);
  rmSync(folder, { recursive: true });
});

test.run();
