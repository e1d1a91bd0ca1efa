import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Managing } from "../../hub/staff/managing.ts";
import type { StaffDoor } from "../../hub/staff/open.ts";
import { openStaff } from "../../hub/staff/open.ts";
import { createVerifier, hashStaffPassword, isStaffPasswordHash } from "../../hub/staff/password.ts";
import type { StaffAccount } from "../../hub/staff/record.ts";
import type { StaffRole } from "../../hub/staff/roles.ts";
import { staffCaller } from "../../hub/staff/roles.ts";
import type { Staff } from "../../hub/staff/staff.ts";
import { verbs } from "../../protocol/requests.ts";
import { openStored } from "../hub/stored-office.ts";
import { quickHash } from "./quick-hash.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const here = "192.0.2.7";
const elsewhere = "198.51.100.20";
const right = "four words are a password";

const hash = quickHash(right);
const configured = (name: string, role: StaffRole, desks: string[] = []) => ({ name, role, desks, passwordHash: hash });
const everybody = [configured("rosa", "clerk", ["1"]), configured("max", "manager"), configured("ada", "admin")];
const section = { idleMinutes: 120, absoluteHours: 12, auditDays: 90, accounts: everybody };

/** Staff over a real file, with time that stands still until a test moves it. */
async function withStaff(
  work: (
    at: StaffDoor & { pass(ms: number): void; reopen(accounts?: typeof everybody): void; now(): number },
  ) => Promise<void>,
): Promise<void> {
  const office = openStored();
  let now = office.now;
  const seal = { seal: (kind: string, text: string) => `${kind}:${text}` };
  const open = (accounts = everybody) => openStaff({ ...section, accounts }, office.store.staff, seal, () => now);
  const at = {
    ...open(),
    now: () => now,
    pass(ms: number) {
      now += ms;
    },
    reopen(accounts?: typeof everybody) {
      office.reopen();
      Object.assign(at, open(accounts));
    },
  };
  try {
    await work(at);
  } finally {
    office.close();
  }
}

async function tokenOf(staff: Staff, name: string, password = right): Promise<string> {
  const tried = await staff.signIn(name, password, here);
  if (tried.state !== "in") throw new Error(`${name} is not in: ${tried.state}`);
  return tried.token;
}

const ofAccount = (staff: Staff, name: string): StaffAccount => {
  const account = staff.account(name);
  if (!account) throw new Error(`no account ${name}`);
  return account;
};

test("a password is known again by its hash, whatever keyboard typed it", async () => {
  const umlauts = await hashStaffPassword("Größe der Türen");
  assert.ok(isStaffPasswordHash(umlauts));
  assert.not(umlauts === (await hashStaffPassword("Größe der Türen")), "each has a salt of its own");
  const verify = createVerifier();
  assert.is(await verify("Größe der Türen".normalize("NFD"), umlauts), true);
  assert.is(await verify("Größe der Türen ", umlauts), false);
  assert.is(await verify(right, undefined), false, "no account");
  assert.is(await verify(right, "$7$5000$x$y"), false, "a device's hash opens no page");
  for (const text of ["", `$scrypt$ln=30,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$${"A".repeat(43)}`, hash.replace("ln", "N")]) {
    assert.not(isStaffPasswordHash(text), text);
  }
});

test("more passwords than can be compared are put off, not refused", async () => {
  const verify = createVerifier();
  const all = await Promise.all(Array.from({ length: 22 }, () => verify("x", hash)));
  assert.is(all.filter((one) => one === undefined).length, 2);
  assert.is(await verify(right, hash), true, "afterwards there is room again");
});

test("a session ends by doing nothing, by its age, by signing out, and survives a restart", () =>
  withStaff(async (at) => {
    const token = await tokenOf(at.staff, "rosa");
    assert.is(at.staff.of(token, false)?.account.name, "rosa");
    for (const wrong of [undefined, "", token.slice(1), `${token.slice(0, -1)}-`, `${token}=`]) {
      assert.is(at.staff.of(wrong, true), undefined);
    }
    at.pass(119 * minuteMs);
    at.reopen();
    assert.ok(at.staff.of(token, true), "in use");
    at.pass(120 * minuteMs);
    assert.ok(at.staff.of(token, false), "to the minute");
    at.pass(1);
    assert.is(at.staff.of(token, false), undefined, "watching is no use");

    const busy = await tokenOf(at.staff, "rosa");
    for (let hour = 0; hour < 12; hour += 1) {
      at.pass(hourMs);
      assert.ok(at.staff.of(busy, true), `hour ${hour + 1}`);
    }
    at.pass(1);
    assert.is(at.staff.of(busy, true), undefined, "a day's work is over");

    const out = await tokenOf(at.staff, "rosa");
    at.staff.signOut(out);
    assert.is(at.staff.of(out, true), undefined);
  }));

