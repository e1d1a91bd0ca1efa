import type { Parsed, Result, Verb } from "../protocol/requests.ts";
import { isPasswordHash } from "./accounts.ts";
import type { Handler, Surroundings } from "./handler.ts";
import type { Caller, Decision } from "./office/decision.ts";
import { decline } from "./office/decision.ts";
import { takePage } from "./office/page.ts";
import type { OfficeState } from "./office/state.ts";
import { addUser, allUsers, changeUser, findUser, removeUser } from "./office/users.ts";

const listEntriesDefault = 50;

type AccountVerb = Extract<Verb, `user.${string}` | "device.add" | "device.revoke">;

/** The hash of the password that a request brings, or why it may not bring it. */
type Proof = { ok: true; passwordHash: string | undefined } | (Decision & { ok: false });

function proofOf(
  args: { password?: string | undefined; passwordHash?: string | undefined },
  around: Surroundings,
): Proof {
  const { password, passwordHash } = args;
  if (password !== undefined && !around.personalData) {
    const message =
      "a password may only come over a broker on the hub's own machine or an encrypted connection (mqtts): send `passwordHash`";
    return decline("forbidden", message) as Proof;
  }
  if (passwordHash !== undefined && !isPasswordHash(passwordHash)) {
    return decline("bad-request", "passwordHash: take what `wartemarke hash-password` prints") as Proof;
  }
  return { ok: true, passwordHash: password === undefined ? passwordHash : around.secrets.password(password) };
}

/** Where the broker's accounts are not the hub's to change, nothing is recorded that would never come into force. */
const fixed = () =>
  decline(
    "wrong-state",
    "the broker's accounts cannot be changed from here: set mqtt.accounts in the hub's configuration, see mosquitto.md",
    { state: "fixed", current: null },
  );

/** Does what changes who may log in, where that can be done at all. */
function whereChangeable(around: Surroundings, decide: () => Decision): Decision {
  return around.accountsInForce === undefined ? fixed() : decide();
}

const inForce = ({ accountsInForce }: Surroundings) => ({ inForce: accountsInForce ?? "after-reload" });

function userResult(state: OfficeState, name: string, around: Surroundings): Result<"user.add"> {
  const user = findUser(state, name);
  if (!user) throw new Error(`a command succeeded for an unknown user ${name}`);
  return { user, ...inForce(around) };
}

type Wanted = Pick<Parsed<"user.add">, "role" | "desks" | "password" | "passwordHash"> & {
  name: string;
  device: boolean;
};

function add(state: OfficeState, caller: Caller, wanted: Wanted, now: number, around: Surroundings): Decision {
  const proof = proofOf(wanted, around);
  if (!proof.ok) return proof;
  const { name, role, desks = [], device } = wanted;
  return addUser(state, caller, { name, role, desks, device, passwordHash: proof.passwordHash ?? "" }, now);
}

function change(state: OfficeState, caller: Caller, args: Parsed<"user.change">, around: Surroundings): Decision {
  const proof = proofOf(args, around);
  if (!proof.ok) return proof;
  const { user, role, desks } = args;
  const { passwordHash } = proof;
  return changeUser(state, caller, user, {
    ...(role === undefined ? {} : { role }),
    ...(desks === undefined ? {} : { desks }),
    ...(passwordHash === undefined ? {} : { passwordHash }),
  });
}

/** The verbs about who may log in. */
export const accountHandlers: { [V in AccountVerb]: Handler<V> } = {
  "user.list": {
    answer(state, { after, limit = listEntriesDefault }) {
      const behind = allUsers(state).filter(({ user }) => after === undefined || user > after);
      const { page, next } = takePage(behind, limit, ({ user }) => user);
      return { ok: true, result: { users: page, next } };
    },
  },
  "user.add": {
    decide(state, caller, args, now, around) {
      const wanted = { ...args, name: args.user, device: false };
      return whereChangeable(around, () => add(state, caller, wanted, now, around));
    },
    result: (state, { user }, _decision, _now, around) => userResult(state, user, around),
  },
  "user.change": {
    decide: (state, caller, args, _now, around) => whereChangeable(around, () => change(state, caller, args, around)),
    result: (state, { user }, _decision, _now, around) => userResult(state, user, around),
  },
  "user.remove": {
    decide: (state, caller, { user }, _now, around) =>
      whereChangeable(around, () => removeUser(state, caller, user, false)),
    result: (_state, _args, _decision, _now, around) => inForce(around),
  },
  "device.add": {
    decide(state, caller, args, now, around) {
      const wanted = { ...args, name: args.client, device: true };
      return whereChangeable(around, () => add(state, caller, wanted, now, around));
    },
    result: (state, { client }, _decision, _now, around) => userResult(state, client, around),
  },
  "device.revoke": {
    decide: (state, caller, { client }, _now, around) =>
      whereChangeable(around, () => removeUser(state, caller, client, true)),
    result: (_state, _args, _decision, _now, around) => inForce(around),
  },
};
