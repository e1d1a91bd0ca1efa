import { test } from "uvu";
import * as assert from "uvu/assert";
import { createSerialLink, type SerialLink } from "../../device/serial-link.ts";
import { createPlug, type Plug } from "../emulators/plug.ts";
import { fastClock } from "../fakes/clock.ts";
import { until } from "../until.ts";

interface Rig {
  plug: Plug;
  link: SerialLink;
  news: string[];
}

/** `onOpened` runs while the port's first read is under way. */
function rigOf(path?: string, onOpened: (plug: Plug) => void = () => {}): Rig {
  const plug = createPlug("device", () => {});
  const news: string[] = [];
  const link = createSerialLink({ path: path ?? plug.path, baudRate: 9600 }, fastClock(20), {
    opened() {
      news.push("opened");
      onOpened(plug);
    },
    bytes: (chunk) => news.push(chunk.toString()),
    closed: () => news.push("closed"),
  });
  return { plug, link, news };
}

test("a device that is pulled out while it is read from is noticed, each time", async () => {
  const { plug, link, news } = rigOf(undefined, () => setImmediate(() => plug.unplug()));
  link.start();
  for (let round = 1; round <= 30; round += 1) {
    news.length = 0;
    plug.plug();
    await until(`round ${round}: opened`, () => news.includes("opened"));
    await until(`round ${round}: closed`, () => news.at(-1) === "closed", 3_000);
  }
  await link.stop();
  plug.stop();
});

test("bytes come through, after a pause as well", async () => {
  const { plug, link, news } = rigOf();
  plug.plug();
  link.start();
  await until("opened", () => news.includes("opened"));
  plug.write(Buffer.from("one"));
  await until("the first", () => news.join("").endsWith("one"));
  plug.write(Buffer.from("two"));
  await until("the second", () => news.join("").endsWith("onetwo"));
  await link.stop();
  plug.stop();
  assert.is(news[0], "opened");
  assert.not.ok(news.includes("closed"));
});

test("stopping while a port that is not there is being opened comes to an end", async () => {
  const { plug, link, news } = rigOf("/dev/serial/by-id/not-there");
  link.start();
  const stopped = link.stop().then(() => true);
  assert.ok(await Promise.race([stopped, new Promise((resolve) => setTimeout(resolve, 5_000, false))]));
  assert.equal(news, []);
  plug.stop();
});

test.run();
