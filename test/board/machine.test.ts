import { test } from "uvu";
import * as assert from "uvu/assert";
import { boardLimits } from "../../device/board/state.ts";
import { play, type Step, type World } from "./played-board.ts";

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

test.run();
