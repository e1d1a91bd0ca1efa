import { test } from "uvu";
import * as assert from "uvu/assert";
import { boardNext } from "../../device/board/machine.ts";
import { startBoard } from "../../device/board/start.ts";
import { type BoardState, boardLimits } from "../../device/board/state.ts";
import { boardPicture, boardView } from "../../device/board/view.ts";
import { inputOf, play, type Step, t0, tickAt } from "./played-board.ts";

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
  services: ["id-card", "pick-up", "registration"].map((id) => ({
    id,
    letter: "A",
    names: { de: id },
    open: true,
    waiting: 0,
    estimateMinutes: null,
  })),
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
  state = boardNext(state, queue("a service of which only the broker still knows", 3, [45, 60]));
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
  ["A000017>1", 4, ["A000", "017", "  1"]],
  ["A017>schalter-2", 8, ["A017", "schalter", "  2"]],
  ["A017>erdgeschoss-zimmer-101", 8, ["A017", "zimmer", "101"]],
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
