import type { DeviceStatus } from "../../protocol/messages.ts";
import type { Arguments, Result } from "../../protocol/requests.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { exitCodes } from "./outcome.ts";
import { dayAndTime, estimate, paint, restoreNote, table } from "./print.ts";

/** Days of opening hours that people are shown. */
const daysShown = 7;

export async function office({ ask }: Conversation): Promise<Outcome> {
  const result = await ask("office.show", {});
  const { name, open, nextChange, services, days, timeZone } = result.office;
  const change = nextChange ? `, until ${dayAndTime(nextChange)}` : "";
  const rows = services.map((service) => [
    service.id,
    service.letter,
    service.open ? "open" : "closed",
    String(service.waiting),
    estimate(service.estimateMinutes),
    service.names.en ?? service.names.de,
  ]);
  const desks = result.desks.map((desk) => [
    desk.id,
    desk.name,
    [desk.state, restoreNote(desk)].filter(Boolean).join(", "),
    desk.number ?? "",
    desk.services.join(", "),
  ]);
  const hours = days.slice(0, daysShown).map((day) => {
    const intervals = day.open.map((interval) => openingHours(interval, timeZone)).join(", ");
    return `  ${day.date}  ${intervals || "closed"}${day.closed ? ` (${day.closed})` : ""}`;
  });
  const text = [
    `${paint("bold", name)}  ${open ? "open" : "closed"}${change}`,
    "",
    table(["service", "letter", "state", "waiting", "expected", "name"], rows, "no services"),
    "",
    table(["desk", "name", "state", "visitor", "services"], desks, "no desks"),
    "",
    ...hours,
  ].join("\n");
  return { json: result, text };
}

/** Opening hours as they hang on the office's door, in its own time zone. */
function openingHours({ from, to }: { from: string; to: string }, timeZone: string): string {
  const format = new Intl.DateTimeFormat("de", { hour: "2-digit", minute: "2-digit", timeZone });
  const until = format.format(Date.parse(to));
  return `${format.format(Date.parse(from))}–${until === "00:00" ? "24:00" : until}`;
}

/** All devices, however many pages of the list it takes. */
export async function listDevices({ ask }: Conversation): Promise<Result<"device.list">["devices"]> {
  const devices: Result<"device.list">["devices"] = [];
  let after: string | null = null;
  let page = 0;
  do {
    const result: Result<"device.list"> = await ask("device.list", after ? { after } : {}, String(page++));
    devices.push(...result.devices);
    after = result.next;
  } while (after);
  return devices;
}

/** What is to be said about a device's peripherals: each that is not well, or that all are. */
export function peripherals(status: DeviceStatus | null): string {
  const all = status?.peripherals ?? {};
  const entries = Object.entries(all);
  const ill = entries.filter(([, { state }]) => state !== "ready");
  if (ill.length === 0) return entries.map(([name]) => name).join(", ") + (entries.length > 0 ? ": ready" : "");
  return ill.map(([name, { state, detail }]) => `${name}: ${state}${detail ? ` (${detail})` : ""}`).join(", ");
}

export async function devices(conversation: Conversation): Promise<Outcome> {
  const list = await listDevices(conversation);
  const rows = list.map(({ client, role, state, lastSeen, status }) => [
    client,
    role,
    state,
    lastSeen ? dayAndTime(lastSeen) : "",
    status?.version ?? "",
    peripherals(status),
  ]);
  const heads = ["device", "role", "state", "heard", "version", "peripherals"];
  return { json: { devices: list }, text: table(heads, rows, "there is no device") };
}

/** What came of a command to a device; what the device itself calls failed is no success here either. */
export async function command(
  { ask }: Conversation,
  client: string,
  command: Arguments<"device.command">["command"],
): Promise<Outcome> {
  const result = await ask("device.command", { client, command });
  const { state, detail } = result.command;
  const text = `${paint("bold", client)}  ${state}: ${detail}`;
  const exitCode = {
    done: exitCodes.done,
    failed: exitCodes.problems,
    sent: exitCodes.noAnswer,
    unknown: exitCodes.noAnswer,
  };
  return { json: result, text, exitCode: exitCode[state] };
}

const bytesPerMegabyte = 1_000_000;

const wayOut =
  "  The database is damaged. Stop the hub, then go back to a backup on its machine: wartemarke restore lists what there is.";

/** What somebody must see to, though the database may be in order. */
function alarmLines(alarms: Result<"hub.check">["alarms"]): string[] {
  if (alarms.length === 0) return [];
  const said = alarms.map(
    ({ since, client, alarm, detail }) => `  ${dayAndTime(since)}  ${client}  ${alarm}  ${detail}`,
  );
  return [paint("red", "alarms"), ...said.map((line) => line.trimEnd())];
}

export async function check({ ask }: Conversation): Promise<Outcome> {
  const result = await ask("hub.check", {});
  const counts = Object.entries(result.counts).map(([name, count]) => `${count} ${name}`);
  const text = [
    result.ok ? paint("bold", "ok") : paint("bold", "PROBLEMS"),
    ...result.problems.map((problem) => `  ${problem}`),
    ...(result.ok ? [] : [wayOut]),
    `  version ${result.version}, epoch ${result.epoch}, event ${result.seq}`,
    `  ${(result.databaseBytes / bytesPerMegabyte).toFixed(1)} MB: ${counts.join(", ")}`,
    ...alarmLines(result.alarms),
  ].join("\n");
  return { json: result, text, exitCode: result.ok ? exitCodes.done : exitCodes.problems };
}

export async function backup({ ask }: Conversation): Promise<Outcome> {
  const result = await ask("backup.now", {});
  return { json: result, text: `${result.path}  ${(result.bytes / bytesPerMegabyte).toFixed(1)} MB` };
}

/** Any verb, with its arguments as JSON; for what has no command of its own. */
export async function request({ ask }: Conversation, verb: string, args: object): Promise<Outcome> {
  const askAny = ask as (verb: string, args: object) => Promise<object>;
  const result = await askAny(verb, args);
  return { json: result, text: JSON.stringify(result, null, 2) };
}