test("five wrong passwords lock an account for a quarter of an hour, whether there is such an account or not", () =>
  withStaff(async (at) => {
    for (const name of ["rosa", "nobody"]) {
      const begin = at.now();
      for (let attempt = 0; attempt < 5; attempt += 1) {
        assert.equal(await at.staff.signIn(name, "a wrong password", here), { state: "refused" });
        at.pass(minuteMs);
      }
      const locked = { state: "locked", until: begin + 15 * minuteMs };
      assert.equal(await at.staff.signIn(name, right, here), locked, `${name}: the right one does not help now`);
      assert.equal(await at.staff.signIn(name, right, elsewhere), locked, `${name}: from wherever`);
      at.pass(10 * minuteMs - 1);
      assert.is((await at.staff.signIn(name, right, here)).state, "locked");
      at.pass(1);
      assert.is((await at.staff.signIn(name, right, here)).state, name === "rosa" ? "in" : "refused");
    }
  }));

test("a sign-in forgets the account's wrong passwords; a restart does not", () =>
  withStaff(async (at) => {
    const wrong = () => at.staff.signIn("rosa", "a wrong password", here);
    for (let attempt = 0; attempt < 4; attempt += 1) await wrong();
    await tokenOf(at.staff, "rosa");
    for (let attempt = 0; attempt < 4; attempt += 1) await wrong();
    at.reopen();
    assert.is((await wrong()).state, "refused");
    assert.is((await wrong()).state, "locked");
  }));

test("what was written down by a clock that was ahead locks nobody out and keeps nobody in", () =>
  withStaff(async (at) => {
    const yearMs = 365 * 24 * hourMs;
    at.pass(yearMs);
    const token = await tokenOf(at.staff, "max");
    for (let attempt = 0; attempt < 5; attempt += 1) await at.staff.signIn("rosa", "a wrong password", here);
    assert.is((await at.staff.signIn("rosa", right, here)).state, "locked");
    at.pass(-yearMs);
    assert.is((await at.staff.signIn("rosa", right, here)).state, "in", "the clock is right again");
    assert.is(at.staff.of(token, true), undefined, "no session lasts a year");

    const other = await tokenOf(at.staff, "max");
    at.pass(-hourMs);
    assert.ok(at.staff.of(other, true), "an hour ends no session");
    at.pass(120 * minuteMs + 1);
    assert.is(at.staff.of(other, true), undefined, "it was last in use when the clock had been set back");
  }));

test("passwords that are sent at the same moment count like others", () =>
  withStaff(async (at) => {
    const all = await Promise.all(Array.from({ length: 12 }, () => at.staff.signIn("rosa", "a wrong password", here)));
    assert.is(all.filter(({ state }) => state === "refused").length, 5);
    assert.is(all.filter(({ state }) => state === "locked").length, 7);
  }));

test("one address tries twenty passwords, under whatever names, and others still sign in", () =>
  withStaff(async (at) => {
    at.reopen(["a", "b", "c", "d", "e"].map((name) => configured(name, "admin")));
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const name = "abcde"[attempt % 5] ?? "";
      assert.is((await at.staff.signIn(name, "a wrong password", here)).state, "refused");
    }
    assert.is((await at.staff.signIn("rosa", right, here)).state, "locked");
    assert.is((await at.staff.signIn("rosa", right, elsewhere)).state, "in");
  }));

test("a new password ends the other sessions, and the old one opens nothing", () =>
  withStaff(async (at) => {
    const [own, other] = [await tokenOf(at.staff, "rosa"), await tokenOf(at.staff, "rosa")];
    const who = at.staff.of(own, true);
    if (!who) throw new Error("not in");
    const chosen = "another four words";
    for (const [old, wanted, came] of [
      [right, "too short", "short"],
      [right, "x".repeat(201), "long"],
      [right, "ROSA and her password", undefined],
      ["a wrong password", chosen, "wrong"],
    ] as const) {
      if (came !== undefined) assert.is(await at.staff.changePassword(who, old, wanted, here), came);
    }
    assert.is(await at.staff.changePassword(who, right, chosen, here), "done");
    assert.ok(at.staff.of(own, true));
    assert.is(at.staff.of(other, true), undefined);
    assert.is((await at.staff.signIn("rosa", right, here)).state, "refused");
    await tokenOf(at.staff, "rosa", chosen);
  }));

