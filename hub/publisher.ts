import type { Session } from "../protocol/session.ts";
import type { Payload, TopicKey } from "../protocol/topics.ts";
import type { Clock } from "./clock.ts";
import type { RecordedEvent } from "./office/events.ts";
import { publicEvent } from "./office/events.ts";
import type { OfficeState } from "./office/state.ts";
import { displayView, officeView, queueView, type WalkIns, walkInsAt } from "./office/views.ts";
import type { Store } from "./store/store.ts";

/** How often the hub says that it lives, in milliseconds. */
export const beatMs = 3_000;
/** `office` is large and drawn slowly: it is published at most this often, in milliseconds. */
const officeEveryMs = 1_000;
/** Events sent and not yet acknowledged by the broker. */
const eventsInFlightMax = 100;

export interface PublisherOptions {
  session: Session;
  store: Store;
  clock: Clock;
  state(): OfficeState;
}

/**
 * Tells the world what is in the store: retained state whenever it changed, every event in order from the last one that
 * the broker acknowledged, and the beat. All of it can be repeated at any time; nothing here decides anything.
 */
export interface Publisher {
  /** To be called when the connection stands, with its session: everything is published afresh. */
  up(session: string): void;
  down(): void;
  /** Resolves when the broker has acknowledged, or not taken, all retained state that was on its way. */
  settled(): Promise<void>;
  /** To be called after each commit. */
  committed(events: RecordedEvent[]): void;
  /** To be called regularly: says that the hub lives, and once more what the broker did not take. */
  beat(): void;
  /** Beats out of turn, for somebody who has just come and does not know yet whether the hub lives. */
  greet(): void;
  /** Events that the broker has not acknowledged yet. */
  unsent(): number;
  /** Remembers in the store how far the events have come. */
  savePosition(): void;
}

