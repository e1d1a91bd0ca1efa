import type { IPublishPacket, MqttClient } from "mqtt";
import type { Principal } from "../../protocol/access.ts";
import { mayPublish, mayReceive } from "../../protocol/access.ts";
import type { Connection, Link, LinkEvents, LinkOptions, Will } from "../../protocol/link.ts";
import { topicNames } from "../../protocol/topics.ts";
import type { Random } from "./random.ts";
import type { Life, Schedule } from "./schedule.ts";

/** How the network behaves at the moment; all of it may change while messages are on their way. */
export interface Weather {
  /** Mean time that a message takes one way, in milliseconds. */
  delayMs: number;
  /** That a message gets lost, and with it the connection that carried it. */
  loss: number;
  /** That a message comes twice. */
  repeat: number;
  /** That a message comes so much later that others overtake it. */
  reorder: number;
}

export const fairWeather: Weather = { delayMs: 2, loss: 0, repeat: 0, reorder: 0 };

/** How much later a message comes that others overtake, in milliseconds. */
const overtakenMs = 3_000;
/** Who hears nothing for so long takes the connection for dead (MQTT keep-alive of 10 s, one and a half times). */
const keepaliveMs = 15_000;
/** Waits between attempts to connect, in milliseconds; the last one stays. */
const retryMs = [50, 200, 1_000, 2_000, 5_000] as const;

interface Wire {
  who: Principal;
  session: string;
  open: boolean;
  will: Will | undefined;
  filters: string[];
  receive(topic: string, payload: Buffer, retain: boolean): void;
  lost(why: string): void;
  /** When the last message in each direction arrives: none overtakes another, unless the weather says so. */
  lastIn: number;
  lastOut: number;
}

/** A broker and the lines to it, as a site has them. */
export interface Network {
  readonly names: ReturnType<typeof topicNames>;
  weather: Weather;
  /** What `createSession` takes as `connect`. */
  connector(who: Principal, life: Life): (options: LinkOptions, events: LinkEvents) => Link;
  /** A line goes dead without a word: both ends learn of it only by their silence. */
  cut(user: string): void;
  mend(user: string): void;
  isCut(user: string): boolean;
  /** The broker's process ends, and what it retained with it unless it keeps that on a disk. */
  brokerDown(keepsRetained: boolean): void;
  brokerUp(): void;
  readonly isUp: boolean;
  /** A process ended: its connections break at once. */
  ended(life: Life): void;
  /** When a beat of the hub last came to a user, for checks. */
  heardAt(user: string): number | undefined;
  /** What a topic retains, for checks. */
  retained(topic: string): Buffer | undefined;
}

