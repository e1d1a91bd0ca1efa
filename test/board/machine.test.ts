import { test } from "uvu";
import * as assert from "uvu/assert";
import { type BoardInput, boardNext } from "../../device/board/machine.ts";
import { startBoard } from "../../device/board/start.ts";
import { type BoardState, boardLimits } from "../../device/board/state.ts";
import { boardPicture, boardView } from "../../device/board/view.ts";
import type { DisplayCall } from "../../protocol/messages.ts";

/** 23 November 2026, 10:42 in Berlin: where all tables begin, on the hub's clock. */
const t0 = Date.parse("2026-11-23T09:42:00Z");
const iso = (ms: number) => new Date(ms).toISOString();

/** What a step of a table is: seconds since the start, and what happens then. */
type Step = [seconds: number, what: What];
type What =
  | { display: string[]; revision: number; epoch?: number; message?: string; isKept?: boolean }
  | { revision: number }
  | "beat"
  | "link down"
  | "link up"
  | "tick";

/** `A017>1` is the first call of A017 to desk 1, `A017>1x2@-60` its recall, called 60 s before the start. */
function callOf(text: string, seconds: number): DisplayCall {
  const [, number = "", desk = "", count = "1", at] = /^(\w+)>([\w-]+?)(?:x(\d))?(?:@(-?\d+))?$/.exec(text) ?? [];
  const calledAt = iso(t0 + (at === undefined ? seconds : Number(at)) * 1000);
  return { call: `${number}-${desk}`, number, desk, deskName: `Platz ${desk}`, calledAt, count: Number(count) };
}

interface World {
  /** How far the device's time is behind the hub's, in seconds. */
  behind?: number;
}

function inputOf([seconds, what]: Step, { behind = 0 }: World): BoardInput {
  const now = t0 + (seconds - behind) * 1000;
  if (what === "tick") return { type: "tick", standInMs: undefined, now };
  if (what === "link down" || what === "link up") return { type: "link", up: what === "link up", now };
  if (what === "beat" || !("display" in what)) {
    const revisions = what === "beat" ? {} : { all: what.revision };
    const beat = { at: iso(t0 + seconds * 1000), session: "s", epoch: 1, seq: 1, revisions };
    return { type: "beat", beat, group: "all", now };
  }
  const calls = what.display.map((text) => callOf(text, seconds));
  const display = { epoch: what.epoch ?? 1, revision: what.revision, calls, message: what.message ?? null };
  return { type: "display", display, isKept: what.isKept ?? false, now };
}

/** Runs the steps with a tick each quarter of a second, and notes what was announced when, and each flash. */
function play(
  steps: Step[],
  until: number,
  world: World = {},
): { announced: string[]; flashes: number[]; state: BoardState } {
  let state = startBoard(t0 - (world.behind ?? 0) * 1000);
  const announced: string[] = [];
  const flashes: number[] = [];
  let last: string | null = null;
  const ticks: Step[] = Array.from({ length: until * 4 }, (_, n) => [(n + 1) / 4, "tick"]);
  for (const step of [...steps, ...ticks].sort((a, b) => a[0] - b[0])) {
    state = boardNext(state, inputOf(step, world));
    const { announcement, current, flash } = boardView(state);
    if (announcement !== null && announcement !== last) {
      announced.push(`${step[0]} ${current?.number} ${current?.desk}`);
      flashes.push(0);
    }
    last = announcement;
    if (flash && step[1] === "tick") flashes[flashes.length - 1] = (flashes.at(-1) ?? 0) + 0.25;
  }
  return { announced, flashes, state };
}

const tickAt = (now: number): BoardInput => ({ type: "tick", standInMs: undefined, now });
const beats: Step[] = Array.from({ length: 20 }, (_, n) => [n * 3 + 0.1, "beat"]);

