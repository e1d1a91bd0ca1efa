import { callPolicyOf, calls } from "../config/calls.ts";
import type { PolicyName } from "../insight/policies.ts";
import { policies } from "../insight/policies.ts";
import type { Replay, Waiting } from "../insight/replay.ts";
import { replayDay } from "../insight/replay.ts";
import type { RecordedEvent } from "../office/events.ts";
import { readEvent } from "../office/events.ts";
import type { CallPolicy } from "../office/state.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { usageFailure } from "./outcome.ts";
import { paint, table } from "./print.ts";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** No time zone is further from UTC, in milliseconds. */
const zoneMs = 15 * 60 * minuteMs;
/** Entries in a page of events. */
const pageEvents = 100;

export interface ReplayCommand {
  policy: string;
  /** Each of them is replayed with; without any, the number of a hub that is configured as usual. Minutes. */
  walkInMaxWait?: number[];
  appointmentLead?: number;
  epoch?: number;
}

const isPolicy = (name: string): name is PolicyName => Object.hasOwn(policies, name);

/** Reads the events of a day, and those of the hours around it that may belong to it in any time zone. */
async function eventsOf({ ask }: Conversation, date: string, epoch: number | undefined): Promise<RecordedEvent[]> {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const of = epoch === undefined ? {} : { epoch };
  let step = 0;
  const page = async (after: number, limit: number) =>
    (await ask("event.list", { after, limit, ...of }, String(step++))).events.map(readEvent);
  /** The last event before an instant: by halves, since there may be millions of them. */
  const lastBefore = async (instant: number) => {
    const isNextBefore = async (seq: number) => ((await page(seq, 1))[0]?.at ?? instant) < instant;
    let low = 0;
    let reach = 1;
    while (await isNextBefore(low + reach - 1)) {
      low += reach;
      reach *= 2;
    }
    let high = low + reach - 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (await isNextBefore(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const events: RecordedEvent[] = [];
  for (let after = await lastBefore(midnight - zoneMs); ; ) {
    const more = await page(after, pageEvents);
    const wanted = more.filter(({ at }) => at < midnight + dayMs + zoneMs);
    events.push(...wanted);
    const last = more.at(-1);
    if (!last || wanted.length < more.length) return events;
    after = last.seq;
  }
}

/** What a day would have been like under another call policy. */
export async function replay(conversation: Conversation, date: string, command: ReplayCommand): Promise<Outcome> {
  const usual = calls.parse({});
  const { policy, walkInMaxWait = [usual.walkInMaxWaitMinutes] } = command;
  const { appointmentLead = usual.appointmentLeadMinutes } = command;
  if (!isPolicy(policy)) throw usageFailure(`--policy: use one of ${Object.keys(policies).join(", ")}`);
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date))) {
    throw usageFailure(`${date} is not a day: use YYYY-MM-DD`);
  }
  const events = await eventsOf(conversation, date, command.epoch);
  const variants = walkInMaxWait.map((minutes) => {
    const numbers: CallPolicy = {
      ...callPolicyOf(calls.parse({})),
      appointmentLeadMs: appointmentLead * minuteMs,
      walkInMaxWaitMs: minutes * minuteMs,
    };
    const { replayed: _, ...rest } = replayDay(events, { date, policy: policies[policy], calls: numbers });
    return { policy, walkInMaxWait: minutes, appointmentLead, ...rest };
  });
  const json = variants.map(({ recorded, waits, ...variant }) => ({ ...variant, visitors: recorded.length, waits }));
  return { json: { date, variants: json }, text: variants.map(textOf).join("\n\n") };
}

type Variant = Omit<Replay, "replayed"> & { policy: PolicyName; walkInMaxWait: number };

function textOf({ policy, walkInMaxWait, waits, recorded, byHand, guessed, unserved }: Variant): string {
  if (recorded.length === 0) return "nobody was called on that day";
  const name = policy === "ours" ? `ours, turns after ${walkInMaxWait} min` : policy;
  const rows = (["walk-in", "appointment", "all"] as const).flatMap((group) => {
    const [before, after] = [waits.recorded[group], waits.replayed[group]];
    if (before.visitors === 0) return [];
    const cells = measures.flatMap((measure) => [figure(before[measure]), figure(after[measure])]);
    const difference = measures.map((measure) => signed(after[measure] - before[measure])).join(" ");
    return [[group, String(after.visitors), ...cells, difference]];
  });
  const heads = ["", "called", ...measures.flatMap((measure) => [measure, "→"]), "difference"];
  const notes = [
    ...(byHand > 0 ? [`${byHand} were called by number on that day, which no policy does`] : []),
    ...(guessed > 0 ? [`${guessed} left before they were called: how long they would have taken is a guess`] : []),
    ...(unserved > 0 ? [`${unserved} would not have been called`] : []),
  ];
  const title = paint("bold", `waiting in minutes, as it was → by ${name}`);
  return [title, table(heads, rows, ""), ...notes].join("\n");
}

const measures = ["median", "p90", "max"] as const satisfies (keyof Waiting)[];
const figure = (minutes: number) => minutes.toFixed(1);
const signed = (minutes: number) => (minutes >= 0.05 ? "+" : "") + minutes.toFixed(1).replace("-0.0", "0.0");