export function createNetwork(schedule: Schedule, random: Random, site: string): Network {
  const names = topicNames(site);
  const world: Life = { name: "broker", alive: true };
  const wires = new Map<Wire, Life>();
  const retained = new Map<string, Buffer>();
  const dead = new Set<string>();
  const beatTopic = names.topic("beat", {});
  const beats = new Map<string, number>();
  let up = true;

  const network: Network = {
    names,
    weather: fairWeather,
    connector: (who, life) => (options, events) => simulatedLink(who, life, options, events),
    cut(user) {
      dead.add(user);
      for (const wire of wires.keys()) {
        if (wire.who.user === user) schedule.after(keepaliveMs, world, () => dead.has(user) && breakWire(wire, true));
      }
    },
    mend: (user) => void dead.delete(user),
    isCut: (user) => dead.has(user),
    get isUp() {
      return up;
    },
    brokerDown(keepsRetained) {
      up = false;
      if (!keepsRetained) retained.clear();
      for (const wire of [...wires.keys()]) breakWire(wire, false);
    },
    brokerUp() {
      up = true;
    },
    ended(life) {
      for (const [wire, owner] of [...wires]) if (owner === life) breakWire(wire, true);
    },
    heardAt: (user) => beats.get(user),
    retained: (topic) => retained.get(topic),
  };

  function breakWire(wire: Wire, withWill: boolean): void {
    if (!wire.open) return;
    wire.open = false;
    const life = wires.get(wire);
    wires.delete(wire);
    if (withWill && wire.will && up) publish(wire.who, wire.will.topic, wire.will.payload, wire.will.retain);
    if (life) schedule.after(0, life, () => wire.lost("connection closed"));
  }

  /**
   * When a message that is sent now arrives, and undefined when it never does.
   *
   * @param inOrder it overtakes none before it, whatever the weather: what a client says one after the other goes through one
   * connection, and where an older state came last, the broker would retain that for good.
   */
  function arrival(wire: Wire, direction: "lastIn" | "lastOut", inOrder = false): number | undefined {
    if (dead.has(wire.who.user)) return undefined;
    const { delayMs, loss, reorder } = network.weather;
    if (random.chance(loss)) {
      schedule.after(0, world, () => breakWire(wire, true));
      return undefined;
    }
    const at = schedule.now() + 1 + random.exponential(delayMs);
    if (random.chance(reorder) && !inOrder) return at + random.unit() * overtakenMs;
    wire[direction] = Math.max(wire[direction], at);
    return wire[direction];
  }

  function publish(who: Principal, topic: string, payload: Buffer, retain: boolean): void {
    if (!mayPublish(names, who, topic)) return;
    if (retain && payload.length === 0) retained.delete(topic);
    else if (retain) retained.set(topic, payload);
    const isWanted = matcherOf(topic);
    for (const wire of wires.keys()) deliver(wire, topic, payload, false, isWanted);
  }

  function deliver(wire: Wire, topic: string, payload: Buffer, retain: boolean, isWanted = matcherOf(topic)): void {
    if (!wire.filters.some(isWanted) || !mayReceive(names, wire.who, topic)) return;
    const copies = random.chance(network.weather.repeat) ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      const at = arrival(wire, "lastIn");
      const life = wires.get(wire);
      if (at === undefined || !life) continue;
      schedule.after(at - schedule.now(), life, () => {
        if (!wire.open || dead.has(wire.who.user)) return;
        if (topic === beatTopic) beats.set(wire.who.user, schedule.now());
        wire.receive(topic, payload, retain);
      });
    }
  }

  function simulatedLink(who: Principal, life: Life, _options: LinkOptions, events: LinkEvents): Link {
    let stopped = true;
    let failures = 0;
    let wire: Wire | undefined;

    function attempt(): void {
      if (stopped) return;
      if (!up || dead.has(who.user)) {
        retry();
        return;
      }
      failures = 0;
      const session = String(random.whole(0, 2 ** 31));
      const opened: Wire = {
        who,
        session,
        open: true,
        will: events.will(session),
        filters: [],
        receive: (topic, payload, retain) =>
          events.message(topic, payload, { topic, payload, retain } as IPublishPacket),
        lost(why) {
          if (wire !== opened) return;
          wire = undefined;
          events.down(why);
          retry();
        },
        lastIn: 0,
        lastOut: 0,
      };
      wire = opened;
      wires.set(opened, life);
      events.up({ client: clientOf(opened, life), version: 5, session });
    }

    function retry(): void {
      if (stopped) return;
      const wait = retryMs[Math.min(failures, retryMs.length - 1)] ?? 0;
      failures += 1;
      schedule.after(wait * (1 + random.unit()), life, attempt);
    }

    return {
      start() {
        stopped = false;
        schedule.after(random.exponential(network.weather.delayMs), life, attempt);
      },
      async stop() {
        stopped = true;
        const closing = wire;
        wire = undefined;
        if (!closing) return;
        closing.open = false;
        wires.delete(closing);
      },
    };
  }

  /** As much of an MQTT client as a session uses. */
  function clientOf(wire: Wire, life: Life): Connection["client"] {
    const client = {
      get connected() {
        return wire.open;
      },
      disconnecting: false,
      subscribe(filters: string[], _options: object, done: (error?: Error | null) => void) {
        towardsBroker(() => {
          wire.filters = filters;
          for (const [topic, payload] of retained) deliver(wire, topic, payload, true);
          towardsClient(() => done(null));
        });
        return client;
      },
      publish(topic: string, payload: Buffer, how: { retain?: boolean; qos?: number }, done: (e?: Error) => void) {
        towardsBroker(() => {
          publish(wire.who, topic, payload, how.retain ?? false);
          if (how.qos !== 0) towardsClient(() => done());
        }, how.retain);
        if (how.qos === 0) done();
        return client;
      },
      end() {
        breakWire(wire, true);
        return client;
      },
    };
    function towardsBroker(work: () => void, inOrder = false): void {
      const at = wire.open ? arrival(wire, "lastOut", inOrder) : undefined;
      if (at !== undefined) schedule.after(at - schedule.now(), world, () => wire.open && up && work());
    }
    function towardsClient(work: () => void): void {
      const at = arrival(wire, "lastIn");
      if (at !== undefined) schedule.after(at - schedule.now(), life, () => wire.open && work());
    }
    return client as unknown as MqttClient;
  }

  return network;
}

/** What the filters that a topic was held against said: a site has a few hundred topics. */
const answers = new Map<string, Map<string, boolean>>();

/** Whether a filter, with `+` as sessions use it, takes a topic. */
function matcherOf(topic: string): (filter: string) => boolean {
  const known = answers.get(topic) ?? new Map<string, boolean>();
  answers.set(topic, known);
  return (filter) => {
    const answer = known.get(filter) ?? new RegExp(`^${filter.replaceAll("+", "[^/]+")}$`).test(topic);
    known.set(filter, answer);
    return answer;
  };
}
