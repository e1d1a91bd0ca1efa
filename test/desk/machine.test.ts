import { test } from "uvu";
import * as assert from "uvu/assert";
import { stepDesk } from "../../device/desk/machine.ts";
import type { DeskEffect, DeskInput, DeskState, Phase } from "../../device/desk/state.ts";
import {
  flashStepMs,
  identifyFlashes,
  initialDesk,
  nextLockMs,
  noShowHoldMs,
  refusalFlashes,
} from "../../device/desk/state.ts";

const now = Date.parse("2026-11-23T09:00:00Z");
const a = "2026-11-23/A017";
const b = "2026-11-23/B004";

/** Each phase in which the machine may be, online, with nobody waiting; the boards show A017 as this desk's last. */
const starts: Record<string, Phase> = {
  lost: { name: "lost" },
  finding: { name: "finding", ask: 7, suspect: null },
  verifying: { name: "finding", ask: 7, suspect: a },
  free: { name: "free" },
  serving: { name: "serving", ticket: a },
  "calling first": { name: "calling", ask: 7, before: { name: "free" } },
  "calling blind": { name: "calling", ask: 7, before: { name: "lost" } },
  calling: { name: "calling", ask: 7, before: { name: "serving", ticket: a } },
  recalling: { name: "recalling", ask: 7, ticket: a },
  marking: { name: "marking", ask: 7, ticket: a },
};
const columns = Object.keys(starts);
const all = (target: string) => Object.fromEntries(columns.map((name) => [name, target]));

const inputs: Record<string, DeskInput> = {
  next: { type: "press", button: "next" },
  "next released": { type: "release", button: "next" },
  again: { type: "press", button: "again" },
  "again released": { type: "release", button: "again" },
  "hold timer": { type: "timer", timer: "hold" },
  "flash timer": { type: "timer", timer: "flash" },
  "link down": { type: "link", up: false },
  "link up": { type: "link", up: true },
  "boards show A017": { type: "boards", lastNumber: "A017" },
  "boards show nobody today": { type: "boards", lastNumber: null },
  "boards cannot tell": { type: "boards", lastNumber: undefined },
  beat: { type: "beat" },
  "somebody waits": { type: "waiting", waiting: true },
  "desk closed": { type: "desk", open: false },
  "desk opened": { type: "desk", open: true },
  "A017 called here": { type: "called", ticket: a },
  "B004 called here": { type: "called", ticket: b },
  "A017 left": { type: "left", ticket: a },
  "B004 left": { type: "left", ticket: b },
  identify: { type: "identify" },
  "done: B004": { type: "answer", ask: 7, answer: { state: "done", ticket: b } },
  "done: A017": { type: "answer", ask: 7, answer: { state: "done", ticket: a } },
  "done: nobody": { type: "answer", ask: 7, answer: { state: "done", ticket: null } },
  "wrong-state: B004 is here": {
    type: "answer",
    ask: 7,
    answer: { state: "refused", code: "wrong-state", current: b },
  },
  "wrong-state: nobody is here": {
    type: "answer",
    ask: 7,
    answer: { state: "refused", code: "wrong-state", current: null },
  },
  "wrong-state": { type: "answer", ask: 7, answer: { state: "refused", code: "wrong-state" } },
  "desk-busy: B004": { type: "answer", ask: 7, answer: { state: "refused", code: "desk-busy", number: "B004" } },
  "desk-closed": { type: "answer", ask: 7, answer: { state: "refused", code: "desk-closed" } },
  "unknown-ticket": { type: "answer", ask: 7, answer: { state: "refused", code: "unknown-ticket" } },
  unavailable: { type: "answer", ask: 7, answer: { state: "refused", code: "unavailable" } },
  "no answer": { type: "answer", ask: 7, answer: { state: "unknown" } },
  "answer to an earlier question": { type: "answer", ask: 6, answer: { state: "done", ticket: b } },
};

const findA = "finding ? > ask ticket.show A017";
const verifyA = `finding A017? > ask ticket.show ${a}`;
const flashing = ` > timer flash ${flashStepMs}`;
const same = "=";

