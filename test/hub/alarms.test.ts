import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseConfig } from "../../hub/config.ts";
import { createDevices } from "../../hub/devices.ts";
import { createDiskWatch } from "../../hub/disk.ts";
import { datesToEnter, offlineAlarmMs, unknownPrintsMs } from "../../hub/office/alarms.ts";
import type { OfficeEvent } from "../../hub/office/events.ts";
import type { Service } from "../../hub/service.ts";
import type { Store } from "../../hub/store/store.ts";
import { createWatch } from "../../hub/watch.ts";
import type { DeviceStatus } from "../../protocol/messages.ts";
import { grants } from "./bringing.ts";
import { modelOffice, mondayMorning, openOffice } from "./test-office.ts";

const test = suite("alarms");
const minuteMs = 60_000;
const megabyte = 1_048_576;
const dayMs = 24 * 60 * minuteMs;
const users = [
  { name: "terminal", role: "terminal" },
  { name: "board", role: "board" },
  { name: "admin", role: "admin" },
].map((user) => ({ ...user, passwordHash: `$7$5000$c2FsdA==$${"x".repeat(86)}==` }));

/** A store that takes nothing while its disk is full. */
const storeOn = (disk: { isFull: boolean }) => (store: Store) => ({
  ...store,
  commit(changes: Parameters<Store["commit"]>[0]) {
    if (disk.isFull) throw new Error("disk full");
    store.commit(changes);
  },
});

/** An office that is watched, with devices that say what a test lets them say. */
function watched(more: object = {}, now = mondayMorning) {
  const disk = { isFull: false };
  const office = openOffice({ config: { users, ...more }, now, wrapStore: storeOn(disk) });
  const parsed = parseConfig({ ...modelOffice, users, ...more });
  if (!parsed.ok) throw new Error(parsed.message);
  const devices = createDevices();
  const service = () => office as unknown as Service;
  const begin = () => createWatch({ config: parsed.config, devices, service });
  let watch = begin();
  let told = 0;
  const settle = () => office.submit({ decide: () => ({ ok: true, events: [] }), result: () => undefined });
  return {
    office,
    disk,
    devices,
    /** As in another process, which knows nothing but what is in the file. */
    restart() {
      office.restart();
      watch = begin();
    },
    holds: (alarm: string, detail?: string) => watch.holds(alarm, detail),
    async news() {
      await settle();
      return news();
    },
    says(client: string, peripherals: DeviceStatus["peripherals"], change: Partial<DeviceStatus> = {}, kept = false) {
      const role = client === "board" ? ("board" as const) : ("terminal" as const);
      const at = new Date(office.now).toISOString();
      const status = { state: "online" as const, role, version: "1", at, session: "s", peripherals, ...change };
      devices.heard(client, status, office.now, kept);
    },
    /** What was said since the last time: `+` for what began, `-` for what is over. */
    async look() {
      watch.look();
      await settle();
      return news();
    },
    async lookAtClosures() {
      watch.lookAtClosures();
      await settle();
      return news();
    },
  };

  function news(): string[] {
    const alarms = office.events.slice(told).flatMap((event) => (event.type === "device.alarm" ? event : []));
    told = office.events.length;
    return alarms.map(({ client, alarm, open }) => `${open === false ? "-" : "+"} ${client} ${alarm}`);
  }
}

const printer = (state: DeviceStatus["peripherals"][string]["state"]) => ({ printer: { state, detail: "" } });

test("a device that went away by a clock that was ahead is told of when that is put right", async () => {
  const it = watched({ openingHours: "24/7" });
  const right = it.office.now;
  const ahead = right + 365 * 24 * 60 * minuteMs;
  it.office.now = ahead;
  it.says("terminal", printer("ready"));
  for (let paper = 0; paper < 3; paper += 1) it.devices.unsurePrint("terminal", it.office.now);
  assert.equal(await it.look(), ["+ terminal printer: outcomes unknown"]);
  it.office.now = right;
  assert.equal(await it.look(), ["- terminal printer: outcomes unknown"]);
  it.office.now = ahead;
  it.says("terminal", {}, { state: "offline" });
  assert.equal(await it.look(), []);
  it.office.now = right;
  assert.equal(await it.look(), ["+ terminal offline"]);
  it.office.close();
});

