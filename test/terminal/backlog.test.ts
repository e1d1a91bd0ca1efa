import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createJournal, type Journal } from "../../device/journal.ts";
import { followUpsMax } from "../../device/terminal/limits.ts";
import { firstState, step } from "../../device/terminal/machine.ts";
import type { AnswerState, Effect, News, State, Touch } from "../../device/terminal/types.ts";
import type { OutgoingReply } from "../../hub/requests.ts";
import { adoptedTicketsMax } from "../../protocol/reserve.ts";
import type { TestOffice } from "../hub/test-office.ts";
import { openOffice } from "../hub/test-office.ts";
import { choose, paper, requestOf, touch } from "./drive.ts";
import { makeOffice, makeSettings } from "./terminal.ts";

/** A busy day of an office whose hub is away, at one terminal. */
const ticketsGiven = 5_000;
const ticketEveryMs = 5_000;
const letters = [..."ABCDEFGHIJK"];

const services = letters.map((letter) => ({
  id: `service-${letter.toLowerCase()}`,
  letter,
  names: { de: letter },
  minutes: 1,
}));
const config = {
  openingHours: "24/7",
  numberDigits: 4,
  // The most that a terminal may have of a series: of each some are left.
  reserve: { numbers: 500 },
  services,
  desks: [{ id: "1", name: "Platz 1", services: services.map(({ id }) => id) }],
};
const silent = { warn() {}, error() {} };
const shown = makeOffice({
  services: services.map((service) => ({ ...service, open: true, waiting: 0, estimateMinutes: null })),
});
type Request = Extract<Effect, { type: "request" }>;

/** A terminal's machine over its journal, with what it asks the hub, begun with all that the journal knows. */
function startMachine(office: TestOffice, journal: Journal, name: string) {
  let state: State = firstState({ ...makeSettings(), client: "terminal" }, office.now);
  let inputs = 0;
  const asked: Request[] = [];
  const keep = (effect: Extract<Effect, { type: "keep" }>) => {
    if (effect.what === "grants") journal.hold(effect.grants);
    else if (effect.what === "list") journal.keepList(effect.list, effect.since);
    else if (effect.what === "office") journal.keep("office", effect.office);
    else if (effect.what === "epoch") journal.keep("epoch", { epoch: effect.epoch });
    else journal.keep("clock", { contactAt: effect.contactAt, aheadMs: 0, boot: name });
  };
  const machine = {
    state: () => state,
    /** What it has sent and no answer came to. */
    asked,
    stored: new Map<string, Touch>(),
    feed(...given: News[]) {
      for (const one of given) {
        inputs += 1;
        const id = `${name}-${inputs}`;
        const next = step(state, { ...one, at: office.now, hubTime: office.now, timeIsSure: true, id });
        state = next.state;
        for (const effect of next.effects) {
          if (effect.type === "store") {
            journal.store(effect.touch);
            machine.stored.set(effect.touch.request, effect.touch);
          } else if (effect.type === "keep") keep(effect);
          else if (effect.type === "request") asked.push(effect);
          else if (effect.type === "recall") {
            machine.feed({ type: "recalled", after: effect.after, ...journal.given(effect.day, effect.after) });
          }
        }
      }
    },
    /** Takes a number of the reserve, on paper. */
    take(service: string | undefined): Touch | undefined {
      machine.feed(choose(service));
      const request = requestOf(state);
      machine.feed(paper(`${request}.0`, "printed"), touch({ do: "done" }));
      return machine.stored.get(request);
    },
    /** The hub is there, until all that is asked is answered. */
    async connect() {
      machine.feed(
        { type: "link", up: true },
        { type: "beat", epoch: office.state.epoch },
        { type: "office", office: shown },
      );
      let [adoptions, mostAsked] = [0, 0];
      while (asked.length > 0) {
        mostAsked = Math.max(mostAsked, asked.length);
        const sent = asked.splice(0);
        adoptions += sent.filter(({ verb }) => verb === "ticket.adopt").length;
        const answers = await Promise.all(
          sent.map(({ verb, args, request }) => office.ask("terminal", verb, args, request)),
        );
        for (const [index, { request }] of sent.entries()) {
          machine.feed({ type: "answer", request, answer: answerOf(answers[index] as OutgoingReply) });
        }
      }
      return { adoptions, mostAsked };
    },
    /** The hub is away, and the terminal has found out. */
    disconnect() {
      machine.feed({ type: "link", up: false });
      office.now += 60_000;
      machine.feed({ type: "tick" });
    },
  };
  const { clock, ...kept } = journal.recall();
  machine.feed({
    type: "journal",
    touches: journal.open(),
    last: journal.last(),
    kept: { ...kept, contactAt: clock?.contactAt ?? null },
  });
  machine.feed({ type: "status", peripheral: "printer", status: { state: "ready", detail: "" } });
  return machine;
}

const answerOf = (reply: OutgoingReply): AnswerState =>
  reply.ok ? { state: "done", result: reply.result } : { state: "refused", error: reply.error };
const numberOf = (touch: Touch | undefined) => touch?.ticket?.number ?? "none";

test(`${ticketsGiven} numbers of a day without the hub: none is lost or given again over a power cut, and the hub takes them in order and is not flooded`, async () => {
  // To wait for a disk after each touch would take minutes.
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "wartemarke-backlog-"));
  const office = openOffice({ now: Date.parse("2026-11-23T08:00:00+01:00"), config });
  try {
    const journal = createJournal(join(folder, "before", "journal.sqlite"), silent);
    const alone = startMachine(office, journal, "alone");
    await alone.connect();
    alone.disconnect();
    const given: Touch[] = [];
    for (let index = 0; index < ticketsGiven; index += 1) {
      office.now += ticketEveryMs;
      const one = alone.take(services[index % services.length]?.id);
      if (one) given.push(one);
    }
    assert.is(new Set(given.map(numberOf)).size, ticketsGiven);
    assert.is(office.state.waiting.length, 0, "of none the hub knows");

    // The power goes in the evening: what is on the disk at that moment is all that is left.
    cpSync(join(folder, "before"), join(folder, "after"), { recursive: true });
    journal.close();
    const found = createJournal(join(folder, "after", "journal.sqlite"), silent);
    assert.is(found.open().length, ticketsGiven, "none is lost");
    const terminal = startMachine(office, found, "again");
    terminal.disconnect();
    for (const service of services) {
      office.now += ticketEveryMs;
      const one = terminal.take(service.id);
      if (one) given.push(one);
    }
    const numbers = given.map(numberOf);
    assert.is(new Set(numbers).size, ticketsGiven + letters.length, "none is given again");

    // Only then does the hub come back.
    const { adoptions, mostAsked } = await terminal.connect();
    assert.equal(
      office.state.waiting.map(({ number }) => number),
      numbers,
      "each stands where the time of its issue puts it",
    );
    assert.ok(office.state.waiting.every((ticket) => ticket.paper === "printed"), "and its paper is known"); // biome-ignore format: one thought
    assert.is(adoptions, Math.ceil(numbers.length / adoptedTicketsMax));
    // A batch of numbers, a question for new ones, and the reports.
    assert.ok(mostAsked <= followUpsMax + 2, `${mostAsked} requests at once`);
    assert.equal(terminal.state().touches, [], "nothing is left to be said");
    found.close();
  } finally {
    office.close();
    rmSync(folder, { recursive: true });
  }
});

test.run();
