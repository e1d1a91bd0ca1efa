import type { DeviceEntry } from "../protocol/devices.ts";
import { refuse } from "../protocol/errors.ts";
import type { Parsed, Verb } from "../protocol/requests.ts";
import { commandIdOf } from "./commands.ts";
import type { Asked, Handler, Surroundings } from "./handler.ts";
import { Refused } from "./handler.ts";
import { findTicket } from "./office/decision.ts";
import { takePage } from "./office/page.ts";
import { reprintTicket } from "./office/reprint.ts";
import type { OfficeState } from "./office/state.ts";
import { allUsers } from "./office/users.ts";
import { ticketView } from "./office/views.ts";

const listEntriesDefault = 50;

/** Whatever is a device: what was added as one, terminals and boards, and whoever says how he is. */
function allDevices(state: OfficeState, { devices, commands }: Surroundings): DeviceEntry[] {
  const iso = (at: number) => new Date(at).toISOString();
  return allUsers(state).flatMap(({ user: client, role, device }): DeviceEntry[] => {
    const known = devices.get(client);
    if (!known && !device && role !== "terminal" && role !== "board") return [];
    const open = [...state.alarms.values()].filter((alarm) => alarm.client === client);
    return [
      {
        client,
        role,
        state: known?.status.state ?? "unseen",
        lastSeen: known ? iso(known.lastSeen) : null,
        clockOffsetMs: known?.clockOffsetMs ?? null,
        alarms: open.map(({ alarm, detail, since }) => ({ alarm, detail, since: iso(since) })),
        commands: commands.recent(client),
        status: known?.status ?? null,
      },
    ];
  });
}

const no = (...error: Parameters<typeof refuse>): never => {
  throw new Refused(refuse(...error));
};

/** Gives the command of a request, or says why it cannot be given. */
async function command(args: Parsed<"device.command">, around: Surroundings, { caller, id }: Asked): Promise<string> {
  const { client, command } = args;
  const command_id = commandIdOf(caller.client, id);
  const status = around.devices.get(client)?.status;
  if (command === "reprint") {
    const wanted = { ticket: args.ticket, number: args.number, terminal: client, command: command_id };
    const done = await around.submit({
      decide: (state) => reprintTicket(state, caller, wanted, () => status),
      result: () => undefined,
    });
    if (!done.ok) throw new Refused(done.error);
    return command_id;
  }
  if (!status) return no("bad-request", `client: no device ${client} has been heard since the hub started`);
  if (status.state !== "online") {
    return no("wrong-state", `${client} is not online`, { state: "offline", current: null });
  }
  if (command === "test-print" && status.role !== "terminal") {
    return no("bad-request", `command: ${client} is a ${status.role}, which has no printer`);
  }
  around.commands.send({ id: command_id, client, command });
  return command_id;
}

type DeviceVerb = "device.list" | "device.command" | "ticket.reprint" | "command.done";

/** The verbs about devices and what they are asked to do. */
export const deviceHandlers: { [V in Extract<Verb, DeviceVerb>]: Handler<V> } = {
  "device.list": {
    answer(state, { after, limit = listEntriesDefault }, _now, around) {
      const behind = allDevices(state, around).filter(({ client }) => after === undefined || client > after);
      const { page, next } = takePage(behind, limit, ({ client }) => client);
      return { ok: true, result: { devices: page, next } };
    },
  },
  "device.command": {
    acts: true,
    async later(_state, args, around, asked) {
      const report = await around.commands.outcome(await command(args, around, asked));
      return report ? { command: report } : no("unavailable", "the command was not sent: send the request again");
    },
  },
  "ticket.reprint": {
    decide: (state, caller, args, _now, { devices, secrets }) =>
      reprintTicket(state, caller, { ...args, command: secrets.reference() }, (client) => devices.get(client)?.status),
    result(state, args, _decision, now) {
      const found = findTicket(state, args);
      if (!found.ok) throw new Error("a command succeeded for an unknown ticket");
      return { ticket: ticketView(state, found.value, now) };
    },
  },
  "command.done": {
    answer(_state, args, _now, { commands }, { client }) {
      if (commands.done(client, args)) return { ok: true, result: {} };
      const message = `command: ${args.command} was not given to ${client}, or long ago`;
      return { ok: false, error: refuse("bad-request", message) };
    },
  },
};
