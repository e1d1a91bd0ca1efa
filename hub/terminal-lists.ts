import type { Session } from "../protocol/session.ts";
import type { Clock } from "./clock.ts";
import { terminalDays, terminalEntries } from "./office/appointments/terminal-list.ts";
import type { RecordedEvent } from "./office/events.ts";
import type { OfficeState } from "./office/state.ts";

/** The lists are large and read in emergencies: they are published at most this often, in milliseconds. */
export const listsEveryMs = 1_000;

export interface TerminalListsOptions {
  session: Session;
  clock: Clock;
  state(): OfficeState;
  /** The clients that check people in. */
  terminals(): readonly string[];
  /** A day has more appointments than one message holds; said once for each day. */
  overfull(day: string, left: number): void;
}

/** Keeps for each terminal the retained lists by which it checks people in while the hub is away. */
export interface TerminalLists {
  /** To be called when the connection stands. */
  up(): void;
  down(): void;
  /** To be called after each commit. */
  committed(events: RecordedEvent[]): void;
  /** To be called now and then: a day turns without an event, and what the broker did not take is sent again. */
  beat(): void;
  /** Resolves when the broker has acknowledged, or not taken, all that was on its way. */
  settled(): Promise<void>;
}

/** Events that change none of the lists, although they are about appointments. */
const unlisted = new Set(["appointment.reserved", "appointment.link", "appointment.no-match", "appointment.unlocked"]);

const isListed = ({ type }: RecordedEvent) =>
  type === "office.changed" || (type.startsWith("appointment.") && !unlisted.has(type));

/** To be made before the session starts: it looks for what an earlier hub left on the broker. */
export function createTerminalLists(options: TerminalListsOptions): TerminalLists {
  const { session, clock, state, terminals, overfull } = options;
  let connected = false;
  let stale = true;
  let today: string | undefined;
  let wait: (() => void) | undefined;
  let publishedAt = Number.NEGATIVE_INFINITY;
  /** What this connection has published, without its revision; a text for all terminals. */
  const held = new Map<string, string>();
  /** All that the broker retains, from before too. */
  const retained = new Map<string, { client: string; day: string }>();
  const onTheWay = new Set<Promise<void>>();
  const complained = new Set<string>();

  session.subscribeRaw("terminalAppointments", {}, ({ client = "", day = "" }, payload, packet) => {
    if (!packet.retain || payload.length === 0) return;
    const topic = session.names.topic("terminalAppointments", { client, day });
    if (retained.has(topic)) return;
    retained.set(topic, { client, day });
    publishSoon();
  });

  function track(work: Promise<void>): void {
    onTheWay.add(work);
    void work.then(() => onTheWay.delete(work));
  }

  function publish(): void {
    wait?.();
    wait = undefined;
    if (!connected) return;
    stale = false;
    publishedAt = clock.now();
    const now = state();
    today = now.calendar[0]?.date;
    const wanted = new Set<string>();
    for (const day of now.plan.appointments ? terminalDays(now) : []) {
      const { appointments, left } = terminalEntries(now, day);
      if (left > 0 && !complained.has(day)) overfull(day, left);
      if (left > 0) complained.add(day);
      const text = JSON.stringify(appointments);
      for (const client of terminals()) {
        const topic = session.names.topic("terminalAppointments", { client, day });
        wanted.add(topic);
        if (held.get(topic) === text) continue;
        held.set(topic, text);
        retained.set(topic, { client, day });
        const sent = session.publish("terminalAppointments", { client, day }, { day, revision: now.seq, appointments });
        track(
          sent.then((reached) => {
            if (!reached && held.get(topic) === text) again(topic);
          }),
        );
      }
    }
    for (const [topic, levels] of retained) {
      if (wanted.has(topic)) continue;
      retained.delete(topic);
      held.delete(topic);
      track(
        session.clear("terminalAppointments", levels).then((reached) => {
          if (reached) return;
          retained.set(topic, levels);
          again(topic);
        }),
      );
    }
  }

  /** The next beat, or the next connection, tries once more. */
  function again(topic: string): void {
    held.delete(topic);
    stale = true;
  }

  function publishSoon(): void {
    stale = true;
    if (!connected || wait) return;
    const rest = publishedAt + listsEveryMs - clock.now();
    if (rest <= 0 || rest > listsEveryMs) publish();
    else wait = clock.after(rest, publish);
  }

  return {
    up() {
      connected = true;
      held.clear();
      publish();
    },
    down() {
      connected = false;
      wait?.();
      wait = undefined;
    },
    committed(events) {
      if (events.some(isListed)) publishSoon();
    },
    beat() {
      if (stale || state().calendar[0]?.date !== today) publishSoon();
    },
    async settled() {
      await Promise.all(onTheWay);
    },
  };
}
