import type { Test } from "uvu";
import * as assert from "uvu/assert";
import type { Sign } from "../../device/ports.ts";
import type { PeripheralStatus } from "../../protocol/messages.ts";
import { until } from "../until.ts";

/** One sign, a fake or a driver over an emulator, and how the world around it is moved. */
export interface SignBench {
  sign: Sign;
  /** The pages that can be read on it now, in turn, and whether they flash; a dark sign shows no pages. */
  lit(): { pages: string[]; flash: boolean };
  unplug(): void;
  plugIn(): void;
  /** Frees what the bench opened, after `sign.stop()`. */
  close(): void;
}

/** What every sign must do, as written in device/ports.ts. */
export function signContract(test: Test, name: string, open: () => SignBench): void {
  function bench(title: string, run: (bench: SignBench, statuses: PeripheralStatus[]) => Promise<void>): void {
    test(`${name}: ${title}`, async () => {
      const opened = open();
      const statuses: PeripheralStatus[] = [];
      opened.sign.start(({ status }) => statuses.push(status));
      try {
        await run(opened, statuses);
        for (const [at, status] of statuses.entries()) {
          assert.not.equal(status, statuses[at - 1], "the same status is never sent twice in a row");
        }
      } finally {
        await opened.sign.stop();
        opened.close();
      }
    });
  }

  const shows = (opened: SignBench, page: string, flash: boolean) =>
    until(`the sign shows ${page}`, () => opened.lit().pages.join().trim() === page && opened.lit().flash === flash);

  bench("says that it is ready, and shows", async (opened, statuses) => {
    await until("a first status", () => statuses.length > 0);
    opened.sign.show({ pages: ["A017  1"], flash: false });
    await shows(opened, "A017  1", false);
    assert.is(statuses.at(-1)?.state, "ready");
  });

  bench("flashes and stops flashing", async (opened) => {
    opened.sign.show({ pages: ["A017  1"], flash: true });
    await shows(opened, "A017  1", true);
    opened.sign.show({ pages: ["A017  1"], flash: false });
    await shows(opened, "A017  1", false);
  });

  bench("ends at the newest picture after many", async (opened) => {
    for (let n = 1; n <= 200; n += 1) {
      opened.sign.show({ pages: [`B${String(n).padStart(3, "0")}  2`], flash: n % 2 === 1 });
    }
    await shows(opened, "B200  2", false);
  });

  bench("shows the newest picture after it was away", async (opened, statuses) => {
    opened.sign.show({ pages: ["A001  1"], flash: false });
    await shows(opened, "A001  1", false);
    opened.unplug();
    await until("offline", () => statuses.at(-1)?.state === "offline");
    opened.sign.show({ pages: ["A002  2"], flash: false });
    opened.plugIn();
    await shows(opened, "A002  2", false);
    await until("ready again", () => statuses.at(-1)?.state === "ready");
  });

  test(`${name}: may be missing at start`, async () => {
    const opened = open();
    opened.unplug();
    const statuses: PeripheralStatus[] = [];
    opened.sign.show({ pages: ["A003  1"], flash: false });
    opened.sign.start(({ status }) => statuses.push(status));
    try {
      await until("offline", () => statuses.at(-1)?.state === "offline");
      opened.plugIn();
      await shows(opened, "A003  1", false);
    } finally {
      await opened.sign.stop();
      const count = statuses.length;
      opened.unplug();
      opened.close();
      assert.is(statuses.length, count, "no event after stop");
    }
  });
}
