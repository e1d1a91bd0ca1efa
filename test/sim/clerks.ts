import { makeId } from "../../protocol/ids.ts";
import type { Ticket } from "../../protocol/messages.ts";
import type { Arguments, Verb } from "../../protocol/requests.ts";
import { callValidMs } from "../../protocol/requests.ts";
import type { Answer, Session } from "../../protocol/session.ts";
import { attend } from "./counter.ts";
import type { Random } from "./random.ts";
import type { Room } from "./room.ts";
import type { Life, Schedule } from "./schedule.ts";
import type { Visitor } from "./visitors.ts";

/** From hearing a number to standing at the desk, in milliseconds. */
const walkMs = [3_000, 15_000] as const;
/** A clerk waits so long for whoever was called before he calls again, and as long once more, in milliseconds. */
const waitMs = 25_000;
/** Median time at the desk, in milliseconds, and the sigma of its logarithm. */
const service = { medianMs: 28_000, sigma: 0.5 } as const;
/** How often an idle clerk asks for the next, in milliseconds. */
const idleMs = 10_000;
/** How long a photograph takes, in milliseconds. */
const photographMs = [20_000, 90_000] as const;
/** A pause after which those who wait for this desk wait for any, in milliseconds. */
const longPauseMs = 13 * 60_000;
/** What happens at a desk besides serving, each with its share of the visits. */
const shares = {
  undo: 0.05,
  again: 0.05,
  park: 0.07,
  transfer: 0.07,
  pause: 0.02,
  longPause: 0.008,
  close: 0.01,
  narrow: 0.02,
  byNumber: 0.03,
  doubleClick: 0.08,
} as const;

export interface ClerkParts {
  schedule: Schedule;
  random: Random;
  desk: string;
  /** The other desks, to which a visitor may be sent. */
  others: readonly string[];
  /** To what a visitor may be sent on. */
  services: readonly string[];
  /** What this desk does, as a rule. */
  own: readonly string[];
  session: Session;
  life: Life;
  room: Room;
  /** Whom this or another clerk sent to have a photograph taken, and when they are back. */
  parked: Parked[];
  /** Who in the room has this number and would come. */
  holder(number: string): Visitor | undefined;
  /** Whether somebody in the room can see that number: on a board, or called out. */
  isShown(number: string): boolean;
  /** Nobody came for that number. */
  givenUp(number: string): void;
  /** When he goes home if nobody is there any more. */
  closesAt: number;
  /** When he goes home whoever still waits. */
  leavesAt: number;
  /** Whether anybody still waits or stands before a terminal. */
  isEmpty(): boolean;
}

export interface Parked {
  ticket: Ticket;
  desk: string;
  backAt: number;
}

export interface Clerk {
  readonly done: boolean;
  /** Everybody whom he called, the last one at the end, and who is at the desk as far as he knows. */
  readonly had: readonly Ticket[];
  readonly current: Ticket | null;
}

