import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createJournal, openDatabase } from "../../device/journal.ts";
import { followUpsMax } from "../../device/terminal/limits.ts";
import { firstState, step } from "../../device/terminal/machine.ts";
import type { AnswerState, Effect, News, State, Touch } from "../../device/terminal/types.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import type { Grant } from "../../protocol/reserve.ts";
import { adoptedTicketsMax } from "../../protocol/reserve.ts";
import type { TestOffice } from "../hub/test-office.ts";
import { openOffice } from "../hub/test-office.ts";
import { choose, paper, requestOf, touch } from "./drive.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

/** A busy day of an office whose hub is away, at one terminal. */
const ticketsGiven = 5_000;
const ticketEveryMs = 5_000;
const letters = [..."ABCDEFGHIJ"];

const services = letters.map((letter) => ({
  id: `service-${letter.toLowerCase()}`,
  letter,
  names: { de: letter },
  minutes: 1,
}));
const config = {
  openingHours: "24/7",
  numberDigits: 4,
  reserve: { numbers: ticketsGiven / letters.length },
  services,
  desks: [{ id: "1", name: "Platz 1", services: services.map(({ id }) => id) }],
};
const silent = { warn() {}, error() {} };
type Request = Extract<Effect, { type: "request" }>;

/** A terminal's machine, with what it stored and what it asks the hub. */
function createMachine(office: TestOffice, name: string) {
  let state: State = firstState({ ...makeSettings(), client: "terminal" }, office.now);
  let inputs = 0;
  const asked: Request[] = [];
  const machine = {
    state: () => state,
    /** What it has sent and no answer came to. */
    asked,
    stored: new Map<string, Touch>(),
    feed(given: News) {
      inputs += 1;
      const id = `${name}-${inputs}`;
      const next = step(state, { ...given, at: office.now, hubTime: office.now, timeIsSure: true, id });
      state = next.state;
      for (const effect of next.effects) {
        if (effect.type === "store") machine.stored.set(effect.touch.request, effect.touch);
        if (effect.type === "request") asked.push(effect);
      }
    },
  };
  return machine;
}

/** In one transaction, as to wait for the disk after each would take minutes. */
function fillJournal(path: string, touches: readonly Touch[]): void {
  const database = openDatabase(path);
  const add = database.prepare("INSERT INTO touches (request, step, touch) VALUES (?, ?, ?)");
  database.transaction(() => {
    for (const each of touches) add.run(each.request, each.step, JSON.stringify(each));
  })();
  database.close();
}

const answerOf = (reply: OutgoingReply): AnswerState =>
  reply.ok ? { state: "done", result: reply.result } : { state: "refused", error: reply.error };

test(`${ticketsGiven} numbers of a day without the hub: none is lost over a power cut, and the hub takes them in order and is not flooded`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-backlog-"));
  const office = openOffice({ now: Date.parse("2026-11-23T08:00:00+01:00"), config });
  try {
    const reply = await office.ask("terminal", "reserve.get", { anew: true });
    const { grants } = (reply as OutgoingReply & { ok: true; result: { grants: Grant[] } }).result;
    const held = grants.map((grant) => ({ ...grant, next: Number(grant.first.slice(1)) }));
    const shown = makeOffice({
      services: services.map((service) => ({ ...service, open: true, waiting: 0, estimateMinutes: null })),
    });
    const kept = {
      ...{ grants: held, order: 0, admitted: [], lists: [], office: shown },
      contactAt: office.now,
      epoch: office.state.epoch,
    };
    const alone = createMachine(office, "alone");
    alone.feed({ type: "journal", touches: [], kept });
    alone.feed({ type: "status", peripheral: "printer", status: { state: "ready", detail: "" } });
    office.now += 60_000;
    alone.feed({ type: "tick" });
    for (let given = 0; given < ticketsGiven; given += 1) {
      office.now += ticketEveryMs;
      alone.feed(choose(services[given % services.length]?.id));
      alone.feed(paper(`${requestOf(alone.state())}.0`, "printed"));
      alone.feed(touch({ do: "done" }));
    }
    const given = [...alone.stored.values()];
    assert.is(given.length, ticketsGiven);
    assert.is(new Set(given.map(({ ticket }) => ticket?.number)).size, ticketsGiven);

    // The power goes in the evening, and only then does the hub come back.
    fillJournal(join(folder, "journal.sqlite"), given);
    const journal = createJournal(join(folder, "journal.sqlite"), silent);
    const touches = journal.open();
    const recalled = journal.recall();
    journal.close();
    assert.is(touches.length, ticketsGiven, "none is lost");
    const terminal = createMachine(office, "again");
    terminal.feed({
      type: "journal",
      touches,
      kept: { ...recalled, grants: held, office: shown, contactAt: kept.contactAt },
    });
    terminal.feed({ type: "link", up: true });
    terminal.feed({ type: "beat" });
    terminal.feed({ type: "office", office: shown });

    let adoptions = 0;
    let mostAsked = 0;
    while (terminal.asked.length > 0) {
      mostAsked = Math.max(mostAsked, terminal.asked.length);
      const asked = terminal.asked.splice(0);
      adoptions += asked.filter(({ verb }) => verb === "ticket.adopt").length;
      const answers = await Promise.all(
        asked.map(({ verb, args, request }) => office.ask("terminal", verb, args, request)),
      );
      for (const [index, { request }] of asked.entries()) {
        terminal.feed({ type: "answer", request, answer: answerOf(answers[index] as OutgoingReply) });
      }
    }

    const inOrder = given.toSorted((a, b) => (a.reserve?.order ?? 0) - (b.reserve?.order ?? 0));
    assert.equal(
      office.state.waiting.map(({ number }) => number),
      inOrder.map(({ ticket }) => ticket?.number),
      "each stands where the time of its issue puts it",
    );
    assert.ok(office.state.waiting.every((ticket) => ticket.paper === "printed"), "and its paper is known"); // biome-ignore format: one thought
    assert.is(adoptions, ticketsGiven / adoptedTicketsMax);
    // A batch of numbers, a question for new ones, and the reports.
    assert.ok(mostAsked <= followUpsMax + 2, `${mostAsked} requests at once`);
    assert.equal(terminal.state().touches, [], "nothing is left to be said");
  } finally {
    office.close();
    rmSync(folder, { recursive: true });
  }
});

test.run();
