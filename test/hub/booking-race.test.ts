// time limit: 240 s
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { test } from "uvu";
import * as assert from "uvu/assert";
import texts from "../../hub/web/booking/texts.de.json" with { type: "json" };
import { makeId } from "../../protocol/ids.ts";
import type { Session } from "../../protocol/session.ts";
import type { MovableTime } from "../fake-time.ts";
import { movableTime } from "../fake-time.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import type { BrowserAnswer } from "./booking-client.ts";
import type { Visitor } from "./booking-crowd.ts";
import { gatherCrowd } from "./booking-crowd.ts";
import { temporaryFolder } from "./hub-process.ts";
import type { OfficeProcess } from "./office-process.ts";
import { ask, openOfficeProcess } from "./office-process.ts";
import { overbooked, storedBookings } from "./stored-bookings.ts";

const crowd = 50;
/** Of each time one place is taken already, and one is the last. */
const desks = 2;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Each round has a time of its own; others are tried by those who move. */
const stepMs = 30 * minuteMs;
const firstRoundMs = 96 * hourMs;
const elsewhereMs = 14 * 24 * hourMs;
const confirmMs = 2 * hourMs;

const service = "id-card";
/** The proxy's name, behind which visitors have addresses of their own. */
const publicHost = "termine.example";

interface Race {
  office: OfficeProcess;
  staff: Session;
  time: MovableTime;
  visitors: Visitor[];
  /** Where the hub keeps its file and its mails. */
  data: string;
}

/** What all want, and what one of the crowd does instead at the same instant. */
interface Round {
  index: number;
  /** The time that all want, in milliseconds since the epoch. */
  at: number;
}

type Kind = "plain" | "telephone" | "cancel" | "move away" | "move here" | "lapse" | "confirm";

/** A hundred, mixed. In `plain` ones all fifty want the same; in the others one of them does what the name says. */
const kinds = Array.from({ length: 100 }, (_, index): Kind => {
  const others: Kind[] = ["telephone", "cancel", "move away", "move here", "lapse", "confirm"];
  return index % 5 < 2 ? "plain" : (others[index % others.length] as Kind);
});

/** Every visitor has an address in a network of his own, in every round. */
const addressOf = (round: number, visitor: number) => `10.${round}.${visitor}.7`;
const personOf = (round: number, visitor: number) => ({
  name: `Besucherin ${visitor}`,
  email: `visitor-${visitor}-${round}@example.org`,
  phone: "02362 1234",
  birthdate: "09.03.1984",
});
const formPath = (at: number) => `/book/person?lang=de&n-${service}=1&at=${at}`;

const isReserved = ({ status, location }: BrowserAnswer) => status === 303 && location.startsWith("/book/done");

/** The clear page: what happened, and the times that are free instead. */
function isToldTaken({ status, body }: BrowserAnswer): boolean {
  return status === 409 && body.includes(texts.errors.taken) && timesIn(body).length > 0;
}

const timesIn = (body: string) =>
  [...body.matchAll(/<input type="radio" [^>]*name="at" value="(\d+)"/g)].map(([, value]) => Number(value));

/** The link of the mail that asks for a confirmation. */
async function activationLink({ data }: Race, reference: string): Promise<string> {
  const folder = join(data, "mail");
  // One that begins with a dot is still being written.
  const isIt = (name: string) => !name.startsWith(".") && name.endsWith(`${reference}.1.activation.eml`);
  const name = await until("the activation mail", () => {
    try {
      return readdirSync(folder).find(isIt);
    } catch {
      return undefined;
    }
  });
  const { text = "" } = await PostalMime.parse(readFileSync(join(folder, name)));
  return /\/appointment\/[\w-]+/.exec(text)?.[0] ?? "no link in the mail";
}

const bookings = ({ data }: Race) => storedBookings(join(data, "hub.sqlite"));
const stored = (race: Race, reference: string) => bookings(race).find(({ id }) => id === reference);

/** Books on the web for the one of the crowd who will do something else than the others. */
async function reserve(race: Race, round: Round, holder: Visitor, at: number) {
  const person = personOf(round.index, crowd);
  const { hidden } = await holder.open(formPath(at), addressOf(round.index, crowd));
  const { booking = "" } = hidden;
  const answer = await holder.submit(person);
  assert.ok(isReserved(answer), `the holder has not reserved: ${answer.status} ${answer.body}`);
  return { booking, link: await activationLink(race, booking) };
}

async function bookBinding(race: Race, round: Round, holder: Visitor, at: number) {
  const held = await reserve(race, round, holder, at);
  await holder.open(held.link, addressOf(round.index, crowd));
  assert.is((await holder.submit({})).status, 303);
  assert.is(stored(race, held.booking)?.state, "confirmed");
  return held;
}