/** For each input the target from each start; `=` leaves all as it is and asks nothing. */
const table: Record<string, Record<string, string>> = {
  next: {
    ...all(same),
    lost: "calling, before lost > ask call.next null",
    finding: "calling, before lost > ask call.next null",
    verifying: "calling, before serving A017 > ask call.next A017",
    free: "calling, before free > ask call.next null",
    serving: "calling, before serving A017 > ask call.next A017",
  },
  "next released": all(same),
  again: {
    ...all(same),
    lost: `lost${flashing}`,
    finding: `finding ?${flashing}`,
    free: `free${flashing}`,
    verifying: `recalling A017 > timer hold ${noShowHoldMs} > ask call.again A017`,
    serving: `recalling A017 > timer hold ${noShowHoldMs} > ask call.again A017`,
  },
  "again released": all(same),
  "hold timer": all(same),
  "flash timer": all(same),
  "link down": all(same),
  "link up": { ...all(same), lost: findA, free: findA, serving: verifyA },
  "boards show A017": { ...all(same), lost: findA },
  "boards show nobody today": { ...all(same), lost: "free" },
  "boards cannot tell": all(same),
  beat: { ...all(same), lost: findA },
  "somebody waits": all(same),
  "desk closed": all(same),
  "desk opened": all(same),
  "A017 called here": {
    ...all(same),
    lost: "serving A017",
    finding: "serving A017",
    verifying: "serving A017",
    free: "serving A017",
  },
  "B004 called here": {
    ...all(same),
    lost: "serving B004",
    finding: "serving B004",
    verifying: "serving B004",
    free: "serving B004",
  },
  "A017 left": { ...all(same), serving: "free", calling: "calling, before free" },
  "B004 left": all(same),
  identify: Object.fromEntries(columns.map((name) => [name, `=${flashing}`])),
  "done: B004": { ...all("serving B004"), lost: same, free: same, serving: same },
  "done: A017": { ...all("serving A017"), lost: same, free: same, serving: same },
  "done: nobody": { ...all("free"), verifying: findA, lost: same, serving: same },
  "wrong-state: B004 is here": {
    ...all(`serving B004${flashing}`),
    lost: same,
    finding: "lost",
    verifying: "serving A017",
    free: same,
    serving: same,
  },
  "wrong-state: nobody is here": {
    ...all(`free${flashing}`),
    lost: same,
    finding: "lost",
    verifying: "serving A017",
    free: same,
    serving: same,
  },
  "wrong-state": {
    ...all(`${findA.replace(" >", `${flashing} >`)}`),
    lost: same,
    finding: "lost",
    verifying: "serving A017",
    free: same,
    serving: same,
  },
  "desk-busy: B004": {
    ...all(`finding ?${flashing} > ask ticket.show B004`),
    lost: same,
    finding: "lost",
    verifying: "serving A017",
    free: same,
    serving: same,
  },
  "desk-closed": {
    lost: same,
    finding: "lost",
    verifying: "serving A017",
    free: same,
    serving: same,
    "calling first": `free${flashing}`,
    "calling blind": `lost${flashing}`,
    calling: `serving A017${flashing}`,
    recalling: `serving A017${flashing}`,
    marking: `serving A017${flashing}`,
  },
  "unknown-ticket": {
    ...all(`${findA.replace(" >", `${flashing} >`)}`),
    lost: same,
    finding: "free",
    verifying: "free",
    free: same,
    serving: same,
  },
  unavailable: {
    lost: same,
    finding: "lost",
    verifying: "serving A017",
    free: same,
    serving: same,
    "calling first": `free${flashing}`,
    "calling blind": `lost${flashing}`,
    calling: `serving A017${flashing}`,
    recalling: `serving A017${flashing}`,
    marking: `serving A017${flashing}`,
  },
  "no answer": {
    ...all(`lost${flashing}`),
    lost: same,
    finding: "lost",
    verifying: "serving A017",
    free: same,
    serving: same,
  },
  "answer to an earlier question": all(same),
};

const short = (ticket: string | null) => (ticket === null ? "?" : ticket.slice(11));

function phaseInWords(phase: Phase): string {
  if (phase.name === "finding") return phase.suspect === null ? "finding ?" : `finding ${short(phase.suspect)}?`;
  if (phase.name === "calling") return `calling, before ${phaseInWords(phase.before)}`;
  return "ticket" in phase ? `${phase.name} ${short(phase.ticket)}` : phase.name;
}

