import { stripVTControlCharacters } from "node:util";
import type { Desk, Display, Event, HubPresence, Office, Queue } from "../../protocol/messages.ts";
import type { Result } from "../../protocol/requests.ts";
import { eventLine } from "./events.ts";
import { peripherals } from "./office.ts";
import { dayAndTime, estimate, exactTime, minutesSince, paint, restoreNote, table, timeOfDay } from "./print.ts";

/** What has been heard so far. */
export interface Watched {
  url: string;
  link: { up: boolean; why: string };
  hub?: HubPresence;
  beatHeardAt?: number;
  office?: Office;
  queues: Map<string, Queue>;
  display?: Display;
  /** The newest first. */
  events: Event[];
  /** The last ones, the newest first. */
  alarms: Event[];
  /** Undefined while not known, or where the user may not see them. */
  desks?: Desk[];
  devices?: Result<"device.list">["devices"];
}

/** No beat for so long means that the hub is not live, in milliseconds. */
const liveMs = 10_000;
/** For a terminal that does not say how large it is. */
const sizeUnknown = { columns: 80, rows: 24 };
/** From so many columns on, two sections stand beside each other. */
const twoColumnsMin = 76;
const gap = "    ";
const leftShareMax = 0.6;
/** Older alarms are not shown: whoever was to see to them has, or sees them in the state of the device, in milliseconds. */
const alarmShownMs = 24 * 3_600_000;
/** Rows that a section gets at least, its title included, before the next one gets any. */
const sectionRowsMin = 3;
const alarmRowsMax = 4;

/** A part of the screen: a title and lines that may be cut off from below. */
type Section = string[];

/** The whole screen, line by line, cut to the terminal's size. */
export function drawWatch(watched: Watched, now: number, size: { columns: number; rows: number }): string[] {
  const columns = size.columns || sizeUnknown.columns;
  const rows = size.rows || sizeUnknown.rows;
  const top = [headline(watched, now), ...(watched.display?.message ? [`message: ${watched.display.message}`] : [])];
  const alarms = alarmSection(watched, now).slice(0, alarmRowsMax);
  const pairs: [Section, Section][] = [
    [queueSection(watched), callSection(watched)],
    [deskSection(watched), deviceSection(watched)],
  ];
  const blocks = columns >= twoColumnsMin ? beside(pairs, columns) : pairs.flat();
  const events = ["", paint("dim", "events"), ...watched.events.map(eventLine)];
  const room = rows - top.length - (alarms.length > 0 ? alarms.length + 1 : 0);
  const body = share(room, [...blocks, events.slice(1)]).flatMap((section) => ["", ...section]);
  const lines = [...top, ...(alarms.length > 0 ? ["", ...alarms] : []), ...body];
  return lines.slice(0, rows).map((line) => fit(line, columns).trimEnd());
}

/**
 * Cuts sections so that all of them fit under each other with an empty line before each: first everybody gets a few
 * lines, then the rest goes out from the top, and what is left belongs to the last one.
 */
function share(room: number, sections: Section[]): Section[] {
  const heights = sections.map(() => 0);
  let left = room;
  const give = (upTo: number) => {
    for (const [index, section] of sections.entries()) {
      const before = heights[index] ?? 0;
      const cost = before === 0 ? 1 : 0;
      const more = Math.min(Math.min(upTo, section.length) - before, left - cost);
      if (more <= 0) continue;
      heights[index] = before + more;
      left -= more + cost;
    }
  };
  give(sectionRowsMin);
  give(Number.POSITIVE_INFINITY);
  return sections.map((section, index) => shortened(section, heights[index] ?? 0)).filter(({ length }) => length > 0);
}

/** The last line says how many are missing, unless that would be all that is left. */
function shortened(section: Section, height: number): Section {
  if (section.length <= height || height < sectionRowsMin) return section.slice(0, height);
  const isEvents = stripVTControlCharacters(section[0] ?? "") === "events";
  if (isEvents) return section.slice(0, height);
  return [...section.slice(0, height - 1), paint("dim", `… ${section.length - height + 1} more`)];
}

const widthOf = (section: Section) => Math.max(0, ...section.map((line) => stripVTControlCharacters(line).length));

/** The left sections get the width that they need, as long as the right ones keep a good part of the screen. */
function beside(pairs: [Section, Section][], columns: number): Section[] {
  const wanted = Math.max(...pairs.map(([left]) => widthOf(left)));
  const width = Math.min(wanted, Math.floor(columns * leftShareMax));
  return pairs.map(([left, right]) =>
    Array.from({ length: Math.max(left.length, right.length) }, (_, row) =>
      [fit(left[row] ?? "", width), right[row] ?? ""].join(gap),
    ),
  );
}

