import { once } from "node:events";
import { connect } from "node:net";
import pino from "pino";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../hub/clock.ts";
import { parseConfig } from "../../hub/config.ts";
import { startHub } from "../../hub/hub.ts";
import type { Store } from "../../hub/store/store.ts";
import { openStore } from "../../hub/store/store.ts";
import { until } from "../until.ts";
import { demoConfig, temporaryFolder } from "./hub-process.ts";

process.env.TZ = "Europe/Berlin";
const dayMs = 24 * 3_600_000;

/** A hub in this process, whose store a test spoils. */
async function startOn(spoiled: (store: Store) => Partial<Store>) {
  const ports = { mqtt: { broker: "embedded", port: 0 }, http: { port: 0 } };
  const parsed = parseConfig({ ...demoConfig(), ...ports, data: temporaryFolder() });
  if (!parsed.ok) throw new Error(parsed.message);
  const store = openStore(parsed.config.data);
  let isClosed = false;
  const close = () => {
    store.close();
    isClosed = true;
  };
  const time = { passedMs: 0 };
  const clock = { ...systemClock, now: () => systemClock.now() + time.passedMs };
  const given = { ...store, close, ...spoiled(store) };
  const hub = await startHub(parsed.config, given, clock, pino({ level: "silent" }));
  await hub.ready;
  return {
    hub,
    time,
    /** What is still there of it: nobody may find a hub that is only half gone. */
    async left(): Promise<string[]> {
      const { mqtt: broker = 0, http: pages } = hub.ports;
      const open = { broker: await isListening(broker), pages: await isListening(pages), file: !isClosed };
      return Object.entries(open).flatMap(([name, is]) => (is ? name : []));
    },
  };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test("a hub on a full disk stops as any other", async () => {
  let refused = 0;
  const { hub, left } = await startOn(() => ({
    setPublished() {
      refused += 1;
      throw new Error("database or disk is full");
    },
  }));
  await until("there is a position that could not be saved", () => refused > 0, 10_000);
  assert.equal(await left(), ["broker", "pages", "file"]);
  await hub.stop();
  assert.ok(refused > 1, "it was tried once more");
  assert.equal(await left(), []);
});

test("a part that cannot be stopped keeps none of the others, and is told", async () => {
  let isGone = false;
  const whileThere =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      if (isGone) throw new Error("the disk is gone");
      return work(...args);
    };
  const { hub, time, left } = await startOn(({ commit, load }) => ({
    commit: whileThere(commit),
    load: whileThere(load),
  }));
  isGone = true;
  // There is something to record at the last moment.
  time.passedMs = dayMs;
  const why = await hub.stop().then(
    () => "it stopped",
    (error: Error) => error.message,
  );
  assert.is(why, "the disk is gone");
  assert.equal(await left(), []);
});

test.run();