function effectInWords(effect: DeskEffect): string | undefined {
  if (effect.do === "timer") return `timer ${effect.timer} ${effect.ms}`;
  if (effect.do === "cancel") return `cancel ${effect.timer}`;
  if (effect.do === "led") return undefined;
  const { request } = effect;
  if (request.verb === "ticket.show") {
    return `ask ticket.show ${"number" in request ? request.number : request.ticket}`;
  }
  const ticket = request.verb === "call.next" ? request.current : request.ticket;
  return `ask ${request.verb} ${ticket === null ? null : short(ticket)}`;
}

const at = (phase: Phase, changes: Partial<DeskState> = {}): DeskState => ({
  ...initialDesk(),
  phase,
  asks: 7,
  online: true,
  lastNumber: "A017",
  ...changes,
});

for (const [inputName, input] of Object.entries(inputs)) {
  test(`every start × ${inputName}`, () => {
    for (const [startName, start] of Object.entries(starts)) {
      const { state, effects } = stepDesk(at(start), input, now);
      const got = [phaseInWords(state.phase), ...effects.flatMap((effect) => effectInWords(effect) ?? [])].join(" > ");
      const row = table[inputName];
      assert.ok(row, `no row for ${inputName}`);
      const want = row[startName]?.replace(/^=/, phaseInWords(start));
      assert.is(got, want, `${startName} × ${inputName}`);
    }
  });
}

test("the table has a row for every input and no other", () => {
  assert.equal(Object.keys(table).sort(), Object.keys(inputs).sort());
});

test("a second press of next within 2 s is the same wish, to the millisecond", () => {
  const rows: [afterMs: number, acts: boolean][] = [
    [0, false],
    [1, false],
    [nextLockMs - 1, false],
    [nextLockMs, true],
    [nextLockMs + 1, true],
  ];
  for (const [afterMs, acts] of rows) {
    const state = at({ name: "serving", ticket: a }, { nextAt: now });
    const { effects } = stepDesk(state, { type: "press", button: "next" }, now + afterMs);
    assert.is(
      effects.some((effect) => effect.do === "ask"),
      acts,
      `${afterMs} ms later`,
    );
  }
});

test("an ignored press does not lengthen the lock", () => {
  let state = at({ name: "serving", ticket: a }, { nextAt: now });
  state = stepDesk(state, { type: "press", button: "next" }, now + 1_999).state;
  const { effects } = stepDesk(state, { type: "press", button: "next" }, now + 2_000);
  assert.is(effects.filter((effect) => effect.do === "ask").length, 1);
});

/** Runs inputs one after the other and returns the last state with all effects but those of the LED. */
function run(state: DeskState, ...steps: DeskInput[]): { state: DeskState; effects: string[] } {
  const effects: string[] = [];
  for (const input of steps) {
    const step = stepDesk(state, input, now);
    state = step.state;
    effects.push(...step.effects.flatMap((effect) => effectInWords(effect) ?? []));
  }
  return { state, effects };
}

const again: DeskInput = { type: "press", button: "again" };
const released: DeskInput = { type: "release", button: "again" };
const holdEnds: DeskInput = { type: "timer", timer: "hold" };
const recalled: DeskInput = { type: "answer", ask: 8, answer: { state: "done", ticket: a } };

test("again held for its time after its recall is a no-show", () => {
  const { state, effects } = run(at({ name: "serving", ticket: a }), again, recalled, holdEnds);
  assert.equal(effects, [`timer hold ${noShowHoldMs}`, "ask call.again A017", "ask ticket.no-show A017"]);
  assert.equal(state.phase, { name: "marking", ask: 9, ticket: a });
  assert.equal(run(state, released).effects, []);
});

test("again released in time is only a recall", () => {
  const { state, effects } = run(at({ name: "serving", ticket: a }), again, recalled, released);
  assert.equal(effects, [`timer hold ${noShowHoldMs}`, "ask call.again A017", "cancel hold"]);
  assert.equal(run(state, holdEnds).effects, []);
});

test("no no-show without a recall that the hub confirmed, nor of another visitor", () => {
  const serving = at({ name: "serving", ticket: a });
  const answer = (value: Extract<DeskInput, { type: "answer" }>["answer"]): DeskInput => ({
    type: "answer",
    ask: 8,
    answer: value,
  });
  for (const outcome of [
    answer({ state: "unknown" }),
    answer({ state: "refused", code: "unavailable" }),
    answer({ state: "refused", code: "wrong-state", current: b }),
  ]) {
    const { effects } = run(serving, again, outcome, holdEnds);
    assert.not(effects.join().includes("no-show"), JSON.stringify(outcome));
  }
  const unanswered = run(serving, again, holdEnds, recalled, holdEnds);
  assert.not(unanswered.effects.join().includes("no-show"), "the hub had not answered in time");
  const gone = run(serving, again, recalled, { type: "left", ticket: a }, { type: "called", ticket: b }, holdEnds);
  assert.equal(gone.state.phase, { name: "serving", ticket: b }, "the one called meanwhile was not called again");
});