test("what is wrong with a peripheral is said once when it begins and once when it is over, a restart or not", async () => {
  const it = watched();
  it.says("terminal", printer("ready"));
  assert.equal(await it.look(), []);
  it.says("terminal", { ...printer("paper-low"), scanner: { state: "offline", detail: "unplugged" } });
  assert.equal(await it.look(), ["+ terminal printer: paper-low", "+ terminal scanner: offline"]);
  assert.equal(await it.look(), []);
  it.says("terminal", { ...printer("paper-out"), scanner: { state: "unknown", detail: "" } });
  const worse = ["+ terminal printer: paper-out", "- terminal printer: paper-low", "- terminal scanner: offline"];
  assert.equal(await it.look(), worse);
  const begun = it.office.now;
  it.office.now += minuteMs;
  it.office.restart();
  assert.equal(await it.look(), []);
  const check = await it.office.ask("admin", "hub.check");
  const since = new Date(begun).toISOString();
  const open = [{ client: "terminal", alarm: "printer: paper-out", detail: "", since }];
  assert.equal(check.ok && (check.result as { alarms: object[] }).alarms, open);
  it.says("terminal", printer("ready"));
  assert.equal(await it.look(), ["- terminal printer: paper-out"]);
  it.office.close();
});

test("a clock is off when it is more than 30 s off, by a word that is not of an earlier time", async () => {
  const it = watched();
  const off = (ms: number, kept = false) =>
    it.says("board", {}, { at: new Date(it.office.now + ms).toISOString() }, kept);
  off(30_000);
  assert.equal(await it.look(), []);
  off(-86_400_000, true);
  assert.equal(await it.look(), [], "the broker kept it");
  off(30_001);
  assert.equal(await it.look(), ["+ board clock: error"]);
  // Both compare: it is one alarm.
  it.says("board", { clock: { state: "error", detail: "about 40 s" } });
  assert.equal(await it.look(), []);
  off(-30_001);
  assert.equal(await it.look(), []);
  off(-30_000);
  assert.equal(await it.look(), ["- board clock: error"]);
  it.office.close();
});

test("a device that stays away is an alarm while the office is open, and keeps what else was wrong", async () => {
  const it = watched();
  it.says("terminal", printer("paper-out"));
  assert.equal(await it.look(), ["+ terminal printer: paper-out"]);
  it.says("terminal", {}, { state: "offline" });
  it.office.now += offlineAlarmMs - 1;
  assert.equal(await it.look(), []);
  it.office.now += 1;
  assert.equal(await it.look(), ["+ terminal offline"]);
  it.says("terminal", printer("ready"));
  assert.equal(await it.look(), ["- terminal printer: paper-out", "- terminal offline"]);
  it.office.now = Date.parse("2026-11-23T17:00:00+01:00");
  it.says("terminal", {}, { state: "offline" });
  it.office.now += 60 * minuteMs;
  assert.equal(await it.look(), [], "switched off in the evening");
  it.office.now = Date.parse("2026-11-24T08:00:00+01:00");
  assert.equal(await it.look(), ["+ terminal offline"], "not there in the morning");
  it.office.close();
});

test("whoever is no user any more has no alarms", async () => {
  const it = watched();
  it.says("guest", printer("error"));
  it.devices.forget("guest");
  it.says("board", { screen: { state: "error", detail: "" } });
  assert.equal(await it.look(), ["+ board screen: error"]);
  it.office.restart({ users: users.filter(({ name }) => name !== "board") });
  it.devices.forget("board");
  assert.equal(await it.look(), ["- board screen: error"]);
  it.office.close();
});

test("papers of which nobody knows whether they came out are too many at three in an hour", async () => {
  const it = watched();
  it.says("terminal", printer("ready"));
  for (const expected of [[], [], ["+ terminal printer: outcomes unknown"], []]) {
    it.devices.unsurePrint("terminal", it.office.now);
    assert.equal(await it.look(), expected);
    it.office.now += minuteMs;
  }
  it.office.now += unknownPrintsMs;
  assert.equal(await it.look(), ["- terminal printer: outcomes unknown"]);
  it.office.close();
});

test("numbers that run out are said at 90 %, again for each series that joins, and over with the day", async () => {
  const it = watched({ openingHours: "24/7" });
  const issue = (count: number, service = "id-card") =>
    Promise.all(Array.from({ length: count }, () => it.office.issue(service)));
  await issue(899);
  assert.equal(await it.look(), []);
  await issue(1);
  assert.equal(await it.look(), ["+ hub series"]);
  await issue(1);
  assert.equal(await it.look(), []);
  await issue(900, "registration");
  assert.equal(await it.look(), ["+ hub series"]);
  const { detail } = it.office.state.alarms.get("hub/series") ?? {};
  assert.is(detail, "90 % of the numbers of series A, B are given");
  it.office.restart();
  assert.equal(await it.look(), []);
  it.office.now += dayMs;
  assert.equal(await it.look(), ["- hub series"]);
  it.office.close();
});