const table: { name: string; steps: Step[]; announced: string[]; world?: World }[] = [
  {
    name: "a new call",
    steps: [...beats, [0.5, { display: [], revision: 1 }], [5, { display: ["A017>1"], revision: 2 }]],
    announced: ["5 A017 Platz 1"],
  },
  {
    name: "two calls in the same second, each in full and in order",
    steps: [
      ...beats,
      [0.5, { display: [], revision: 1 }],
      [5, { display: ["A017>1"], revision: 2 }],
      [5.1, { display: ["B003>2", "A017>1"], revision: 3 }],
    ],
    announced: ["5 A017 Platz 1", "9 B003 Platz 2"],
  },
  {
    name: "three calls in one display",
    steps: [
      ...beats,
      [0.5, { display: ["A001>1@-600"], revision: 1 }],
      [5, { display: ["A004>3", "A003>2", "A002>1", "A001>1@-600"], revision: 2 }],
    ],
    announced: ["5 A002 Platz 1", "9 A003 Platz 2", "13 A004 Platz 3"],
  },
  {
    name: "a recall",
    steps: [
      ...beats,
      [0.5, { display: [], revision: 1 }],
      [5, { display: ["A017>1"], revision: 2 }],
      [15, { display: ["A017>1x2@5"], revision: 3 }],
    ],
    announced: ["5 A017 Platz 1", "15 A017 Platz 1"],
  },
  {
    name: "a repeated or older revision is nothing new",
    steps: [
      ...beats,
      [0.5, { display: [], revision: 3 }],
      [5, { display: ["A017>1"], revision: 3 }],
      [6, { display: ["A018>1"], revision: 2 }],
    ],
    announced: [],
  },
  {
    name: "after start, old calls are only shown",
    steps: [...beats, [0.5, { display: ["A017>1@-31", "A016>2@-600"], revision: 7 }]],
    announced: [],
  },
  {
    name: "after start, a call of this moment is announced",
    steps: [...beats, [0.5, { display: ["A017>1@-20", "A016>2@-600"], revision: 7 }]],
    announced: ["0.5 A017 Platz 1"],
  },
  {
    name: "after start, before the first beat, the age of a call is not guessed",
    steps: [
      [0.5, { display: ["A017>1@-20", "A016>2@-600"], revision: 7 }],
      [3, "beat"],
    ],
    announced: ["3 A017 Platz 1"],
  },
  {
    name: "the hub's clock decides what is old, not the device's",
    world: { behind: 3600 },
    steps: [...beats, [0.5, { display: ["A017>1@-20", "A016>2@-600"], revision: 7 }]],
    announced: ["0.5 A017 Platz 1"],
  },
  {
    name: "a call is announced although the device's clock is wrong and no beat has come",
    world: { behind: 3600 },
    steps: [
      [0.5, { display: [], revision: 1 }],
      [2, { display: ["A017>1"], revision: 2 }],
    ],
    announced: ["2 A017 Platz 1"],
  },
  {
    name: "after a reconnect: what was called meanwhile is announced if it is fresh",
    steps: [
      [0.1, "beat"],
      [0.5, { display: [], revision: 1 }],
      [1, "link down"],
      [50, "link up"],
      [50.1, { display: ["A019>1@45", "A018>2@10"], revision: 9 }],
      [51, "beat"],
    ],
    announced: ["51 A019 Platz 1"],
  },
  {
    name: "after a reconnect without change, the next call is announced as ever",
    steps: [
      [0.1, "beat"],
      [0.5, { display: [], revision: 1 }],
      [1, "link down"],
      [2, "link up"],
      [2.1, { display: [], revision: 1 }],
      [3, { display: ["A017>1"], revision: 2 }],
    ],
    announced: ["3 A017 Platz 1"],
  },
  {
    name: "after a reconnect: what the broker had kept is not the hub's last word, and old calls behind it are only shown",
    steps: [
      [0.1, "beat"],
      [0.5, { display: ["A017>1@-600"], revision: 1 }],
      [1, "link down"],
      [30, "link up"],
      [30.1, { display: ["A017>1@-600"], revision: 1, isKept: true }],
      [31, { display: ["A019>1@29", "A018>2@-2", "A017>1@-600"], revision: 3 }],
      [31.1, "beat"],
    ],
    announced: ["31.1 A019 Platz 1"],
  },
  {
    name: "after a reconnect: a beat that names what the broker had kept makes it the hub's word",
    steps: [
      [0.1, "beat"],
      [0.5, { display: [], revision: 1 }],
      [1, "link down"],
      [30, "link up"],
      [30.1, { display: [], revision: 1, isKept: true }],
      [31, { revision: 1 }],
      [40, { display: ["A017>1@5"], revision: 2 }],
    ],
    announced: ["40 A017 Platz 1"],
  },
  {
    name: "a call taken back makes room for one of long ago, which is only shown",
    steps: [
      ...beats,
      [0.5, { display: ["A003>1@-60", "A002>2@-120"], revision: 1 }],
      [5, { display: ["A004>1", "A003>1@-60"], revision: 2 }],
      [9, { display: ["A003>1@-60", "A002>2@-120"], revision: 3 }],
    ],
    announced: ["5 A004 Platz 1"],
  },
  {
    name: "a new epoch may have a lower revision, and does not gong old calls again",
    steps: [
      ...beats,
      [0.5, { display: ["A017>1@-600"], revision: 90 }],
      [5, { display: ["A018>2@-300", "A017>1@-600"], revision: 2, epoch: 2 }],
      [9, { display: ["A019>3", "A018>2@-300", "A017>1@-600"], revision: 3, epoch: 2 }],
    ],
    announced: ["9 A019 Platz 3"],
  },
  {
    name: "a call that is taken back is not announced any more",
    steps: [
      ...beats,
      [0.5, { display: [], revision: 1 }],
      [5, { display: ["A018>2", "A017>1"], revision: 2 }],
      [6, { display: ["A017>1@5"], revision: 3 }],
    ],
    announced: ["5 A017 Platz 1"],
  },
];

