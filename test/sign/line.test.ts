import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../device/clock.ts";
import type { Clock } from "../../device/ports.ts";
import { createLineSign, lineLimits } from "../../device/sign/line-driver.ts";
import type { PeripheralStatus } from "../../protocol/messages.ts";
import { type LineSettings, type LineSignEmulator, openLineSign } from "../emulators/sign-line.ts";
import { fastClock } from "../fakes/clock.ts";
import { until } from "../until.ts";

interface Driven {
  sign: ReturnType<typeof createLineSign>;
  emulator: LineSignEmulator;
  statuses: PeripheralStatus[];
}

async function driven(
  run: (driven: Driven) => Promise<void>,
  clock: Clock = systemClock(),
  settings: Partial<LineSettings> = {},
): Promise<void> {
  const emulator = openLineSign({ columns: 8, ...settings });
  const { columns = 8 } = settings;
  const sign = createLineSign(
    { protocol: "line", path: emulator.path, baudRate: 115_200, columns, brightness: 5 },
    clock,
  );
  const statuses: PeripheralStatus[] = [];
  sign.start(({ status }) => statuses.push(status));
  try {
    await run({ sign, emulator, statuses });
  } finally {
    await sign.stop();
    emulator.close();
  }
}

const shows = (emulator: LineSignEmulator, text: string) => until(`shows ${text}`, () => emulator.lit().text === text);

test("brightness first, then the picture, then beats; the numbers rise", () =>
  driven(async ({ sign, emulator, statuses }) => {
    sign.show({ pages: ["A017  1"], flash: true });
    await until("a beat", () => emulator.lines.some((line) => line.endsWith("BEAT")));
    assert.equal(emulator.lines.slice(0, 3), ["1 LIGHT 5", "2 FLASH A017  1", "3 BEAT"]);
    assert.equal(emulator.lit(), { text: "A017  1", flash: true, brightness: 5 });
    assert.equal(statuses, [{ state: "ready", detail: "" }]);
  }));

test("pages alternate at the named interval", () => {
  const factor = 10;
  return driven(
    async ({ sign, emulator }) => {
      const seen: { text: string; at: number }[] = [];
      emulator.onChange(({ text }) => seen.push({ text, at: Date.now() }));
      sign.show({ pages: ["A017", "  1"], flash: false });
      await until("both pages twice", () => seen.filter(({ text }) => text === "  1").length >= 2);
      const texts = seen.map(({ text }) => text).filter((text) => text !== "");
      assert.equal(texts.slice(0, 4), ["A017", "  1", "A017", "  1"]);
      const took = (seen.at(-1)?.at ?? 0) - (seen.find(({ text }) => text === "A017")?.at ?? 0);
      assert.ok(took >= (3 * lineLimits.pageMs) / factor - 50, `three pages took ${took} ms`);
    },
    fastClock(factor),
    { columns: 4 },
  );
});

test("a lost, damaged or refused line is sent again under the same number", () =>
  driven(async ({ sign, emulator, statuses }) => {
    sign.show({ pages: ["A001  1"], flash: false });
    await shows(emulator, "A001  1");
    emulator.drop(2);
    sign.show({ pages: ["A002  1"], flash: false });
    await shows(emulator, "A002  1");
    emulator.noise(2);
    sign.show({ pages: ["A003  1"], flash: false });
    await shows(emulator, "A003  1");
    emulator.refuse(2, "value");
    sign.show({ pages: ["A004  1"], flash: false });
    await shows(emulator, "A004  1");
    await until("the number 5", () => emulator.lines.at(-1)?.startsWith("5 "));
    assert.equal(emulator.lines, ["1 LIGHT 5", "2 SHOW A001  1", "3 SHOW A002  1", "4 SHOW A003  1", "5 SHOW A004  1"]);
    assert.is(emulator.errors.length, 4);
    assert.equal(statuses, [{ state: "ready", detail: "" }], "none of it was worth a status");
  }));

test("a sign that says nothing is offline, and is told everything when it speaks again", () =>
  driven(async ({ sign, emulator, statuses }) => {
    sign.show({ pages: ["A001  1"], flash: false });
    await shows(emulator, "A001  1");
    emulator.power(false);
    await until("offline", () => statuses.at(-1)?.state === "offline");
    assert.is(statuses.at(-1)?.detail, "no answer");
    sign.show({ pages: ["A002  1"], flash: false });
    emulator.power(true);
    await shows(emulator, "A002  1");
    await until("ready", () => statuses.at(-1)?.state === "ready");
    assert.is(emulator.lit().brightness, 5);
  }));

test("a sign that was off for a blink shows the picture again", () =>
  driven(async ({ sign, emulator, statuses }) => {
    sign.show({ pages: ["A001  1"], flash: false });
    await shows(emulator, "A001  1");
    emulator.power(false);
    emulator.power(true);
    assert.is(emulator.lit().text, "");
    await shows(emulator, "A001  1");
    assert.is(emulator.lit().brightness, 5);
    assert.equal(
      statuses.map(({ state }) => state),
      ["ready"],
    );
  }));

test("a sign that is deaf to one command for good is in error, and says which", () =>
  driven(async ({ sign, emulator, statuses }) => {
    sign.show({ pages: ["A001  1"], flash: false });
    await shows(emulator, "A001  1");
    emulator.refuse(1_000, "value");
    sign.show({ pages: ["A002  1"], flash: false });
    await until("an error", () => statuses.at(-1)?.state === "error");
    assert.is(statuses.at(-1)?.detail, "sign refused SHOW: value");
    emulator.refuse(0, "");
    await shows(emulator, "A002  1");
    await until("ready", () => statuses.at(-1)?.state === "ready");
  }, fastClock(4)));

test("a slow sign never gets an old call after a new one", () =>
  driven(async ({ sign, emulator, statuses }) => {
    // Then the sign has confirmed what it was sent, and the next text goes out at once.
    await until("ready", () => statuses.length > 0);
    emulator.slow(100);
    for (let n = 1; n <= 300; n += 1) sign.show({ pages: [`A${String(n).padStart(3, "0")}  1`], flash: false });
    await shows(emulator, "A300  1");
    const pictures = emulator.lines.filter((line) => line.includes("SHOW")).map((line) => line.split(" ")[2]);
    assert.equal(pictures, ["A001", "A300"]);
  }));

test("a sign whose host died shows dashes, and the text again when it is back", async () => {
  const emulator = openLineSign({ columns: 4, silenceMs: 100 });
  const options = { protocol: "line", path: emulator.path, baudRate: 115_200, columns: 4, brightness: 5 } as const;
  const first = createLineSign(options, systemClock());
  first.start(() => {});
  first.show({ pages: ["A001"], flash: false });
  await shows(emulator, "A001");
  await first.stop();
  await shows(emulator, "----");
  const second = createLineSign(options, fastClock(50));
  second.start(() => {});
  second.show({ pages: ["A001"], flash: false });
  await shows(emulator, "A001");
  await second.stop();
  emulator.close();
});

test("noise from the sign is dropped, and the conversation goes on", () =>
  driven(async ({ sign, emulator }) => {
    emulator.babble(Buffer.alloc(2_000, "x"));
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (noise) => {
        n += 1;
        emulator.babble(noise);
        sign.show({ pages: [`C${n}`], flash: false });
        await shows(emulator, `C${n}`);
      }),
      { numRuns: 60 },
    );
  }, fastClock(10)));

test.run();