export function createPublisher({ session, store, clock, state }: PublisherOptions): Publisher {
  let connected: string | undefined;
  /** What each retained topic holds, so that only a change is published. */
  const held = new Map<string, string>();
  /** Retained topics that the broker has not acknowledged yet. */
  const onTheWay = new Set<Promise<void>>();
  let officeWait: (() => void) | undefined;
  let officeAt = 0;
  /** When what was last published of the office is outdated though nothing has changed; 0 when the broker did not take it. */
  let officeUntil = 0;

  let [epoch, acknowledged] = store.published();
  let saved = `${epoch}/${acknowledged}`;
  let sent = acknowledged;
  /** Events that were just committed, so that they need not be read again. */
  const fresh = new Map<number, RecordedEvent>();
  const confirmed = new Set<number>();
  /** An event was given up on a connection that stands, as by a broker that was frozen for a while. */
  let heldUp = false;

  /** Whether that is something new. */
  function retain<K extends TopicKey>(
    key: K,
    levels: Parameters<typeof session.publish<K>>[1],
    payload: Payload<K>,
  ): boolean {
    const topic = session.names.topic(key, levels);
    const text = JSON.stringify(payload);
    if (held.get(topic) === text) return false;
    held.set(topic, text);
    const told = session.publish(key, levels, payload).then((reached) => {
      onTheWay.delete(told);
      if (reached || held.get(topic) !== text) return;
      // The next beat tries once more: a broker that refuses it does so at once, and would be asked without end.
      held.delete(topic);
      if (key === "office") officeUntil = 0;
    });
    onTheWay.add(told);
    return true;
  }

  /** Whether anything about a queue is new. */
  function publishState(walkIns: WalkIns): boolean {
    const now = state();
    for (const group of now.displays.keys()) retain("display", { group }, displayView(now, group));
    const changes = now.plan.services.map((service) =>
      retain("queue", { service: service.id }, queueView(now, service, walkIns)),
    );
    return changes.includes(true);
  }

  /** @param walkIns as of now, where they were just reckoned. */
  function publishOffice(walkIns?: WalkIns): void {
    officeWait?.();
    officeWait = undefined;
    if (!connected) return;
    officeAt = clock.now();
    const view = officeView(state(), officeAt, walkIns);
    officeUntil = view.nextChange === null ? Number.POSITIVE_INFINITY : Date.parse(view.nextChange);
    retain("office", {}, view);
  }

  function publishOfficeSoon(walkIns: WalkIns): void {
    if (officeWait) return;
    const wait = officeAt + officeEveryMs - clock.now();
    if (wait <= 0 || wait > officeEveryMs) publishOffice(walkIns);
    else officeWait = clock.after(wait, () => publishOffice());
  }

  function publishAll(): void {
    const walkIns = walkInsAt(state(), clock.now());
    publishState(walkIns);
    publishOffice(walkIns);
  }

  function publishBeat(): void {
    if (!connected) return;
    const { epoch: current, seq, displays } = state();
    const revisions = Object.fromEntries([...displays].map(([group, { revision }]) => [group, revision]));
    const at = new Date(clock.now()).toISOString();
    void session.publish("beat", {}, { at, session: connected, epoch: current, seq, revisions });
  }

  /** Sends the events that are not on their way yet, as many as the window allows. */
  function pump(): void {
    const { epoch: current, seq: last } = state();
    if (current !== epoch) {
      epoch = current;
      acknowledged = 0;
      sent = 0;
      fresh.clear();
      confirmed.clear();
    }
    while (connected && sent < last && sent - acknowledged < eventsInFlightMax) {
      const event = fresh.get(sent + 1) ?? readOn(sent);
      if (!event) return;
      sent += 1;
      fresh.delete(sent);
      send(event, connected);
    }
  }

  /** Reads a window of events from the store, for those that are no longer at hand. */
  function readOn(after: number): RecordedEvent | undefined {
    const window = store.events(epoch, after, eventsInFlightMax);
    for (const event of window) fresh.set(event.seq, event);
    return window[0];
  }

  function send(event: RecordedEvent, within: string): void {
    void session.publish("event", { type: event.type }, publicEvent(event)).then((reached) => {
      if (connected !== within || epoch !== event.epoch) return;
      // One that was not acknowledged holds the position; the next beat or connection begins again from there.
      if (!reached) {
        heldUp = true;
        return;
      }
      if (event.seq > acknowledged) confirmed.add(event.seq);
      while (confirmed.delete(acknowledged + 1)) acknowledged += 1;
      pump();
    });
  }

  /** Sends what was not acknowledged once more. */
  function rewind(): void {
    heldUp = false;
    fresh.clear();
    confirmed.clear();
    sent = acknowledged;
    pump();
  }

  return {
    up(now) {
      connected = now;
      held.clear();
      publishAll();
      rewind();
    },
    down() {
      connected = undefined;
      officeWait?.();
      officeWait = undefined;
    },
    committed(events) {
      if (!connected || events.length === 0) return;
      const walkIns = walkInsAt(state(), clock.now());
      publishState(walkIns);
      // What staff change is to be seen at once.
      if (events.some(({ type }) => type === "office.changed")) publishOffice(walkIns);
      else publishOfficeSoon(walkIns);
      for (const event of events) if (fresh.size < eventsInFlightMax) fresh.set(event.seq, event);
      pump();
    },
    async settled() {
      await Promise.all(onTheWay);
    },
    greet: publishBeat,
    beat() {
      if (!connected) return;
      publishBeat();
      // As time passes waits become shorter, and it becomes too late to come.
      const now = clock.now();
      const walkIns = walkInsAt(state(), now);
      if (publishState(walkIns) || now >= officeUntil || now < officeAt) publishOfficeSoon(walkIns);
      if (heldUp) rewind();
    },
    unsent: () => (state().epoch === epoch ? state().seq - acknowledged : state().seq),
    savePosition() {
      const position = `${epoch}/${acknowledged}`;
      if (saved === position) return;
      store.setPublished(epoch, acknowledged);
      saved = position;
    },
  };
}