for (const { name, steps, announced, world } of table) {
  test(`announced: ${name}`, () => {
    const played = play(steps, 60, world);
    assert.equal(played.announced, announced);
    for (const seconds of played.flashes) assert.is(seconds, boardLimits.flashMs / 1000, "flashes in full, and ends");
  });
}

test("a hundred calls at once are all announced, in order", () => {
  const calls = Array.from({ length: 100 }, (_, n) => `A${String(n).padStart(3, "0")}>1`);
  const { announced } = play(
    [
      [0.1, "beat"],
      [0.5, { display: [], revision: 1 }],
      [1, { display: [...calls].reverse(), revision: 2 }],
    ],
    450,
  );
  assert.equal(
    announced.map((line) => line.split(" ")[1]),
    calls.map((call) => call.slice(0, 4)),
  );
});

test("not live after ten seconds without a beat: the calls stay, and the next beat ends it", () => {
  const steps: Step[] = [
    [0.1, "beat"],
    [0.5, { display: ["A017>1@-60"], revision: 1 }],
  ];
  assert.ok(boardView(play(steps, 10).state).isLive);
  const { state } = play(steps, 11);
  assert.not.ok(boardView(state).isLive);
  assert.is(boardView(state).notice[0], "Anzeige nicht aktuell, bitte auf Ansage achten");
  assert.equal(boardView(state).current, { number: "A017", desk: "Platz 1" });
  const later = boardNext(state, inputOf([12, "beat"], {}));
  assert.ok(boardView(later).isLive);
});

test("the link alone makes nothing old: a short break is not shown", () => {
  const { state } = play(
    [
      [0.1, "beat"],
      [0.5, { display: [], revision: 1 }],
      [2, "link down"],
    ],
    5,
  );
  assert.ok(boardView(state).isLive);
});

const office = {
  name: "Bürgerbüro Dorsten",
  languages: ["de", "en"],
  timeZone: "Europe/Berlin",
  accent: "#004b87",
  open: true,
  nextChange: null,
  days: [],
  services: [],
};

function withOffice(state: BoardState, languages = office.languages): BoardState {
  return boardNext(state, { type: "office", office: { ...office, languages }, now: state.now });
}

test("a quiet board shows the office and the hub's time of day", () => {
  const { state } = play(
    [
      [0.1, "beat"],
      [0.5, { display: [], revision: 1 }],
    ],
    5,
    { behind: 7200 },
  );
  const view = boardView(withOffice(state));
  assert.equal(view, {
    office: "Bürgerbüro Dorsten",
    time: "10:42",
    current: null,
    last: [],
    announcement: null,
    flash: false,
    emergency: null,
    message: null,
    waiting: [],
    isLive: true,
    notice: ["Anzeige nicht aktuell, bitte auf Ansage achten", "Display not up to date, please listen for your number"],
  });
  assert.equal(boardPicture(state, 8), { pages: [], flash: false });
});

