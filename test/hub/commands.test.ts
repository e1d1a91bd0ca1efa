import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commandAnswerMs, commandIdOf, createCommands } from "../../hub/commands.ts";
import type { Session } from "../../protocol/session.ts";

const test = suite("commands");

/** Commands over a session that only notes what is sent, with time that a test moves. */
function scene() {
  const sent: { client: string; verb: string; payload: { id: string; validUntil: string } }[] = [];
  const timers: { at: number; then(): void }[] = [];
  const it = { now: Date.parse("2026-11-23T08:00:00Z") };
  const session = {
    async publish(_key: string, levels: { client: string; verb: string }, payload: { id: string; validUntil: string }) {
      sent.push({ ...levels, payload });
      return true;
    },
  } as unknown as Session;
  const commands = createCommands({
    session,
    clock: {
      now: () => it.now,
      every: () => () => {},
      after(ms, then) {
        const timer = { at: it.now + ms, then };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
    },
  });
  const pass = (ms: number) => {
    it.now += ms;
    for (const timer of timers.filter(({ at }) => at <= it.now)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.then();
    }
  };
  return { commands, sent, pass, timers };
}

test("a command is valid for ten seconds, and its outcome is what the device says", async () => {
  const { commands, sent } = scene();
  commands.send({ id: "c-1", client: "board-1", command: "identify", more: { colour: "red" } });
  const validUntil = "2026-11-23T08:00:10.000Z";
  assert.equal(sent, [{ client: "board-1", verb: "identify", payload: { colour: "red", id: "c-1", validUntil } }]);
  const outcome = commands.outcome("c-1");
  assert.not.ok(commands.done("board-2", { command: "c-1", ok: true }), "another device has no word in it");
  assert.not.ok(commands.done("board-1", { command: "c-2", ok: true }), "nor has a command that was not given");
  assert.ok(commands.done("board-1", { command: "c-1", ok: true, detail: "it flashes" }));
  const report = { id: "c-1", command: "identify", sentAt: "2026-11-23T08:00:00.000Z", state: "done" };
  assert.equal(await outcome, { ...report, detail: "it flashes" });
  assert.ok(commands.done("board-1", { command: "c-1", ok: true, detail: "it flashes" }), "a repeat is taken too");
  assert.is(await commands.outcome("c-3"), undefined);
});

test("whoever waits is told after four seconds how far it is; what comes later is remembered", async () => {
  const { commands, pass } = scene();
  commands.send({ id: "c-1", client: "terminal-1", command: "test-print" });
  const outcome = commands.outcome("c-1");
  pass(commandAnswerMs);
  assert.is((await outcome)?.state, "sent");
  commands.done("terminal-1", { command: "c-1", ok: false, detail: "paper-out" });
  const [report] = commands.recent("terminal-1");
  assert.equal([report?.state, report?.detail], ["failed", "paper-out"]);
  pass(60_000);
  assert.is(commands.recent("terminal-1")[0]?.state, "failed");
});

test("no answer is unknown, and never refused", async () => {
  const { commands, pass } = scene();
  commands.send({ id: "c-1", client: "terminal-1", command: "reprint", more: {} });
  pass(44_999);
  assert.is(commands.recent("terminal-1")[0]?.state, "sent");
  pass(1);
  assert.is(commands.recent("terminal-1")[0]?.state, "unknown");
  commands.done("terminal-1", { command: "c-1", ok: true, detail: "printed" });
  assert.is(commands.recent("terminal-1")[0]?.state, "done", "better late");
});

test("a command is sent once, the last five of each device are remembered, and those of a removed one are not", () => {
  const { commands, sent } = scene();
  for (const id of ["1", "2", "3", "3", "4", "5", "6"]) commands.send({ id, client: "board-1", command: "identify" });
  assert.equal(
    sent.map(({ payload }) => payload.id),
    ["1", "2", "3", "4", "5", "6"],
  );
  assert.equal(
    commands.recent("board-1").map(({ id }) => id),
    ["6", "5", "4", "3", "2"],
  );
  commands.forget("board-1");
  assert.equal(commands.recent("board-1"), []);
});

test("the same request of the same client means the same command, and no other does", () => {
  assert.is(commandIdOf("admin", "r-1"), commandIdOf("admin", "r-1"));
  assert.is.not(commandIdOf("admin", "r-1"), commandIdOf("admin", "r-2"));
  assert.is.not(commandIdOf("admin", "r-1"), commandIdOf("chief", "r-1"));
  assert.match(commandIdOf("a".repeat(32), "r".repeat(64)), /^[0-9a-f]{32}$/);
});

test.run();
