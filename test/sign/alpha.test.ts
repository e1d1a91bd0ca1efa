import * as fc from "fast-check";
import { SerialPort } from "serialport";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Clock } from "../../device/ports.ts";
import { encodePages } from "../../device/sign/alpha.ts";
import { alphaLimits, createAlphaSign } from "../../device/sign/alpha-driver.ts";
import type { AlphaOptions } from "../../device/sign/options.ts";
import { decodeAlpha } from "../emulators/alpha-decoder.ts";
import { type AlphaSignEmulator, openAlphaSign } from "../emulators/sign-alpha.ts";
import { fastClock } from "../fakes/clock.ts";
import { until } from "../until.ts";

const target = { typeCode: "Z", address: "00", file: "priority" } as const;

async function driven(
  run: (sign: ReturnType<typeof createAlphaSign>, emulator: AlphaSignEmulator) => Promise<void>,
  clock: Clock = fastClock(1),
  more: Partial<AlphaOptions> = {},
): Promise<void> {
  const emulator = openAlphaSign({ columns: more.columns ?? 8 });
  const sign = createAlphaSign(
    { protocol: "alpha", path: emulator.path, baudRate: 9600, framing: "8N1", ...target, columns: 8, ...more },
    clock,
  );
  sign.start(() => {});
  try {
    await run(sign, emulator);
  } finally {
    await sign.stop();
    emulator.close();
  }
}

test("a sign of four characters gets its pages to alternate by itself", () =>
  driven(
    async (sign, emulator) => {
      sign.show({ pages: ["A017", "  1"], flash: false });
      await until("lit", () => emulator.lit().pages.length === 2);
      assert.equal(emulator.lit(), { pages: ["A017", "  1"], flash: false, file: "priority" });
      assert.equal(decodeAlpha(emulator.received()).at(-1)?.pages, [
        { mode: "b", text: "A017" },
        { mode: "b", text: "  1" },
      ]);
    },
    fastClock(1),
    { columns: 4 },
  ));

test("a text file and the priority file are two things", () =>
  driven(
    async (sign, emulator) => {
      sign.show({ pages: ["A017  1"], flash: false });
      await until("lit", () => emulator.lit().file === "text");
      sign.show({ pages: [], flash: false });
      await until("dark", () => emulator.lit().file === "none");
      assert.equal(emulator.errors, []);
    },
    fastClock(1),
    { file: "text" },
  ));

test("a sign that is slow gets the newest picture and none of the old ones", () =>
  driven(async (sign, emulator) => {
    sign.show({ pages: ["A000  1"], flash: false });
    await until("the first picture", () => emulator.taken() === 1);
    for (let n = 1; n <= 500; n += 1) sign.show({ pages: [`A${String(n).padStart(3, "0")}  1`], flash: false });
    await until("the newest picture", () => emulator.lit().pages[0] === "A500  1");
    assert.is(decodeAlpha(emulator.received()).length, 2);
    assert.equal(emulator.errors, []);
  }));

test("a lost or damaged picture, or a sign that was without power, is made good by itself", () => {
  const clock = fastClock(alphaLimits.refreshMs / 300);
  return driven(async (sign, emulator) => {
    emulator.slow(1);
    emulator.drop(1);
    sign.show({ pages: ["A017  1"], flash: false });
    await until("shown after a loss", () => emulator.lit().pages[0] === "A017  1");
    emulator.power(false);
    assert.is(emulator.lit().file, "none");
    emulator.power(true);
    await until("shown after a power cut", () => emulator.lit().pages[0] === "A017  1");
    emulator.noise(1);
    await until("damage seen", () => emulator.errors.length === 1);
    assert.is(emulator.errors[0], "wrong checksum");
    const count = emulator.taken();
    await until("shown again", () => emulator.taken() > count);
  }, clock);
});

/** Sends raw bytes and waits until the emulator has read them. */
async function wire(run: (send: (bytes: Uint8Array) => Promise<void>, sign: AlphaSignEmulator) => Promise<void>) {
  const sign = openAlphaSign({ columns: 8, address: "01" });
  sign.slow(0.001);
  const port = new SerialPort({ path: sign.path, baudRate: 9600 });
  let sent = 0;
  try {
    await run(async (bytes) => {
      port.write(Buffer.from(bytes));
      sent += bytes.length;
      await until("the bytes have arrived", () => sign.received().length === sent);
    }, sign);
  } finally {
    await new Promise((resolve) => port.close(resolve));
    sign.close();
  }
}

test("the emulator drops every misuse, says why, and takes the next good picture", () =>
  wire(async (send, sign) => {
    const good = encodePages(target, ["A017  1"], false);
    const changed = (from: string, to: string) =>
      Buffer.from(Buffer.from(good).toString("latin1").replace(from, to), "latin1");
    const misuses: [string, Uint8Array][] = [
      ["fewer than five auto-baud bytes", good.subarray(1)],
      ["no SOH after the auto-baud bytes", changed("\x01", "")],
      ["bad type code or address", changed("Z00", "Z0g")],
      ["no STX after the address", changed("\x02", "")],
      ["no ETX, so no checksum", changed("\x03", "")],
      ["wrong checksum", changed("025D", "025E")],
      ["wrong checksum", changed("025D", "")],
      ["wrong checksum", changed("A017", "A117")],
      ["page of 9 characters on 8 columns", encodePages(target, ["123456789"], false)],
      ["control byte in the text", encodePages(target, ["\x07"], false)],
      ["priority file over 125 bytes", encodePages(target, new Array(12).fill("12345678"), false)],
    ];
    for (const [at, [reason, bytes]] of misuses.entries()) {
      await send(bytes);
      assert.is(sign.errors[at], reason);
      assert.is(sign.taken(), at, reason);
      await send(good);
      assert.is(sign.taken(), at + 1, `good after: ${reason}`);
    }
    await send(encodePages({ ...target, address: "02" }, ["C001  1"], false));
    assert.is(sign.lit().pages[0], "A017  1", "not for this sign");
  }));

test("noise on the wire is never taken for a picture", () =>
  wire(async (send, sign) => {
    const good = encodePages(target, ["A017  1"], false);
    await send(good);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), async (noise, at) => {
        const spoiled = Uint8Array.from(good);
        for (const [index, byte] of noise.entries()) spoiled[(at + index) % good.length] = byte;
        await send(Uint8Array.from([...noise, ...spoiled, 4]));
        assert.is(sign.lit().pages[0], "A017  1");
        await send(good);
      }),
      { numRuns: 100 },
    );
  }));

test.run();