test("90 % are those of the numbers that terminals leave to the hub, also of those that they take later", async () => {
  const it = watched({ reserve: { numbers: 50 } });
  await grants(it.office);
  await Promise.all(Array.from({ length: 854 }, () => it.office.issue()));
  assert.equal(await it.look(), []);
  await it.office.issue();
  assert.equal(await it.look(), ["+ hub series"], "855 of 949");
  it.office.close();
  const later = watched({ reserve: { numbers: 100 } });
  await Promise.all(Array.from({ length: 850 }, () => later.office.issue()));
  assert.equal(await later.look(), []);
  await grants(later.office);
  assert.ok((await later.look()).includes("+ hub series"), "850 of 925");
  later.office.close();
});

test("numbers of appointments that run out are said too, and those that a restore leaves out", async () => {
  const it = watched({ appointments: { desks: 2 }, reserve: { numbers: 0 } });
  const collected = (series: Record<string, number>) => {
    const nobody = { client: null, awaited: [], unheard: [], held: [] };
    const event: OfficeEvent = { type: "office.changed", what: "collected", ...nobody, series };
    return it.office.submit({ decide: () => ({ ok: true, events: [event] }), result: () => undefined });
  };
  await collected({ T: 899 });
  assert.equal(await it.look(), []);
  const at = new Date(it.office.now + 60 * minuteMs).toISOString();
  const person = { name: "Anna Probst", email: "anna@example.org", phone: "02362 1234", birthdates: ["1984-03-09"] };
  const booked = await it.office.ask("clerk", "appointment.book", { services: ["id-card"], at, person });
  const { id } = (booked as unknown as { result: { appointment: { id: string } } }).result.appointment;
  it.office.now += 60 * minuteMs;
  const checkedIn = await it.office.ask("clerk", "appointment.late-check-in", { appointment: id, reason: "no code" });
  assert.match(JSON.stringify(checkedIn), '"number":"T900"');
  assert.equal(await it.look(), ["+ hub series"]);
  await collected({ B: 950 });
  assert.equal(await it.look(), ["+ hub series"]);
  const { detail } = it.office.state.alarms.get("hub/series") ?? {};
  assert.is(detail, "90 % of the numbers of series B, T are given");
  it.office.close();
});

test("the dates that have to be decided, from October on until carnival", () => {
  const always = (date: string) => !date.endsWith("12-25");
  const rows: [today: string, opens: (date: string) => boolean, decided: string[], expected: string[]][] = [
    ["2026-09-30", always, [], []],
    ["2026-10-01", always, [], ["2026-12-24", "2026-12-31", "2027-02-08", "2027-12-24", "2027-12-31"]],
    ["2026-12-25", always, [], ["2026-12-31", "2027-02-08", "2027-12-24", "2027-12-31"]],
    ["2026-12-31", always, ["2026-12-31", "2027-12-24", "2027-12-31"], ["2027-02-08"]],
    ["2027-02-08", always, [], ["2027-02-08"]],
    ["2027-02-09", always, [], []],
    // Carnival Monday as calendars have it, the earliest and the latest there is among them.
    ["2025-01-02", always, [], ["2025-03-03"]],
    ["2028-01-01", always, [], ["2028-02-28"]],
    ["2038-01-01", always, [], ["2038-03-08"]],
    ["2285-01-01", always, [], ["2285-02-02"]],
    // Shut on that weekday anyway.
    ["2026-10-01", (date) => always(date) && date < "2027", [], ["2026-12-24", "2026-12-31"]],
    // Keeps no holidays.
    ["2026-10-01", () => true, [], []],
  ];
  for (const [today, opens, decided, expected] of rows) {
    assert.equal(datesToEnter(today, opens, new Set(decided)), expected, today);
  }
});