/** A clerk at one desk: opens it, calls, waits, serves, sends on, makes mistakes, and goes home in the end. */
export function startClerk(parts: ClerkParts): Clerk {
  const { schedule, random, desk, session, life, room, parked } = parts;
  const had: Ticket[] = [];
  /** At the desk, as far as he knows, and whether that visit is over. */
  let current: Ticket | null = null;
  const clerk = {
    had,
    done: false,
    get current() {
      return current;
    },
  };

  const call = () => ({ timeoutMs: callValidMs, validUntil: new Date(schedule.now() + callValidMs).toISOString() });

  /** Asks under one id until the hub answers: what nobody answered may have been done. */
  async function sure<V extends Verb>(verb: V, args: Arguments<V>): Promise<Answer<V>> {
    const id = makeId(schedule.now());
    for (;;) {
      const answer = await session.request(verb, args, { id });
      if (answer.state !== "unknown" && !(answer.state === "refused" && answer.error.code === "unavailable")) {
        return answer;
      }
      await schedule.sleep(1_000, life);
    }
  }

  /** Waits for whoever was called, and calls once more. */
  async function waitFor({ id, number }: Ticket): Promise<Visitor | undefined> {
    for (let round = 0; round < 2; round += 1) {
      const deadline = schedule.now() + waitMs;
      while (schedule.now() < deadline) {
        await schedule.sleep(1_000, life);
        const visitor = parts.holder(number);
        // The second time a clerk calls into the room himself.
        if (!visitor || visitor.atDesk !== undefined || !(round > 0 || parts.isShown(number))) continue;
        visitor.atDesk = desk;
        await schedule.sleep(random.whole(...walkMs), life);
        return visitor;
      }
      await session.request("call.again", { desk, ticket: id }, call());
    }
    return undefined;
  }

  /** One visit; whoever is not finished by it is no longer at the desk. */
  async function serve(ticket: Ticket, finished: Ticket | null): Promise<void> {
    had.push(ticket);
    if (random.chance(shares.undo)) {
      const answer = await session.request("call.undo", { desk, ticket: ticket.id }, call());
      if (answer.state === "done") {
        current = finished;
        isBackWhereHeWas(answer.result.ticket);
      }
      if (answer.state === "done" || answer.state === "unknown") return;
    }
    const visitor = await waitFor(ticket);
    if (!visitor) return giveUp(ticket);
    await schedule.sleep(random.logNormal(service.medianMs, service.sigma), life);
    // The microphone instead of the key beside it.
    if (random.chance(shares.again)) await session.request("call.again", { desk, ticket: ticket.id }, call());
    if (random.chance(shares.park)) {
      const answer = await sure("ticket.park", { desk, ticket: ticket.id });
      if (answer.state === "done") {
        parked.push({ ticket, desk, backAt: schedule.now() + random.whole(...photographMs) });
        visitor.atDesk = undefined;
        current = null;
        return;
      }
    } else if (random.chance(shares.transfer)) {
      const answer = await sure("ticket.transfer", { desk, ticket: ticket.id, ...whereTo() });
      if (answer.state === "done") {
        visitor.atDesk = undefined;
        current = null;
        return;
      }
    }
    visitor.servedAt = schedule.now();
    await rest(ticket);
  }

  /** Whoever does not wait in the line again must be called in another way. */
  function isBackWhereHeWas(ticket: Ticket): void {
    const visitor = parts.holder(ticket.number);
    if (ticket.state === "parked") parked.push({ ticket, desk, backAt: schedule.now() + idleMs });
    if (ticket.state === "no-show" && visitor) room.again({ kind: "back", visitor });
  }

  /** To another service, to another desk, or to another desk for another service. */
  function whereTo(): { service?: string; toDesk?: string } {
    const service = random.pick(parts.services);
    const toDesk = random.pick(parts.others);
    return random.pick([{ service }, { toDesk }, { service, toDesk }]);
  }

  /** What a clerk does between two visits. */
  async function rest(ticket: Ticket): Promise<void> {
    const finish = async () => {
      await sure("ticket.finish", { desk, ticket: ticket.id });
      current = null;
    };
    if (random.chance(shares.pause) || random.chance(shares.longPause)) {
      await finish();
      await sure("desk.pause", { desk });
      await schedule.sleep(random.chance(0.3) ? longPauseMs : random.whole(...photographMs), life);
      await sure("desk.resume", { desk });
    } else if (random.chance(shares.close)) {
      await finish();
      await sure("desk.close", { desk });
      await schedule.sleep(random.whole(...photographMs), life);
    } else if (random.chance(shares.narrow)) {
      // For a while something else alone, with the visitor still there.
      await sure("desk.open", { desk, services: [random.pick(parts.own)] });
      schedule.after(random.whole(...photographMs), life, () => {
        if (!clerk.done) void sure("desk.open", { desk });
      });
    } else if (random.chance(shares.byNumber)) {
      await finish();
      const listed = await session.request("queue.list", { limit: 20 });
      if (listed.state !== "done" || listed.result.tickets.length === 0) return;
      const chosen = random.pick(listed.result.tickets);
      const answer = await session.request("call.number", { desk, number: chosen.number }, call());
      if (answer.state !== "done") return;
      current = answer.result.ticket;
      await serve(current, null);
    }
  }

  async function giveUp(ticket: Ticket): Promise<void> {
    parts.givenUp(ticket.number);
    for (let tries = 0; tries < 5; tries += 1) {
      const answer = await sure("ticket.no-show", { desk, ticket: ticket.id });
      if (answer.state === "done") {
        current = null;
        return;
      }
      // Called once only, as far as the hub knows: the repeated call did not arrive.
      const again = await sure("call.again", { desk, ticket: ticket.id });
      if (again.state === "refused") return;
    }
  }

  async function callNext(): Promise<boolean> {
    const finished: Ticket | null = current;
    const args: Arguments<"call.next"> = finished ? { desk, current: finished.id, finish: true } : { desk };
    const asked = session.request("call.next", args, call());
    if (random.chance(shares.doubleClick)) void session.request("call.next", args, call());
    const answer: Answer<"call.next"> = await asked;
    if (answer.state === "unknown") return false;
    if (answer.state === "done") {
      current = answer.result.ticket;
      if (current) await serve(current, finished);
      return current !== null;
    }
    const { code } = answer.error;
    if (code === "desk-closed") await sure("desk.open", { desk });
    if (code !== "desk-busy" && code !== "wrong-state") return false;
    // A call whose answer got lost was done all the same: whoever is at the desk now is his visitor.
    const there = await whoIsHere();
    if (there && there.id !== finished?.id) await serve(there, null);
    return true;
  }

  /** Whom the desk has, as the hub knows. */
  async function whoIsHere(): Promise<Ticket | null> {
    const opened = await sure("desk.open", { desk });
    const id = opened.state === "done" ? opened.result.desk.ticket : null;
    const shown = id === null ? undefined : await sure("ticket.show", { ticket: id });
    current = shown?.state === "done" ? shown.result.ticket : null;
    return current;
  }

  /** Whoever comes back is called by the clerk who sent him, or by another one who is free. */
  async function resumeParked(): Promise<boolean> {
    if (current !== null) return false;
    const index = parked.findIndex(
      (each) => schedule.now() >= each.backAt && (each.desk === desk || random.chance(0.1)),
    );
    const [next] = index < 0 ? [] : parked.splice(index, 1);
    if (!next) return false;
    const answer = await sure("ticket.resume", { desk, ticket: next.ticket.id });
    if (answer.state !== "done") {
      // Somebody is at the desk, or it is closed; else he has been sent on meanwhile.
      if (answer.state === "refused" && answer.error.code !== "wrong-state") {
        parked.push({ ...next, backAt: schedule.now() + idleMs });
      }
      return false;
    }
    current = answer.result.ticket;
    await serve(current, null);
    return true;
  }

  async function attendToWish(): Promise<void> {
    const wish = room.next();
    if (!wish) return;
    const called = await attend({ ...parts, sure }, wish, current === null);
    if (!called) return;
    current = called;
    await serve(called, null);
  }

  async function work(): Promise<void> {
    await sure("desk.open", { desk });
    while (schedule.now() < parts.leavesAt) {
      await attendToWish();
      if (await resumeParked()) continue;
      if (await callNext()) continue;
      const isOver = current === null && parked.length === 0 && schedule.now() > parts.closesAt;
      if (isOver && parts.isEmpty()) break;
      await schedule.sleep(idleMs, life);
    }
    // Until nobody is there any more, whoever else pressed something.
    for (;;) {
      const there = await whoIsHere();
      if (there) await sure("ticket.finish", { desk, ticket: there.id });
      const closed = await sure("desk.close", { desk });
      if (closed.state === "done") break;
    }
    clerk.done = true;
  }

  void work();
  return clerk;
}