const bookByTelephone = ({ staff, time }: Race, at: number) => {
  const args = { services: [service], at: new Date(at).toISOString(), person: { name: "Am Telefon", birthdates: [] } };
  return staff.request("appointment.book", args, { id: makeId(time.now()) });
};

/** What the one who is not of the crowd prepares, does at the instant, and what must be true of it then. */
interface Deed {
  /** Fills in a form that goes off with those of the crowd. */
  fields?: Record<string, string>;
  /** Happens while the hub stands still, or just before the forms go off. */
  atOnce?(): void;
  /** Whether every round of this kind stops the hub until all forms are there. */
  frozen?: boolean;
  /** @param won how many of the crowd have the place; gives what is wrong, or nothing. */
  judge(won: number, answer: BrowserAnswer | undefined): Promise<string | undefined> | string | undefined;
}

const exactlyOne = (won: number) => (won === 1 ? undefined : `${won} have the last place`);
const atMostOne = (won: number) => (won <= 1 ? undefined : `${won} have one place`);

const prepare: Record<Kind, (race: Race, round: Round, holder: Visitor) => Promise<Deed>> = {
  async plain(race, { at }) {
    await ask(race.staff, "appointment.book", bookArgs(at), { id: makeId(race.time.now()) });
    return { judge: exactlyOne };
  },
  async telephone(race, { at }) {
    await ask(race.staff, "appointment.book", bookArgs(at), { id: makeId(race.time.now()) });
    let call: ReturnType<typeof bookByTelephone> | undefined;
    return {
      atOnce() {
        call = bookByTelephone(race, at);
      },
      async judge(won) {
        const answer = await call;
        if (answer?.state === "done") return won === 0 ? undefined : "given to a visitor and by telephone";
        const code = answer?.state === "refused" ? answer.error.code : answer?.state;
        return code === "slot-taken" ? exactlyOne(won) : `the telephone got ${code}`;
      },
    };
  },
  async cancel(race, round, holder) {
    await ask(race.staff, "appointment.book", bookArgs(round.at), { id: makeId(race.time.now()) });
    const { booking, link } = await bookBinding(race, round, holder, round.at);
    await holder.open(`${link}/cancel`, addressOf(round.index, crowd));
    return {
      fields: {},
      judge: (won) => (stored(race, booking)?.state === "cancelled" ? atMostOne(won) : "not cancelled"),
    };
  },
  async "move away"(race, round, holder) {
    await ask(race.staff, "appointment.book", bookArgs(round.at), { id: makeId(race.time.now()) });
    const { booking, link } = await bookBinding(race, round, holder, round.at);
    await holder.open(`${link}/move`, addressOf(round.index, crowd));
    const to = round.at + elsewhereMs;
    return {
      fields: { at: String(to) },
      judge: (won) => (stored(race, booking)?.at === to ? atMostOne(won) : "not moved"),
    };
  },
  async "move here"(race, round, holder) {
    await ask(race.staff, "appointment.book", bookArgs(round.at), { id: makeId(race.time.now()) });
    const from = round.at + elsewhereMs;
    const { booking, link } = await bookBinding(race, round, holder, from);
    await holder.open(`${link}/move`, addressOf(round.index, crowd));
    return {
      fields: { at: String(round.at) },
      judge(won, answer) {
        const { at, state } = stored(race, booking) ?? {};
        if (state !== "confirmed") return `what was to be moved is ${state}`;
        if (at === round.at) return won === 0 && answer?.status === 303 ? undefined : "moved to a place that was given";
        const isTold = answer?.status === 409 && answer.body.includes(texts.errors.taken);
        return at === from && isTold ? exactlyOne(won) : "the old time was lost, or nothing was said";
      },
    };
  },
  async lapse(race, round, holder) {
    await ask(race.staff, "appointment.book", bookArgs(round.at), { id: makeId(race.time.now()) });
    const { booking, link } = await reserve(race, round, holder, round.at);
    const reservedAt = race.time.now();
    await holder.open(link, addressOf(round.index, crowd));
    return {
      fields: {},
      frozen: true,
      // The click comes too late, and with it all who may have the place now.
      atOnce: () => race.time.moveTo(reservedAt + confirmMs + 2_000),
      judge(won, answer) {
        const { state } = stored(race, booking) ?? {};
        const isTold = answer?.status === 409 && answer.body.includes(texts.appointment.expired);
        return state === "lapsed" && isTold ? exactlyOne(won) : `${state} after its time, answered ${answer?.status}`;
      },
    };
  },
  async confirm(race, round, holder) {
    await ask(race.staff, "appointment.book", bookArgs(round.at), { id: makeId(race.time.now()) });
    const before = race.time.now();
    const { booking, link } = await reserve(race, round, holder, round.at);
    await holder.open(link, addressOf(round.index, crowd));
    return {
      fields: {},
      frozen: true,
      // The last moments of the two hours: the click counts, and nobody else gets the place.
      atOnce: () => race.time.moveTo(before + confirmMs - 15_000),
      judge(won) {
        const { state } = stored(race, booking) ?? {};
        return state === "confirmed" && won === 0 ? undefined : `${state} in time, and ${won} have its place`;
      },
    };
  },
};

