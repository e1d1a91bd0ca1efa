import { createHash } from "node:crypto";
import type { CommandReport, DeviceCommand } from "../protocol/devices.ts";
import type { Parsed } from "../protocol/requests.ts";
import type { Session } from "../protocol/session.ts";
import type { Clock } from "./clock.ts";

/** A device does nothing with a command that it gets later than this after it was sent, in milliseconds. */
const validMs = 10_000;
/** Whoever gave a command waits so long for what came of it, in milliseconds: less than any tool waits for an answer. */
export const commandAnswerMs = 4_000;
/** A paper takes its time; behind this a device that has said nothing is not expected to, in milliseconds. */
export const givenUpMs = 45_000;
/** Commands of which each device's last ones are remembered. */
const rememberedMax = 5;

/** A command to be sent; `id` names it for good, so that a device which gets it twice does it once. */
export interface CommandOrder {
  id: string;
  client: string;
  command: DeviceCommand;
  /** What belongs to it, beside `id` and `validUntil`. */
  more?: object;
}

/** What the hub asks of devices, and what they say came of it. Nothing of it outlives the process. */
export interface Commands {
  /** Sends it once; a second order under the same id is not sent while the first is remembered. */
  send(order: CommandOrder): void;
  /** What came of it, or how far it is after `commandAnswerMs`; undefined for one that was not sent from here. */
  outcome(id: string): Promise<CommandReport | undefined>;
  /** A device says what came of a command; false when it was not given one. */
  done(client: string, args: Parsed<"command.done">): boolean;
  /** The last commands to a device, newest first. */
  recent(client: string): CommandReport[];
  forget(client: string): void;
}

export interface CommandsOptions {
  session: Pick<Session, "publish">;
  clock: Clock;
}

interface Sent {
  order: CommandOrder;
  report: CommandReport;
  /** Resolves when the device has said what came of it. */
  answered: Promise<void>;
  settle(): void;
}

/** The id of the command that a request gives: a request that comes again means the same command. */
export const commandIdOf = (client: string, request: string): string =>
  createHash("sha256").update(`${client}/${request}`).digest("hex").slice(0, 32);

export function createCommands({ session, clock }: CommandsOptions): Commands {
  const byClient = new Map<string, Sent[]>();
  const find = (id: string) => [...byClient.values()].flat().find(({ order }) => order.id === id);

  return {
    send(order) {
      if (find(order.id)) return;
      const { id, client, command, more } = order;
      const sentAt = new Date(clock.now()).toISOString();
      const { promise, resolve } = Promise.withResolvers<void>();
      const report: CommandReport = { id, command, sentAt, state: "sent", detail: "no answer yet" };
      const sent: Sent = { order, report, answered: promise, settle: resolve };
      byClient.set(client, [sent, ...(byClient.get(client) ?? [])].slice(0, rememberedMax));
      const validUntil = new Date(clock.now() + validMs).toISOString();
      void session.publish("command", { client, verb: command }, { ...more, id, validUntil });
      clock.after(givenUpMs, () => {
        if (report.state !== "sent") return;
        Object.assign(report, { state: "unknown", detail: "the device has not said what came of it" });
      });
    },
    async outcome(id) {
      const sent = find(id);
      if (!sent) return undefined;
      let cancel = () => {};
      const late = new Promise<void>((resolve) => {
        cancel = clock.after(commandAnswerMs, resolve);
      });
      await Promise.race([sent.answered, late]);
      cancel();
      return { ...sent.report };
    },
    done(client, { command, ok, detail = "" }) {
      const sent = byClient.get(client)?.find(({ order }) => order.id === command);
      if (!sent) return false;
      Object.assign(sent.report, { state: ok ? "done" : "failed", detail });
      sent.settle();
      return true;
    },
    recent: (client) => (byClient.get(client) ?? []).map(({ report }) => ({ ...report })),
    forget: (client) => void byClient.delete(client),
  };
}