test("the LED says who is there, who waits, and what did not work", () => {
  const ledAfter = (state: DeskState, input: DeskInput) =>
    stepDesk(state, input, now).effects.flatMap((effect) => (effect.do === "led" ? [effect.mode] : []));
  const free = at({ name: "free" });
  assert.equal(ledAfter(free, { type: "waiting", waiting: true }), ["blink"]);
  assert.equal(ledAfter({ ...free, waiting: true }, { type: "waiting", waiting: false }), ["off"]);
  assert.equal(ledAfter({ ...free, waiting: true }, { type: "desk", open: false }), ["off"]);
  assert.equal(ledAfter({ ...free, waiting: true }, { type: "link", up: false }), ["off"]);
  assert.equal(ledAfter({ ...free, waiting: true }, { type: "called", ticket: a }), ["on"]);
  const serving = at({ name: "serving", ticket: a }, { waiting: true });
  assert.equal(ledAfter(serving, { type: "link", up: false }), [], "the visitor stays when the line breaks");
  assert.equal(ledAfter(serving, { type: "link", up: true }), []);
  assert.equal(ledAfter(serving, { type: "press", button: "next" }), []);
  assert.equal(ledAfter(serving, { type: "left", ticket: a }), ["blink"]);
  assert.equal(ledAfter(at({ name: "lost" }, { waiting: true }), { type: "waiting", waiting: true }), []);
});

test("a flash ends where the LED was", () => {
  for (const [start, steps, modes] of [
    [at({ name: "free" }), refusalFlashes, ["on", "off", "on", "off", "on", "off"]],
    [at({ name: "free" }, { waiting: true }), refusalFlashes, ["off", "on", "off", "on", "off", "on", "blink"]],
  ] as const) {
    let step = stepDesk(start, again, now);
    const seen = step.effects.flatMap((effect) => (effect.do === "led" ? [effect.mode] : []));
    let timers = step.effects.filter((effect) => effect.do === "timer").length;
    for (let i = 0; i < steps; i += 1) {
      step = stepDesk(step.state, { type: "timer", timer: "flash" }, now);
      seen.push(...step.effects.flatMap((effect) => (effect.do === "led" ? [effect.mode] : [])));
      timers += step.effects.filter((effect) => effect.do === "timer").length;
    }
    assert.equal(seen, [...modes]);
    assert.is(timers, steps, "one timer for each change");
    assert.is(step.state.flash, 0);
  }
  assert.is(stepDesk(at({ name: "free" }), { type: "identify" }, now).state.flash, identifyFlashes);
});

test("from power-on to the visitor at the desk, in whatever order the broker delivers", () => {
  const boards: DeskInput = { type: "boards", lastNumber: "A017" };
  const up: DeskInput = { type: "link", up: true };
  const here: DeskInput = { type: "answer", ask: 1, answer: { state: "done", ticket: a } };
  for (const order of [
    [up, boards],
    [boards, up],
  ]) {
    const { state, effects } = run(initialDesk(), ...order, here);
    assert.equal(effects, ["ask ticket.show A017"]);
    assert.equal(state.phase, { name: "serving", ticket: a });
  }
  const unseen = run(initialDesk(), up, { type: "boards", lastNumber: undefined }, { type: "press", button: "next" });
  assert.equal(unseen.effects, ["ask call.next null"], "a blind press can throw nobody out");
  const told = run(unseen.state, {
    type: "answer",
    ask: 1,
    answer: { state: "refused", code: "wrong-state", current: b },
  });
  assert.equal(told.state.phase, { name: "serving", ticket: b });
});

test("after a break the last number is asked for anew, not remembered", () => {
  const { state } = run(at({ name: "free" }), { type: "link", up: false });
  assert.is(state.lastNumber, undefined);
  assert.equal(run(state, { type: "link", up: true }).effects, []);
});

test.run();