const bookArgs = (at: number) => ({
  services: [service],
  at: new Date(at).toISOString(),
  person: { name: "Am Telefon", birthdates: [] },
});

/** One round; gives what is wrong, in words. */
async function run(race: Race, round: Round, kind: Kind): Promise<string[]> {
  const { office, visitors } = race;
  const holder = visitors[round.index % crowd] as Visitor;
  const deed = await prepare[kind](race, round, holder);
  const isActing = deed.fields !== undefined;
  // Before that instant everybody has seen the form for this time, and filled it in.
  const forms = await Promise.all(
    visitors.map(async (visitor, index) => {
      if (visitor === holder && isActing) {
        await visitor.fill(deed.fields ?? {});
        return "";
      }
      const { hidden } = await visitor.open(formPath(round.at), addressOf(round.index, index));
      await visitor.fill(personOf(round.index, index));
      return hidden.booking ?? "";
    }),
  );
  const isFrozen = deed.frozen ?? round.index % 2 === 0;
  if (isFrozen) office.hub.signal("SIGSTOP");
  deed.atOnce?.();
  await Promise.all(visitors.map((visitor) => visitor.send()));
  if (isFrozen) office.hub.signal("SIGCONT");
  const answers = await Promise.all(visitors.map((visitor) => visitor.answer()));

  const wrong: string[] = [];
  const own = answers.filter((_, index) => !(isActing && visitors[index] === holder));
  const won = own.filter(isReserved);
  const told = own.filter(isToldTaken);
  if (won.length + told.length !== own.length) {
    const other = own.find((answer) => !isReserved(answer) && !isToldTaken(answer));
    wrong.push(`somebody got neither: ${other?.status} ${other?.body.slice(0, 2_000)}`);
  }
  // Where one gives a place up, it may be free again by the time that the others are told.
  const isOffered = told.some(({ body }) => timesIn(body).includes(round.at));
  if (isOffered && kind !== "cancel" && kind !== "move away") wrong.push("the place that was taken is offered again");
  const problem = await deed.judge(won.length, isActing ? answers[visitors.indexOf(holder)] : undefined);
  if (problem !== undefined) wrong.push(problem);
  const all = bookings(race);
  wrong.push(...overbooked(all, () => desks));
  // Who was told that it worked is in the file, and nobody else.
  const kept = new Set(all.filter(({ state }) => state === "reserved").map(({ id }) => id));
  for (const [index, reference] of forms.entries()) {
    if (reference === "") continue;
    const isWinner = isReserved(answers[index] as BrowserAnswer);
    if (kept.has(reference) !== isWinner) wrong.push(`visitor ${index} was told otherwise than it is`);
  }
  return wrong.map((text) => `round ${round.index} (${kind}${isFrozen ? ", all in one moment" : ""}): ${text}`);
}

if (need("faketime")) {
  test(`${crowd} visitors, ${kinds.length} times, want the last place: one has it, and the others are told so`, async () => {
    const time = movableTime(temporaryFolder(), "2026-11-23T09:00:00+01:00");
    const http = { port: 0, publicUrl: `https://${publicHost}`, trustProxy: ["127.0.0.1"] };
    const config = { appointments: { desks }, http };
    const office = await openOfficeProcess("embedded", { config, environment: time.environment });
    const visitors = gatherCrowd(crowd, office.hub.httpPort, publicHost);
    try {
      const staff = await office.connect("admin-1");
      const race = { office, staff, time, visitors, data: office.data };
      const start = time.now();
      const wrong: string[] = [];
      for (const [index, kind] of kinds.entries()) {
        const at = Math.floor(start / hourMs) * hourMs + firstRoundMs + index * stepMs;
        wrong.push(...(await run(race, { index, at }, kind)));
      }
      assert.equal(wrong, []);
    } finally {
      for (const visitor of visitors) visitor.leave();
      await office.close();
    }
  });

  test.run();
}
