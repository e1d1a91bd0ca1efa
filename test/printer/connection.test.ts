import { test } from "uvu";
import * as assert from "uvu/assert";
import { createConnection } from "../../device/printer/connection.ts";
import type { LinkEvents } from "../../device/printer/transport.ts";

const link = { write: async () => {}, close: async () => {} };

test("a link that is lost at once is made anew at growing intervals, one that lasted without delay", async () => {
  let now = 0;
  const pauses: number[] = [];
  let go = () => {};
  const clock = {
    now: () => now,
    uptime: () => now,
    after(ms: number, then: () => void) {
      pauses.push(ms);
      go = () => {
        now += ms;
        then();
      };
      return () => {};
    },
  };
  let wire: LinkEvents | undefined;
  let opened = () => {};
  const connection = createConnection(
    async (events) => {
      wire = events;
      return link;
    },
    clock,
    { opened: () => opened(), data() {}, lost() {}, failed() {} },
  );
  const isOpen = () => new Promise<void>((resolve) => (opened = resolve));
  let next = isOpen();
  connection.start();
  for (const lastedMs of [0, 0, 0, 0, 0, 0, 60_000, 0]) {
    await next;
    now += lastedMs;
    wire?.lost("closed at the other end");
    next = isOpen();
    go();
  }
  await next;
  await connection.stop();
  assert.equal(pauses, [250, 500, 1000, 2000, 4000, 4000, 250, 500]);
});

test.run();
