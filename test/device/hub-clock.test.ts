import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { bootFacts } from "../../device/boot.ts";
import { clockOffMaxMs, createHubClock, type KeptTime } from "../../device/hub-clock.ts";
import type { PeripheralStatus } from "../../protocol/messages.ts";
import { createManualClock } from "../fakes/manual-clock.ts";

const begin = Date.parse("2026-11-23T09:00:00Z");
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface Setup {
  /** How far the machine's clock is ahead when it is switched on. */
  aheadMs?: number;
  boot?: { id: string; clockIsSet: boolean };
  kept?: KeptTime;
}

/** A device's machine that was switched on at `begin`; the hub beats when told. */
function switchedOn({ aheadMs = 0, boot = { id: "second", clockIsSet: false }, kept }: Setup) {
  const clock = createManualClock(begin);
  clock.set(aheadMs);
  const told: PeripheralStatus[] = [];
  let hear = (_beat: { at: string }) => {};
  const subscribe = (_key: string, _levels: object, handler: typeof hear) => {
    hear = handler;
  };
  const session = { subscribe } as unknown as Parameters<typeof createHubClock>[0];
  const hubClock = createHubClock(
    session,
    clock,
    (status) => void told.push(status),
    () => boot,
  );
  if (kept) hubClock.recall(kept);
  hubClock.start();
  return { clock, told, hubClock, boot, beat: (at: number) => hear({ at: new Date(at).toISOString() }) };
}

test("between the hub's beats time goes on evenly, whatever sets the machine's clock", () => {
  const { clock, hubClock, beat } = switchedOn({ aheadMs: -5 * minuteMs });
  assert.is(hubClock.now(), begin - 5 * minuteMs, "its own until the hub is heard");
  assert.not(hubClock.isSure());
  beat(begin);
  assert.is(hubClock.now(), begin);
  assert.ok(hubClock.isSure());
  clock.set(hourMs);
  clock.advance(20 * minuteMs);
  assert.is(hubClock.now(), begin + 20 * minuteMs);
});

test("a device goes on by the hub's time after a restart, as long as its machine stays on", () => {
  const before = switchedOn({});
  before.beat(begin + 7 * minuteMs);
  const kept = before.hubClock.toKeep(begin + 7 * minuteMs);
  before.clock.advance(minuteMs);
  const same = switchedOn({ aheadMs: -hourMs, kept });
  same.clock.advance(minuteMs);
  assert.is(same.hubClock.now(), before.hubClock.now());
  assert.ok(same.hubClock.isSure());
  for (const id of ["third", ""]) {
    const other = switchedOn({
      aheadMs: -hourMs,
      boot: { id, clockIsSet: false },
      kept: { ...kept, boot: id && "second" },
    });
    other.clock.advance(minuteMs);
    assert.is(other.hubClock.now(), begin + 8 * minuteMs, `${id}: from the last contact`);
    assert.not(other.hubClock.isSure());
  }
  const late = switchedOn({});
  late.beat(begin + hourMs);
  late.hubClock.recall({ ...kept, aheadMs: 0 });
  assert.is(late.hubClock.now(), begin + hourMs, "what was kept is older than what was heard");
});

test("a clock that lost its time goes on from the last contact until the network has set it", () => {
  const contactAt = begin - 30 * minuteMs;
  const kept = { contactAt, aheadMs: 0, boot: "first" };
  const { clock, hubClock, boot } = switchedOn({ aheadMs: -begin, kept });
  assert.is(hubClock.now(), contactAt);
  clock.advance(minuteMs);
  assert.is(hubClock.now(), contactAt + minuteMs);
  assert.not(hubClock.isSure());
  clock.set(0);
  boot.clockIsSet = true;
  assert.is(hubClock.now(), begin + minuteMs);
  assert.ok(hubClock.isSure());
});

test("a clock that is behind the last contact, although it was set, does not go back behind it", () => {
  const kept = { contactAt: begin + hourMs, aheadMs: 0, boot: "first" };
  const { clock, hubClock } = switchedOn({ boot: { id: "second", clockIsSet: true }, kept });
  assert.is(hubClock.now(), begin + hourMs);
  clock.advance(minuteMs);
  assert.is(hubClock.now(), begin + hourMs + minuteMs);
});

test("a clock more than 30 s off is told, once, and again when that changes or ends", () => {
  const { clock, told, beat } = switchedOn({});
  beat(begin + clockOffMaxMs);
  assert.is(told.at(-1)?.state, "ready", "exactly 30 s is still right");
  beat(begin + clockOffMaxMs + 1);
  beat(begin + clockOffMaxMs + 5_000);
  assert.equal(
    told.slice(1).map(({ detail }) => detail),
    ["about 30 s behind the hub"],
  );
  clock.set(hourMs);
  beat(begin);
  assert.is(told.at(-1)?.detail, "about 3600 s ahead of the hub");
  clock.set(0);
  beat(begin);
  assert.is(told.at(-1)?.state, "ready");
});

test("a machine says which life of it this is, and what has set its clock", () => {
  const root = mkdtempSync(join(tmpdir(), "wartemarke-boot-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  try {
    assert.equal(bootFacts(root), { id: "", clockIsSet: false });
    write("proc/sys/kernel/random/boot_id", "0c1d\n");
    write("sys/class/rtc/rtc0/hctosys", "0\n");
    assert.equal(bootFacts(root), { id: "0c1d", clockIsSet: false });
    write("sys/class/rtc/rtc0/hctosys", "1\n");
    assert.not(bootFacts(root).clockIsSet, "a clock that does not say what time it has");
    write("sys/class/rtc/rtc0/since_epoch", "34\n");
    assert.not(bootFacts(root).clockIsSet, "one without a battery, which began at 1970 when the power came");
    write("sys/class/rtc/rtc0/since_epoch", `${begin / 1_000}\n`);
    assert.ok(bootFacts(root).clockIsSet, "a clock with a battery");
    write("sys/class/rtc/rtc0/hctosys", "0\n");
    write("run/systemd/timesync/synchronized", "");
    assert.ok(bootFacts(root).clockIsSet, "the network");
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.run();
