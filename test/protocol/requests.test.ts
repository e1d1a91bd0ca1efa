import { test } from "uvu";
import * as assert from "uvu/assert";
import { errorCodes, errorRemedies, protocolError, refuse } from "../../protocol/errors.ts";
import { eventTypes, type Role, role } from "../../protocol/messages.ts";
import { isVerb, replyDaysMax, type Verb, verbs } from "../../protocol/requests.ts";

/** Written out from the protocol's description, as are the tables below. */
const describedErrors = `bad-request forbidden unknown-verb unknown-service unknown-desk unknown-ticket
  unknown-appointment id-reused expired withdrawn closed service-closed full wrong-state desk-busy desk-closed
  too-early too-late not-confirmed cancelled moved other-day other-site bad-code no-match ambiguous locked slot-taken
  unavailable`.split(/\s+/);

test("the list of error codes is the described one, closed", () => {
  assert.equal(errorCodes.toSorted(), describedErrors.toSorted());
  assert.not.ok(protocolError.safeParse({ code: "oops", message: "" }).success);
});

test("each error says what may be done about it", () => {
  assert.is(errorRemedies.unavailable, "repeat");
  assert.equal(
    errorCodes.filter((code) => errorRemedies[code] === "repeat"),
    ["unavailable"],
  );
  for (const code of errorCodes.filter((code) => code === "bad-request" || code.startsWith("unknown-"))) {
    assert.is(errorRemedies[code], "correct", code);
  }
});

test("an error's details stand beside its code, and cannot replace it unseen", () => {
  assert.equal(refuse("closed", "later", { opensAt: "2026-11-23T07:00:00Z" }), {
    code: "closed",
    message: "later",
    opensAt: "2026-11-23T07:00:00Z",
  });
  assert.ok(protocolError.safeParse(refuse("wrong-state", "", { state: "called", current: null })).success);
});

/** Verb by role: terminal, board, desk, admin. An admin may use every verb but those for terminals alone. */
const describedRoles: Record<Verb, [terminal: 0 | 1, board: 0 | 1, desk: 0 | 1, admin: 0 | 1]> = {
  "ticket.issue": [1, 0, 1, 1],
  "ticket.show": [0, 0, 1, 1],
  "ticket.printed": [1, 0, 0, 1],
  "ticket.withdraw": [1, 0, 0, 0],
  "ticket.adopt": [1, 0, 0, 0],
  "journal.report": [1, 0, 0, 0],
  "reserve.get": [1, 0, 0, 0],
  "ticket.cancel": [0, 0, 1, 1],
  "ticket.priority": [0, 0, 1, 1],
  "ticket.reprint": [0, 0, 1, 1],
  "appointment.check-in": [1, 0, 1, 1],
  "appointment.late-check-in": [0, 0, 1, 1],
  "appointment.unlock": [0, 0, 1, 1],
  "appointment.slots": [0, 0, 1, 1],
  "appointment.book": [0, 0, 1, 1],
  "appointment.cancel": [0, 0, 1, 1],
  "appointment.move": [0, 0, 1, 1],
  "appointment.show": [0, 0, 1, 1],
  "appointment.list": [0, 0, 1, 1],
  "desk.open": [0, 0, 1, 1],
  "desk.close": [0, 0, 1, 1],
  "desk.pause": [0, 0, 1, 1],
  "desk.resume": [0, 0, 1, 1],
  "call.next": [0, 0, 1, 1],
  "call.number": [0, 0, 1, 1],
  "call.again": [0, 0, 1, 1],
  "call.undo": [0, 0, 1, 1],
  "ticket.park": [0, 0, 1, 1],
  "ticket.resume": [0, 0, 1, 1],
  "ticket.transfer": [0, 0, 1, 1],
  "ticket.no-show": [0, 0, 1, 1],
  "ticket.finish": [0, 0, 1, 1],
  "queue.list": [0, 0, 1, 1],
  "office.show": [0, 0, 0, 1],
  "office.preview": [0, 0, 0, 1],
  "office.change": [0, 0, 0, 1],
  "display.message": [0, 0, 0, 1],
  "device.list": [0, 0, 0, 1],
  "device.command": [0, 0, 0, 1],
  "device.add": [0, 0, 0, 1],
  "device.revoke": [0, 0, 0, 1],
  "user.list": [0, 0, 0, 1],
  "user.add": [0, 0, 0, 1],
  "user.change": [0, 0, 0, 1],
  "user.remove": [0, 0, 0, 1],
  "event.list": [0, 0, 1, 1],
  "backup.now": [0, 0, 0, 1],
  "hub.check": [0, 0, 0, 1],
  "stats.day": [0, 0, 0, 1],
  "stats.range": [0, 0, 0, 1],
  "command.done": [1, 1, 1, 1],
};

test("the verbs are the described ones", () => {
  assert.equal(Object.keys(verbs).toSorted(), Object.keys(describedRoles).toSorted());
});

for (const [verb, allowed] of Object.entries(describedRoles) as [Verb, number[]][]) {
  test(`${verb} is for the described roles`, () => {
    assert.equal(role.options, ["terminal", "board", "desk", "admin"]);
    const roles: readonly Role[] = verbs[verb].roles;
    assert.equal(roles.toSorted(), role.options.filter((_, index) => allowed[index] === 1).toSorted());
  });
}

test("what objects inherit is no verb", () => {
  for (const text of ["constructor", "__proto__", "toString", "hasOwnProperty", "", "ticket", "ticket.issue "]) {
    assert.not.ok(isVerb(text), text);
  }
  assert.ok(isVerb("ticket.issue"));
});

const describedEvents = [
  "ticket issued printed shown print-failed print-unknown reprinted adopted replaced called recalled no-show parked",
  "ticket resumed transferred finished cancelled expired undone",
  "appointment reserved confirmed lapsed cancelled moved checked-in",
  // In the same spirit: a new link was sent, a birth date was wrong, staff let birth dates be entered again.
  "appointment link no-match unlocked",
  // Likewise: after a restore a terminal knew of a number.
  "ticket recovered",
  // Likewise: staff gave somebody a head start.
  "ticket prioritized",
  "desk opened closed paused resumed",
  "device online offline alarm",
  "office opened closed changed",
].flatMap((line) => {
  const [thing, ...types] = line.split(" ");
  return types.map((type) => `${thing}.${type}`);
});

test("there is no event that is not described, and none twice", () => {
  for (const type of eventTypes) assert.ok(describedEvents.includes(type), type);
  assert.is(new Set(eventTypes).size, eventTypes.length);
});

test("replies are kept for a week", () => {
  assert.is(replyDaysMax, 7);
});

test.run();