test("who may manage whom, and what the last admin cannot do", () =>
  withStaff(async (at) => {
    const { managing, staff } = at;
    const form = (name: string, role: StaffRole, further: object = {}) => ({
      name,
      role,
      desks: role === "clerk" ? ["1"] : [],
      password: right,
      ...further,
    });
    const table: [by: string, what: Parameters<Managing["add"]>[1], came: string][] = [
      ["rosa", form("new", "clerk"), "forbidden"],
      ["max", form("new", "manager"), "forbidden"],
      ["max", form("new", "admin"), "forbidden"],
      ["max", form("Neu!", "clerk"), "bad-name"],
      ["max", form("new", "clerk", { desks: [] }), "no-desks"],
      ["max", form("new", "clerk", { password: "" }), "no-password"],
      ["max", form("new", "clerk", { password: "short" }), "short"],
      ["max", form("lisa", "clerk", { password: "the name is Lisa" }), "like-name"],
      ["max", form("rosa", "clerk"), "taken"],
      ["max", form("ali", "clerk"), "done"],
      ["ada", form("ben", "manager"), "done"],
    ];
    for (const [by, what, came] of table) {
      assert.is(await managing.add(ofAccount(staff, by), what), came, `${by} ${JSON.stringify(what)}`);
    }
    assert.ok(ofAccount(staff, "ali").mustChange);
    const [rosa, max, ada] = ["rosa", "max", "ada"].map((name) => ofAccount(staff, name));
    if (!rosa || !max || !ada) throw new Error("incomplete");
    assert.equal(managing.list("clerk"), []);
    assert.equal(
      managing.list("manager").map(({ name }) => name),
      ["ali", "rosa"],
    );
    assert.is(await managing.change(max, form("ben", "clerk")), "forbidden");
    assert.is(await managing.change(max, form("rosa", "manager", { password: "" })), "forbidden");
    assert.is(await managing.change(ada, form("ada", "manager", { password: "" })), "last-admin");
    assert.is(managing.lock(ada, "ada", true), "self");
    assert.is(managing.remove(ada, "ada"), "self");
    assert.is(managing.lock(max, "ada", true), "forbidden");
    assert.is(managing.remove(rosa, "ali"), "forbidden");
    assert.is(managing.remove(ada, "nobody"), "unknown");

    const token = await tokenOf(staff, "rosa");
    assert.is(managing.lock(max, "rosa", true), "done");
    assert.is(staff.of(token, true), undefined, "whoever is locked is out at once");
    assert.is((await staff.signIn("rosa", right, here)).state, "refused");
    assert.is(at.caller("staff/rosa"), undefined, "and asks for nothing any more");
    assert.is(managing.lock(max, "rosa", false), "done");
    await tokenOf(staff, "rosa");
  }));

test("whoever unlocks an account forgives its wrong passwords", () =>
  withStaff(async (at) => {
    for (let attempt = 0; attempt < 5; attempt += 1) await at.staff.signIn("rosa", "a wrong password", here);
    assert.is((await at.staff.signIn("rosa", right, here)).state, "locked");
    assert.is(at.managing.lock(ofAccount(at.staff, "max"), "rosa", false), "done");
    await tokenOf(at.staff, "rosa");
  }));

test("an account of the configuration is made once, and again when it is written anew", () =>
  withStaff(async (at) => {
    const admin = ofAccount(at.staff, "ada");
    assert.is(at.managing.remove(admin, "rosa"), "done");
    at.reopen();
    assert.is(at.staff.account("rosa"), undefined, "removed is removed");
    const passwordHash = await hashStaffPassword("somebody forgot the old one");
    at.reopen(everybody.map((one) => (one.name === "ada" ? { ...one, passwordHash } : one)));
    assert.is((await at.staff.signIn("ada", right, here)).state, "refused");
    await tokenOf(at.staff, "ada", "somebody forgot the old one");
  }));

test("what each role may use of the protocol", () => {
  const usable = (role: StaffRole) => {
    const caller = staffCaller({ name: "x", role, desks: ["1"] });
    return Object.entries(verbs)
      .filter(([verb, { roles }]) => (roles as readonly string[]).includes(caller.role) && caller.mayUse?.(verb))
      .map(([verb]) => verb);
  };
  const forDesks = Object.entries(verbs).filter(([, { roles }]) => (roles as readonly string[]).includes("desk"));
  assert.equal(
    usable("clerk"),
    forDesks.map(([verb]) => verb),
  );
  const ofManagers = usable("manager").filter((verb) => !usable("clerk").includes(verb));
  for (const verb of ["office.show", "office.preview", "device.list"]) assert.ok(ofManagers.includes(verb), verb);
  for (const verb of ["office.change", "backup.now", "hub.check"]) {
    assert.not(ofManagers.includes(verb), verb);
    assert.ok(usable("admin").includes(verb), verb);
  }
  for (const role of ["clerk", "manager", "admin"] as const) assert.not(usable(role).includes("ticket.withdraw"), role);
  assert.is(staffCaller({ name: "x", role: "clerk", desks: ["1"] }).role, "desk");
});

test("the audit log says who did what, nothing of what was typed, and is erased in time", () =>
  withStaff(async (at) => {
    const secret = "my password in the wrong field";
    await at.staff.signIn(secret.slice(0, 32), right, here);
    const token = await tokenOf(at.staff, "ada");
    at.staff.signOut(token);
    await at.managing.add(ofAccount(at.staff, "ada"), { name: "kim", role: "manager", desks: [], password: right });
    const lines = at.audits(10).map(({ who, what, outcome, about }) => [who, what, outcome, about].join(" "));
    assert.equal(lines.slice(0, 4), [
      "ada account.add ok kim",
      "ada sign-out ok ",
      "ada sign-in ok ",
      " sign-in refused ",
    ]);
    assert.not(JSON.stringify(at.audits(10)).includes("wrong field"));
    assert.is(at.audits(2, at.audits(1)[0]?.id).length, 2, "older ones, page by page");
    at.pass(90 * 24 * hourMs);
    at.staff.tidy();
    assert.ok(at.audits(10).length > 4);
    at.pass(1);
    at.staff.tidy();
    assert.equal(at.audits(10), []);
  }));

test.run();