test("the message line: a message before everything, else who waits and how long, in each language", () => {
  const queue = (service: string, waiting: number, estimateMinutes: [number, number] | null) => ({
    type: "queue" as const,
    queue: { service, open: true, waiting, estimateMinutes, lastCalled: null, desksOpen: 1 },
    now: t0,
  });
  const from = (state: BoardState) => boardView(state).waiting;
  let state = withOffice(boardNext(startBoard(t0), inputOf([0, "beat"], {})));
  assert.equal(from(state), []);
  state = boardNext(state, queue("id-card", 0, null));
  assert.equal(from(state), ["Niemand wartet", "Nobody waiting"]);
  state = boardNext(state, queue("id-card", 1, null));
  assert.equal(from(state), ["Es wartet 1", "1 waiting"]);
  state = boardNext(state, queue("id-card", 7, [20, 30]));
  state = boardNext(state, queue("pick-up", 5, [5, 10]));
  state = boardNext(state, queue("registration", 0, [0, 60]));
  assert.equal(from(state), ["Es warten 12 · ca. 5–30 Min.", "12 waiting · about 5–30 min"]);
  assert.equal(from(withOffice(state, ["de", "xx"])), ["Es warten 12 · ca. 5–30 Min."]);
  assert.equal(from(withOffice(state, ["xx"])), ["Es warten 12 · ca. 5–30 Min."]);
  state = boardNext(state, inputOf([1, { display: [], revision: 1, message: "Bitte verlassen Sie das Gebäude." }], {}));
  assert.equal(from(state), []);
  assert.is(boardView(state).message, "Bitte verlassen Sie das Gebäude.");
});

test("in an emergency the message is shown instead of all calls, and afterwards they are there again", () => {
  const { state } = play([[0.1, { display: ["A017>1"], revision: 1 }]], 1);
  const usual = withOffice(state);
  const alarmed = boardNext(usual, { type: "office", office: { ...office, emergency: "Raus!" }, now: state.now });
  assert.is(boardView(alarmed).emergency, "Raus!");
  assert.is(boardView(alarmed).message, null, "it is said once");
  assert.equal(boardView(alarmed).waiting, []);
  assert.equal(boardPicture(alarmed, 8).pages, [], "the sign sends nobody to a desk");
  assert.equal(boardView(withOffice(alarmed)), boardView(usual));
});

test("each number stands once, at its newest desk; the last calls have an end", () => {
  const calls = ["A017>3", "B002>2", "A017>1", "C1>1", "C2>1", "C3>1", "C4>1", "C5>1"].map((text) => `${text}@-60`);
  const { state } = play(
    [
      [0.1, "beat"],
      [0.5, { display: calls, revision: 1 }],
    ],
    1,
  );
  const view = boardView(state);
  assert.equal(view.current, { number: "A017", desk: "Platz 3" });
  assert.equal(
    view.last.map(({ number }) => number),
    ["B002", "C1", "C2", "C3", "C4", "C5"],
  );
});

const signTable: [call: string, columns: number, pages: string[]][] = [
  ["A017>1", 8, ["A017  1"]],
  ["A017>12", 8, ["A017 12"]],
  ["A017>1", 4, ["A017", "  1"]],
  ["A017>123", 8, ["A017 123"]],
  ["A017>info", 8, ["A017", "info"]],
  ["A000017>1", 8, ["A000017", "  1"]],
  ["A000017>1", 12, ["A000017  1"]],
];

test("the sign: on one page where it fits, else in turn; it flashes with the board", () => {
  for (const [call, columns, pages] of signTable) {
    const { state } = play(
      [
        [0.1, "beat"],
        [0.5, { display: [`${call}@0`], revision: 1 }],
      ],
      1,
    );
    assert.equal(boardPicture(state, columns), { pages, flash: true }, call);
    assert.equal(boardPicture(play([], 5).state, columns).flash, false);
  }
});

test("who asks which board this is sees it flash, without an announcement", () => {
  const { state } = play(
    [
      [0.1, "beat"],
      [0.5, { display: ["A017>1@-60"], revision: 1 }],
    ],
    5,
  );
  const asked = boardNext(state, { type: "identify", now: t0 + 5000 });
  assert.ok(boardView(asked).flash);
  assert.is(boardView(asked).announcement, null);
  assert.not.ok(boardView(boardNext(asked, tickAt(t0 + 5000 + boardLimits.flashMs))).flash);
});

test.run();
