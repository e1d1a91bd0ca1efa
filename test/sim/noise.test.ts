// time limit: 300 s
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { makeCheckInCode } from "../../protocol/check-in-code.ts";
import { verbs } from "../../protocol/requests.ts";
import { badArguments, goodArguments } from "../bad-arguments.ts";
import { fuzzRuns, hostilePayload, hostileText, mutated } from "../fuzz.ts";
import type { CalmOffice } from "./calm-office.ts";
import { inCalmOffice } from "./calm-office.ts";
import type { Network } from "./network.ts";
import * as office from "./office.ts";
import type { Life } from "./schedule.ts";

const minuteMs = 60_000;
/** Messages of one run. */
const messagesMax = 60;

/** A message that somebody got, and the way to hand him another one. */
interface Heard {
  who: string;
  topic: string;
  value: unknown;
}

/** Keeps what everybody hears, by listener and topic, and lets a test say anything to them. */
function eavesdrop(network: Network) {
  const heard = new Map<string, Heard>();
  const ears = new Map<string, { life: Life; hear(topic: string, payload: Buffer): void }>();
  const { connector } = network;
  network.connector = (who, life) => (options, events) => {
    const { message } = events;
    ears.set(who.user, {
      life,
      hear: (topic, payload) =>
        message(topic, payload, { topic, payload, retain: false } as Parameters<typeof message>[2]),
    });
    return connector(who, life)(options, {
      ...events,
      message(topic, payload, packet) {
        const value = payload.length === 0 ? {} : JSON.parse(payload.toString());
        heard.set(`${who.user} ${topic}`, { who: who.user, topic, value });
        message(topic, payload, packet);
      },
    });
  };
  return { heard, ears };
}

/** A number is printed for a touch, and called onto the board. */
async function givesNumbers({ schedule, terminal, board, connect }: CalmOffice, papers: string[]): Promise<void> {
  const before = papers.length;
  const life: Life = { name: "desk", alive: true };
  const desk = connect("desk-1", "desk", life);
  const deadline = schedule.now() + 15 * minuteMs;
  // Whatever was said to it, a screen comes back by itself.
  while (papers.length === before && schedule.now() < deadline) {
    terminal.screen.touch({ id: `done-${schedule.now()}`, do: "done" });
    terminal.screen.touch({ id: `touch-${schedule.now()}`, do: "choose", service: "id-card" });
    await schedule.run(schedule.now() + 10_000);
  }
  assert.ok(papers.length > before, `no paper: ${JSON.stringify(terminal.screen.view?.screen)}`);
  const number = papers.at(-1);
  const opened = desk.request("desk.open", { desk: "1" });
  await schedule.run(schedule.now() + 2_000);
  const answer = await opened;
  if (answer.state !== "done") throw new Error(`the desk does not open: ${JSON.stringify(answer)}`);
  let called: string | undefined;
  for (let current = answer.result.desk.ticket; called !== number && schedule.now() < deadline + minuteMs; ) {
    const asked = desk.request("call.next", { desk: "1", ...(current ? { current, finish: true } : {}) });
    await schedule.run(schedule.now() + 2_000);
    const answer = await asked;
    assert.is(answer.state, "done", JSON.stringify(answer));
    if (answer.state !== "done" || !answer.result.ticket) break;
    current = answer.result.ticket.id;
    called = answer.result.ticket.number;
  }
  assert.is(called, number);
  await schedule.run(schedule.now() + minuteMs);
  assert.is(board.screen.view?.current?.number ?? board.screen.view?.last[0]?.number, number);
  const stopped = desk.stop();
  await schedule.run(schedule.now() + 1_000);
  await stopped;
}

