import { makeId } from "../protocol/ids.ts";
import type { Session, SessionLog } from "../protocol/session.ts";
import type { Payload } from "../protocol/topics.ts";
import type { HubClock } from "./hub-clock.ts";

/** What came of a command; `detail` is for people, at most 200 characters of it are sent. */
export interface CommandOutcome {
  ok: boolean;
  detail: string;
  /** Done once the hub has the answer, or did not take it in time. */
  afterwards?: () => void | Promise<void>;
}

/** What a role does when the hub asks, by verb. A handler that rejects has failed. */
export type CommandHandlers = Partial<
  Record<string, (command: Payload<"command">) => CommandOutcome | Promise<CommandOutcome>>
>;

/** By command id: the id of its answer, and the outcome unless it is under way. Outlives the session. */
export type CommandMemory = Map<string, { request: string; done?: CommandOutcome }>;

/** Commands remembered, so that one that comes again is not done again. */
const commandsRememberedMax = 100;
const detailCharactersMax = 200;
/** The hub's answer to `command.done` is awaited so long, in milliseconds. */
const doneTimeoutMs = 10_000;

export interface CommandParts {
  session: Pick<Session, "subscribe" | "request" | "user">;
  hubClock: Pick<HubClock, "now">;
  log: SessionLog;
  handlers: CommandHandlers;
  memory: CommandMemory;
}

/**
 * Does what the hub asks and answers with `command.done`, also when it cannot. A command that is retained or past its
 * `validUntil` (by the hub's clock) is left alone; one that comes again is answered as before. To be called before the
 * session starts.
 */
export function listenForCommands({ session, hubClock, log, handlers, memory }: CommandParts): void {
  session.subscribe("command", { client: session.user }, (command, { verb }, retained) => {
    const about = { command: command.id, verb };
    if (retained) return log.warn(about, "a retained command was ignored");
    const before = memory.get(command.id);
    if (before) {
      if (before.done) void answer(command.id, before.request, before.done);
      return;
    }
    if (Date.parse(command.validUntil) < hubClock.now()) return log.warn(about, "a command came too late");
    const entry: { request: string; done?: CommandOutcome } = { request: makeId(hubClock.now()) };
    memory.set(command.id, entry);
    for (const oldest of memory.keys()) {
      if (memory.size <= commandsRememberedMax) break;
      memory.delete(oldest);
    }
    void perform(verb, command).then(async (outcome) => {
      log.info({ ...about, ok: outcome.ok, detail: outcome.detail }, "command done");
      entry.done = outcome;
      await answer(command.id, entry.request, outcome);
      await outcome.afterwards?.();
    });
  });

  async function perform(verb: string, command: Payload<"command">): Promise<CommandOutcome> {
    const handler = Object.hasOwn(handlers, verb) ? handlers[verb] : undefined;
    if (!handler) return { ok: false, detail: `this device cannot ${verb}` };
    try {
      return await handler(command);
    } catch (error) {
      return { ok: false, detail: error instanceof Error ? error.message : String(error) };
    }
  }

  function answer(command: string, request: string, { ok, detail }: CommandOutcome): Promise<unknown> {
    const args = { command, ok, detail: detail.slice(0, detailCharactersMax) };
    return session.request("command.done", args, { id: request, timeoutMs: doneTimeoutMs });
  }
}