test("closures that are not entered are said once a week, until they are entered or the hours say otherwise", async () => {
  const it = watched();
  assert.equal(await it.lookAtClosures(), ["+ hub closures"]);
  // 24 and 31 December 2026 are Thursdays, carnival Monday is 8 February 2027, the next Christmas Eve a Friday.
  const open = [...it.office.state.alarms.values()].find(({ alarm }) => alarm === "closures");
  assert.match(open?.detail ?? "", /2026-12-24, 2026-12-31, 2027-02-08, 2027-12-24, 2027-12-31$/);
  it.office.now += 7 * dayMs - 1;
  assert.equal(await it.lookAtClosures(), []);
  it.office.restart();
  assert.equal(await it.lookAtClosures(), []);
  it.office.now += 1;
  assert.equal(await it.lookAtClosures(), ["+ hub closures"]);
  const closed = ["2026-12-24", "2026-12-31", "2027-02-08", "2027-12-24"];
  const add = closed.map((date) => ({ date, reason: "Heiligabend" }));
  const hours = [{ date: "2027-12-31", hours: "08:00-12:00" }];
  const changed = await it.office.ask("admin", "office.change", { closures: { add }, specialHours: { add: hours } });
  assert.ok(changed.ok, JSON.stringify(changed));
  assert.equal(await it.lookAtClosures(), ["- hub closures"]);
  it.office.close();
});

test("an office that never closes is not asked for closures", async () => {
  const it = watched({ openingHours: "24/7" });
  assert.equal(await it.lookAtClosures(), []);
  it.office.close();
});

test("a store that takes nothing is an alarm until it takes something", async () => {
  const disk = { isFull: false };
  const office = openOffice({ config: { users }, wrapStore: storeOn(disk) });
  const said = () =>
    office.events.flatMap((event) => (event.type === "device.alarm" ? [`${event.open} ${event.alarm}`] : []));
  disk.isFull = true;
  const refused = await office.ask("terminal", "ticket.issue", { service: "id-card" });
  assert.is(!refused.ok && refused.error.code, "unavailable");
  disk.isFull = false;
  await office.issue();
  await office.tick();
  assert.equal(said(), ["true store", "false store"]);
  await office.issue();
  await office.tick();
  assert.equal(said(), ["true store", "false store"]);
  office.close();
});

test("something of the hub itself is said at once when it begins and once when it is over, a restart or not", async () => {
  const it = watched();
  it.holds("disk", "12 MB free");
  assert.equal(await it.news(), ["+ hub disk"]);
  it.holds("disk", "12 MB free");
  assert.equal(await it.look(), []);
  it.restart();
  it.holds("disk", "12 MB free");
  assert.equal(await it.look(), []);
  it.holds("disk", "9 MB free");
  assert.equal(await it.news(), ["+ hub disk"], "it is something new");
  it.restart();
  assert.equal(await it.look(), [], "nobody has looked yet");
  it.holds("disk");
  assert.equal(await it.news(), ["- hub disk"]);
  it.holds("disk");
  assert.equal(await it.look(), []);
  it.office.close();
});

test("what the store does not take of the hub itself is said once when it does, and only if it still holds", async () => {
  const it = watched();
  const store = ["+ hub store", "- hub store"];
  async function newsWhenFree(): Promise<string[]> {
    it.disk.isFull = false;
    return [...(await it.look()), ...(await it.look())].filter((alarm) => !store.includes(alarm));
  }
  it.disk.isFull = true;
  for (let looks = 0; looks < 20; looks += 1) {
    it.holds("clock", "the clock is elsewhere");
    assert.equal(await it.look(), []);
  }
  assert.equal(await newsWhenFree(), ["+ hub clock"]);
  it.disk.isFull = true;
  it.holds("clock");
  it.holds("disk", "0 MB free");
  for (let looks = 0; looks < 3; looks += 1) assert.equal(await it.look(), []);
  it.holds("disk");
  assert.equal(await newsWhenFree(), ["- hub clock"]);
  assert.equal([...it.office.state.alarms.keys()], []);
  it.office.close();
});

test("a disk that runs full is told of in the same words until it does no more", () => {
  let free: Record<string, number | undefined> = { data: 65 * megabyte, backups: undefined };
  const look = createDiskWatch(() => free);
  assert.is(look(), undefined);
  free = { data: 65 * megabyte, backups: 63.5 * megabyte };
  assert.is(look(), "the disk is nearly full: backups: 63 MB free");
  free = { data: 2 * megabyte, backups: 2 * megabyte };
  assert.is(look(), "the disk is nearly full: backups: 63 MB free");
  free = { data: 64 * megabyte, backups: 64 * megabyte };
  assert.is(look(), undefined);
  free = { data: 2 * megabyte, backups: 64 * megabyte };
  assert.is(look(), "the disk is nearly full: data: 2 MB free");
});

test.run();