test("whatever hub, terminal, board and desk are told, they go on: numbers are given, printed, called and shown", async () => {
  const papers: string[] = [];
  let ear: ReturnType<typeof eavesdrop> | undefined;
  const parts = {
    seed: 1,
    from: office.openFrom + minuteMs,
    config: { openingHours: "24/7" },
    paper: ({ number }: { number: string }) => void papers.push(number),
    prepare(network: Network) {
      ear = eavesdrop(network);
    },
  };
  await inCalmOffice(parts, async (calm) => {
    const { schedule, hub, terminal, network } = calm;
    await schedule.run(schedule.now() + minuteMs);
    await givesNumbers(calm, papers);
    const { heard, ears } = ear as NonNullable<typeof ear>;
    const asked = Object.entries(verbs).flatMap(([verb, { args }]) => {
      // An administrator may shut the office or throw everybody out, by mistake too: then nothing is left to look at.
      if (/^(office\.change|user|device)/.test(verb)) return [];
      const topic = (user: string) => network.names.topic("request", { client: user, verb });
      return ["terminal-a", "desk-1", "admin"].flatMap((user) =>
        [...goodArguments(args), ...badArguments(args)].map(
          ({ args: given }): Heard => ({ who: "hub", topic: topic(user), value: given }),
        ),
      );
    });
    const known = [...heard.values()];
    for (const { who, topic, value } of [...known]) {
      // A hub whose clock was never set, or is far ahead.
      for (const at of ["1900-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]) {
        if (topic.endsWith("/beat")) known.push({ who, topic, value: { ...(value as object), at } });
      }
    }
    for (const end of ["/office", "/beat", "/hub", "/display/all", "/queue/id-card"]) {
      assert.ok(
        known.some(({ who, topic }) => who !== "hub" && topic.endsWith(end)),
        `nobody heard ${end}`,
      );
    }
    const command = (verb: string): Heard => ({
      who: "terminal-a",
      topic: network.names.topic("command", { client: "terminal-a", verb }),
      value: { id: "c", validUntil: "2027-01-01T00:00:00Z", ticket: {}, language: "de" },
    });
    const message = fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...known, command("reprint"), command("reload"), command("nothing")) },
      { weight: 1, arbitrary: fc.constantFrom(...asked) },
    );
    let ids = 0;
    /** Without an id of its own a request would be no more than a repeat. */
    const withId = ({ who, value }: Heard) =>
      who === "hub" ? { ...(value as object), id: `noise-${++ids}`, reply: "noise" } : value;
    const said = message.chain((one) =>
      fc.record({ one: fc.constant(one), bytes: hostilePayload(fc.constant(0).map(() => withId(one))) }),
    );
    const code = makeCheckInCode({ site: 1, day: "2026-11-23" });
    const scan = fc.oneof(hostileText, mutated(fc.constant(code)).map(String));
    const touch = mutated(
      fc.constantFrom<object>(
        { id: "a", do: "choose", service: "id-card" },
        { id: "b", do: "language", language: "en" },
        { id: "c", do: "birthdate" },
        { id: "d", do: "digit", digit: "9" },
        { id: "e", do: "enter" },
        { id: "f", do: "again" },
      ),
    );
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: said.map(({ one, bytes }) => () => {
          const listener = ears.get(one.who);
          if (listener) schedule.after(1, listener.life, () => listener.hear(one.topic, bytes));
        }),
      },
      { weight: 1, arbitrary: scan.map((text) => () => terminal.scanner.read(text)) },
      { weight: 1, arbitrary: touch.map((input) => () => terminal.screen.touch(input)) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(step, fc.nat(3_000)), { maxLength: messagesMax }), async (steps) => {
        for (const [act, ms] of steps) {
          act();
          await schedule.run(schedule.now() + ms);
        }
        assert.ok(hub.running && terminal.powered);
      }),
      fuzzRuns(150),
    );
    // The hub says everything anew when it starts; what the devices were told in between is over.
    hub.stop();
    await schedule.run(schedule.now() + minuteMs);
    hub.start();
    await schedule.run(schedule.now() + minuteMs);
    await givesNumbers(calm, papers);
    assert.is(new Set(papers).size, papers.length, "no number twice");
  });
});

test.run();