/** Escape sequences that colour; everything else of the kind must not reach a terminal. */
const colour = "\x1b\\[[0-9;]*m";
const colours = new RegExp(colour, "g");
const otherControls = new RegExp(`(?!${colour})\\p{Cc}`, "gu");

/** Cuts or fills a line to a width and keeps its colours; what a device or visitor sent cannot move the cursor. */
function fit(line: string, width: number): string {
  const safe = line.replace(otherControls, "�");
  let shown = "";
  let length = 0;
  let at = 0;
  for (const match of [...safe.matchAll(colours), undefined]) {
    const words = [...safe.slice(at, match?.index)];
    shown += words.slice(0, width - length).join("");
    length = Math.min(width, length + words.length);
    shown += match?.[0] ?? "";
    at = match ? match.index + match[0].length : at;
  }
  return shown + " ".repeat(width - length);
}

function headline({ hub, beatHeardAt, link, office, url }: Watched, now: number): string {
  const name = paint("bold", office?.name ?? "wartemarke");
  const time = exactTime(new Date(now).toISOString());
  const isLive = hub?.state === "online" && beatHeardAt !== undefined && now - beatHeardAt < liveMs;
  const state = !link.up
    ? paint("red", `NO CONNECTION to ${url}: ${link.why}`)
    : isLive
      ? paint("green", "live")
      : hub?.state === "online" && beatHeardAt === undefined
        ? "waiting for the hub's beat"
        : paint("red", "NOT LIVE: the hub is away");
  const opening = office ? (office.open ? "open" : "closed") : "";
  return [name, opening, state, time, paint("dim", "q ends")].filter(Boolean).join("  ");
}

const lines = (heads: string[], rows: string[][], none: string): Section =>
  rows.length > 0 ? table(heads, rows, none).split("\n") : [paint("dim", heads[0] ?? ""), none];

function queueSection({ queues }: Watched): Section {
  const rows = [...queues.values()].map((queue) => [
    queue.service,
    String(queue.waiting),
    queue.estimateMinutes ? estimate(queue.estimateMinutes) : "–",
    String(queue.desksOpen),
    queue.lastCalled ?? "",
  ]);
  return lines(["queue", "waits", "expected", "desks", "last"], rows, "no queues yet");
}

function callSection({ display }: Watched): Section {
  const rows = (display?.calls ?? []).map(({ number, deskName, calledAt, count }) => [
    number,
    deskName,
    timeOfDay(calledAt),
    minutesSince(calledAt),
    count > 1 ? `${count} ×` : "",
  ]);
  return lines(["called", "to", "at", "ago", ""], rows, "nobody has been called yet");
}

function deskSection({ desks, display }: Watched): Section {
  if (!desks) return [paint("dim", "desk"), "only an admin sees the desks"];
  const rows = desks.map((desk) => {
    const { id, name, state, number } = desk;
    const call = display?.calls.find((each) => each.desk === id && each.number === number);
    const since = number && call ? minutesSince(call.calledAt) : "";
    return [name, state, number ?? "", since, ...(restoreNote(desk) ? [paint("red", restoreNote(desk))] : [])];
  });
  return lines(["desk", "state", "visitor", "since"], rows, "no desks");
}

function deviceSection({ devices }: Watched): Section {
  if (!devices) return [paint("dim", "device"), "only an admin sees the devices"];
  const rows = devices.flatMap(({ client, status, lastSeen }) => {
    if (!status) return [];
    const isIll =
      status.state === "offline" || Object.values(status.peripherals).some(({ state }) => state !== "ready");
    const heard = timeOfDay(lastSeen ?? status.at);
    const state = status.state === "online" ? peripherals(status) || "online" : `offline since ${heard}`;
    return [[client, isIll ? paint("red", state) : state]];
  });
  return lines(["device", "state"], rows, "no device has been heard");
}

/** What somebody should see to, the newest first. */
function alarmSection({ alarms }: Watched, now: number): Section {
  const recent = alarms.filter(({ at }) => now - Date.parse(at) < alarmShownMs);
  if (recent.length === 0) return [];
  const said = recent.map((event) => {
    const { client, alarm, detail } = event as Record<string, unknown>;
    return `${dayAndTime(event.at)}  ${[client, alarm, detail].filter(Boolean).join("  ")}`;
  });
  return [paint("red", "alarms"), ...said];
}
