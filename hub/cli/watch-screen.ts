import { stripVTControlCharacters } from "node:util";
import type { Display, Event, HubPresence, Office, Queue } from "../../protocol/messages.ts";
import type { Result } from "../../protocol/requests.ts";
import { eventLine } from "./events.ts";
import { peripherals } from "./office.ts";
import { estimate, exactTime, minutesSince, paint, table, timeOfDay } from "./print.ts";

/** What has been heard so far. */
export interface Watched {
  url: string;
  link: { up: boolean; why: string };
  hub?: HubPresence;
  beatHeardAt?: number;
  office?: Office;
  queues: Map<string, Queue>;
  display?: Display;
  events: Event[];
  devices: Result<"device.list">["devices"];
}

/** No beat for so long means that the hub is not live, in milliseconds. */
const liveMs = 10_000;
const callsShown = 8;
/** For a terminal that does not say how large it is. */
const sizeUnknown = { columns: 80, rows: 24 };

/** The whole screen, line by line, cut to the terminal's size. */
export function drawWatch(watched: Watched, now: number, size: { columns: number; rows: number }): string[] {
  const columns = size.columns || sizeUnknown.columns;
  const rows = size.rows || sizeUnknown.rows;
  const top = [headline(watched, now), "", ...queues(watched), "", ...calls(watched), "", ...devices(watched), ""];
  const room = Math.max(0, rows - top.length - 1);
  const events = watched.events.slice(0, room).map(eventLine);
  return [...top, paint("dim", "events"), ...events].slice(0, rows).map((line) => cut(line, columns));
}

function headline({ hub, beatHeardAt, link, office, url }: Watched, now: number): string {
  const name = paint("bold", office?.name ?? "wartemarke");
  const time = exactTime(new Date(now).toISOString());
  const isLive = hub?.state === "online" && beatHeardAt !== undefined && now - beatHeardAt < liveMs;
  const state = !link.up
    ? paint("red", `NO CONNECTION to ${url}: ${link.why}`)
    : isLive
      ? "live"
      : hub?.state === "online" && beatHeardAt === undefined
        ? "waiting for the hub's beat"
        : paint("red", "NOT LIVE: the hub is away");
  const opening = office ? (office.open ? "open" : "closed") : "";
  return [name, opening, state, time, paint("dim", "q ends")].filter(Boolean).join("  ");
}

function queues({ queues: all }: Watched): string[] {
  const rows = [...all.values()].map((queue) => [
    queue.service,
    String(queue.waiting),
    estimate(queue.estimateMinutes),
    String(queue.desksOpen),
    queue.lastCalled ?? "",
  ]);
  return table(["service", "waiting", "expected", "desks open", "last called"], rows, "no queues yet").split("\n");
}

function calls({ display }: Watched): string[] {
  const shown = display?.calls.slice(0, callsShown) ?? [];
  const rows = shown.map(({ number, deskName, calledAt, count }) => [
    number,
    deskName,
    `${timeOfDay(calledAt)} (${minutesSince(calledAt)})`,
    count > 1 ? `${count} ×` : "",
  ]);
  const message = display?.message ? [`message: ${display.message}`] : [];
  return [...message, ...table(["called", "to", "at", ""], rows, "nobody has been called yet").split("\n")];
}

function devices({ devices: all }: Watched): string[] {
  const rows = all.map(({ client, status }) => [client, status.role, status.state, peripherals(status)]);
  return table(["device", "role", "state", "peripherals"], rows, "no devices").split("\n");
}

/** Cuts a line to a width; one that is too long loses its colours. */
function cut(line: string, columns: number): string {
  const bare = stripVTControlCharacters(line);
  return bare.length <= columns ? line : bare.slice(0, columns);
}
