import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Account } from "../../hub/accounts.ts";
import { createLogins, hashPassword, isPasswordHash, verifyPassword } from "../../hub/accounts.ts";
import { findProgram } from "../needs.ts";

const accountIn = (accounts: Account[]) => (user: string) => accounts.find(({ name }) => name === user);
const password = "Bürgeramt, 2. Stock: ♥";

test("a password belongs to its own hash alone", async () => {
  const [one, other] = await Promise.all([hashPassword(password), hashPassword(password)]);
  assert.match(one, /^\$7\$5000\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==$/);
  assert.is.not(one, other, "each hash has a salt of its own");
  assert.ok(await verifyPassword(password, one));
  assert.ok(await verifyPassword(Buffer.from(password), other));
  for (const wrong of ["", " ", `${password} `, password.toLowerCase(), "demo"]) {
    assert.not.ok(await verifyPassword(wrong, one), `“${wrong}”`);
  }
});

test("a hash of mosquitto_passwd is accepted", async () => {
  // Made with mosquitto_passwd 2.0.11 for the password `demo`.
  const made =
    "$7$101$ocLCToaeSgNe2myt$LbCBkF+2CGtdWDKO0hDPXIWWfXse6tItZHlkYiWFAJtsiIyrx9YyWgS+rVvWYcK8rDwiN45i6LzX4TwQzjLILA==";
  assert.ok(await verifyPassword("demo", made));
  assert.not.ok(await verifyPassword("demo ", made));
  const program = findProgram("mosquitto_passwd");
  if (!program) return;
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-passwords-"));
  const file = join(folder, "passwords");
  execFileSync(program, ["-b", "-c", file, "desk-1", password], { stdio: "ignore" });
  const [, hash = ""] = readFileSync(file, "utf8").trim().split(":");
  rmSync(folder, { recursive: true });
  assert.ok(isPasswordHash(hash));
  assert.ok(await verifyPassword(password, hash));
});

test("what is no such hash fits no password", async () => {
  const good = await hashPassword("demo");
  const [, , , salt, hash] = good.split("$");
  const bad = [
    "",
    "demo",
    "$6$abc$def",
    `$7$0$${salt}$${hash}`,
    `$7$-5$${salt}$${hash}`,
    `$7$9999999$${salt}$${hash}`,
    `$7$5000$$${hash}`,
    `$7$5000$${salt}$${hash?.slice(4)}`,
    `${good}x`,
    ` ${good}`,
  ];
  for (const text of bad) {
    assert.not.ok(isPasswordHash(text), text);
    assert.not.ok(await verifyPassword("demo", text), text);
  }
});

test("logging in: accounts by their passwords, the hub by its own", async () => {
  const passwordHash = await hashPassword("demo");
  const login = createLogins(accountIn([{ name: "desk-1", role: "desk", desks: ["1"], passwordHash }]), "secret");
  const asDesk = { state: "in", principal: { user: "desk-1", role: "desk" } };
  for (const time of ["first", "again, from memory"]) {
    assert.equal(await login("desk-1", Buffer.from("demo")), asDesk, time);
    assert.equal(await login("desk-1", Buffer.from("dem0")), { state: "refused" }, time);
  }
  assert.equal(await login("hub", Buffer.from("secret")), { state: "in", principal: { user: "hub", role: "hub" } });
  const refused: [user: string | undefined, password: string | undefined][] = [
    [undefined, undefined],
    ["desk-1", undefined],
    [undefined, "demo"],
    ["desk-1", ""],
    ["desk-1", "secret"],
    ["hub", "demo"],
    ["hub", ""],
    ["desk-2", "demo"],
    ["constructor", "demo"],
    ["__proto__", "demo"],
    ["", ""],
  ];
  for (const [user, word] of refused) {
    const answer = await login(user, word === undefined ? undefined : Buffer.from(word));
    assert.equal(answer, { state: "refused" }, `${user}, ${word}`);
  }
});

test("a storm of logins is worked off in turn, and one that is too long is refused as busy", async () => {
  const passwordHash = await hashPassword("demo");
  const accounts = Array.from({ length: 60 }, (_, n) => ({
    name: `terminal-${n}`,
    role: "terminal" as const,
    desks: [],
    passwordHash,
  }));
  const login = createLogins(accountIn(accounts), "secret");
  const all = await Promise.all(accounts.map(({ name }) => login(name, Buffer.from("demo"))));
  assert.ok(all.every(({ state }) => state === "in"));
  const wrong = Array.from({ length: 1_001 }, () => login("nobody", Buffer.from("x")));
  assert.equal(await wrong.at(-1), { state: "busy" });
  assert.is((await login("terminal-1", Buffer.from("demo"))).state, "in", "who was in before still gets in");
});

test.run();
