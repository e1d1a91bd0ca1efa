import { namedSeeds } from "./seeds.ts";

/** A fault that is put into the product on purpose: one piece of its text is replaced by another. */
export interface Mutant {
  file: string;
  /** Occurs exactly once in the file. */
  text: string;
  instead: string;
  /** Another piece, of the same file if none is named, where one alone would be no fault, or one that nobody meets. */
  also?: Pick<Mutant, "text" | "instead"> & { file?: string };
}

const mutant = (file: string, text: string, instead: string): Mutant => ({ file, text, instead });

/**
 * Faults that somebody could make, each of which the checks of the simulated days must find: `npm run mutants` puts in one
 * after the other, into a copy of the product, and lives through days until one is found wrong.
 */
export const mutants: readonly Mutant[] = [
  ...namedSeeds.map(({ fault }) => fault),
  // Whose turn it is.
  mutant(
    "hub/office/policy.ts",
    "placeTime(ticket) - state.plan.calls.appointmentLeadMs <= now",
    "placeTime(ticket) + state.plan.calls.appointmentLeadMs <= now",
  ),
  mutant(
    "hub/office/policy.ts",
    'paper === "pending" && now - issuedAt < state.plan.calls.paperPendingMs',
    'paper === "pending" && now < issuedAt',
  ),
  mutant(
    "hub/office/policy.ts",
    "const walkIn = state.waiting.find(mayCome);",
    "const walkIn = state.waiting.findLast(mayCome);",
  ),
  mutant(
    "hub/office/queue.ts",
    "const difference = rankOf(a) - rankOf(b) || placeTime(a) - placeTime(b);",
    "const difference = rankOf(a) - rankOf(b) || placeTime(b) - placeTime(a);",
  ),
  mutant(
    "hub/office/queue.ts",
    "boundTo === null ? services.every((id) => desk.services.includes(id)) : boundTo === desk.id",
    "boundTo === null ? services.length > 0 : boundTo === desk.id",
  ),
  mutant(
    "hub/office/queue.ts",
    'ticket.state === "waiting" ? ticket.earnedAt : now - waitedMs(ticket)',
    'ticket.state === "waiting" ? now : now - waitedMs(ticket)',
  ),
  // Desks.
  mutant("hub/office/desks.ts", "...(current ? [finish(caller, desk, current)] : []),", ""),
  mutant("hub/office/evolve.ts", "if (desk) desk.ticket = event.ticket;", "if (desk?.ticket === undefined) return;"),
  mutant("hub/office/undo.ts", 'if (ticket.state === "waiting") enqueue(state, ticket);', ""),
  mutant("hub/office/undo.ts", "desk.ticket = finished?.id ?? null;", "desk.ticket = null;"),
  mutant("hub/office/visits.ts", "earnedAt: earnedAtNow(ticket, now),\n    reason", "earnedAt: now,\n    reason"),
  mutant(
    "hub/office/desks.ts",
    "if (desk.ticket !== null) return busy(state, desk);\n  if (!desk.open) return accept();",
    "if (!desk.open) return accept();",
  ),
  mutant("hub/office/desks.ts", "if (ticket.callsThisTurn < least) {", "if (ticket.callsThisTurn < 1) {"),
  mutant("hub/office/desks.ts", "now - noShowAt <= state.plan.calls.noShowReturnMs", "now >= noShowAt"),
  mutant("hub/office/sent.ts", "return anySent ? releaseTickets(state, isLeft, by) : [];", "return [];"),
  mutant("hub/office/undo.ts", "now - undo.at <= state.plan.calls.undoMs", "now >= undo.at"),
  mutant("hub/office/queue.ts", "ticket.returnedAt === null ? 2 : 1", "2"),
  mutant("hub/office/evolve.ts", "ticket.priority = event.priority;", ""),
  // Numbers and their record.
  mutant(
    "hub/office/new-tickets.ts",
    "state.series.set(event.letter, Number(event.number.slice(event.letter.length)));",
    "",
  ),
  mutant(
    "hub/office/clock.ts",
    'const left = ticket.state === "waiting" || ticket.state === "parked";',
    'const left = ticket.state === "parked";',
  ),
  mutant("hub/office/appointments/check-in.ts", 'if (record.state === "checked-in") {', "if (false) {"),
  mutant(
    "hub/office/appointments/check-in.ts",
    "if (toSecond(at) > toSecond(until))",
    "if (toSecond(at) > toSecond(until) + 600)",
  ),
  mutant("hub/office/appointments/check-in.ts", "if (toSecond(at) < toSecond(from))", "if (at < 0)"),
  mutant(
    "hub/office/appointments/time.ts",
    "at + plan.checkInLateMs + plan.readBackMs",
    "at + plan.checkInLateMs - plan.readBackMs",
  ),
  mutant(
    "hub/office/appointments/check-in.ts",
    "const from = record.at - plan.checkInEarlyMs;",
    "const from = record.at - plan.checkInEarlyMs + 300_000;",
  ),
  mutant("hub/office/alarms.ts", "const firstMonth = 10;", "const firstMonth = 12;"),
  mutant("hub/requests.ts", "if (known) return void say(JSON.parse(known.reply) as OutgoingReply, to);", ""),
  mutant(
    "hub/requests.ts",
    "const reply = JSON.stringify({ id: request, verb, ...body });",
    'const reply = JSON.stringify({ id: request, verb, ...body });\n      if (verb !== "none") return;',
  ),
  // The service and its file.
  mutant(
    "hub/service.ts",
    "if (draft.events.length > 0 || draft.replies.size > 0 || draft.asides.length > 0) {",
    "for (const say of draft.answers.splice(0)) answer(say);\n      if (draft.events.length > 0 || draft.replies.size > 0 || draft.asides.length > 0) {",
  ),
  mutant("hub/service.ts", "failing = true;\n    state = store.load(plan, calendar);", "failing = true;"),
  mutant("hub/store/store.ts", 'if ("desk" in event && event.desk !== null) desks.add(event.desk);', ""),
  mutant("hub/store/store.ts", 'if (event.type === "ticket.issued") letters.add(event.letter);', ""),
  mutant("hub/store/store.ts", "if (event.finished !== null) tickets.add(event.finished);", ""),
  mutant(
    "hub/store/store.ts",
    "state.seq = (sql.lastSeq.get(state.epoch) as { seq: number }).seq;",
    "state.seq = (sql.lastSeq.get(state.epoch) as { seq: number }).seq + 1;",
  ),
  // The core that holds them together, and what the world is told.
  mutant("hub/core.ts", "      watch.lookAtClosures();\n    } else if", "    } else if"),
  mutant("hub/core.ts", "      publisher.committed(events);\n", ""),
  mutant("hub/publisher.ts", "connected = now;\n      held.clear();", "connected = now;"),
  mutant(
    "device/board/machine.ts",
    "if (!isNewEpoch && revision <= state.revision)",
    "if (!isNewEpoch && state.revision > 0)",
  ),
  mutant("device/board/machine.ts", "const heard = { ...state, beatAt: now,", "const heard = { ...state,"),
  mutant("device/board/machine.ts", "return queueAll(next, fresh);", "return next;"),
  mutant("device/board/machine.ts", "<= boardLimits.freshMs),", "<= Number.POSITIVE_INFINITY),"),
  mutant("device/board-memory.ts", "return read.ok ? read.value : undefined;", "return undefined;"),
  mutant("device/board/start.ts", "{ ...recalled, beatAt: now - boardLimits.notLiveMs }", "recalled"),
  // What boards and terminals show.
  mutant(
    "hub/office/evolve.ts",
    "onBoards(state, event.groups, (calls) => calls.filter(({ call }) => call !== event.call));",
    "",
  ),
  mutant(
    "hub/office/evolve.ts",
    "return [{ ...before, calledAt: at, count: before.count + 1 }, ...calls.filter((entry) => entry !== before)];",
    "return calls.map((one) => (one === before ? { ...one, calledAt: at, count: one.count + 1 } : one));",
  ),
  mutant("hub/office/views.ts", "const view = calls.slice(0, displayCallsMax)", "const view = calls.slice(0, 1)"),
  mutant("device/board/view.ts", "const seen = new Set([shown]);", "const seen = new Set<string | undefined>();"),
  mutant(
    "device/board/machine.ts",
    "const office = { name, languages, timeZone, ...(emergency === undefined ? {} : { emergency }) };",
    "const office = { ...state.office, name, languages, timeZone, ...(emergency === undefined ? {} : { emergency }) };",
  ),
  mutant("hub/office/views.ts", "    ...(emergency === null ? {} : { emergency }),\n", ""),
  mutant(
    "device/terminal/view.ts",
    'if (office?.emergency !== undefined) return message("emergency", "problem", office.emergency);',
    "",
  ),
  // The conversation.
  mutant("protocol/session.ts", 'const request = pending.get(reply.id ?? "");', "const [request] = pending.values();"),
  // The terminal.
  mutant(
    "device/terminal/touches.ts",
    'return withEffects(store(state, touch), { type: "request", request, verb: "ticket.issue", args, timeoutMs });',
    'return withEffects(stay(put(state, touch)), { type: "request", request, verb: "ticket.issue", args, timeoutMs });',
  ),
  mutant(
    "device/terminal/touches.ts",
    'const given: Touch = { ...touch, step: "withdrawing" };',
    'const given: Touch = { ...touch, step: "closed" };',
  ),
  mutant(
    "device/terminal/paper.ts",
    "const receipt = ticketReceipt(ticket, state, language, { isCopy: copies > 0, toDesk });",
    "const receipt = ticketReceipt(ticket, state, language, { isCopy: false, toDesk });",
  ),
  mutant(
    "device/terminal/restart.ts",
    "paper.outcome)), request, paper);",
    'paper.outcome)), request, { ...paper, outcome: "printed", sure: true });',
  ),
  mutant("device/terminal/reserve.ts", "(one === range ? { ...one, next: one.next + 1 } : one)", "one"),
  mutant(
    "device/terminal/reserve.ts",
    "return known ?? { day, letter, first, last, next: inDigits(first) };",
    "return known ? { ...known, next: inDigits(first) } : { day, letter, first, last, next: inDigits(first) };",
  ),
  mutant(
    "device/terminal/bring-in.ts",
    'reserve?.adopted === false && step !== "closed"',
    'reserve?.adopted === false && step === "issued"',
  ),
  mutant(
    "device/terminal/paper.ts",
    "return showNumber(state, request, ticket, why, copies, paper);",
    'return giveUp(state, findTouch(state, request), "no paper");',
  ),
  mutant("device/journal.ts", "UPDATE reserve SET next = max(next, :value + 1)", "UPDATE reserve SET next = next"),
  mutant(
    "device/journal.ts",
    "SELECT touch FROM touches WHERE step <> 'closed' ORDER BY sequence",
    "SELECT touch FROM touches WHERE step = 'sent' ORDER BY sequence",
  ),
  mutant(
    "device/terminal/restart.ts",
    'return { name: "looking-back", request, ticket, isDoubtful: isOld, until };',
    'return { name: "choose" };',
  ),
  // Numbers of the time without the hub.
  mutant(
    "hub/office/other-numbers.ts",
    'if (made && made.state !== "void" && made.state !== "finished") events.push(replaced(state, client, made, ticket));',
    "",
  ),
  mutant(
    "hub/office/reserves.ts",
    "const above = held.find((range) => range.first <= last && last <= range.last);",
    "const above = held.find((range) => range.first > last);",
  ),
  mutant(
    "hub/office/adopt.ts",
    'clock === "sure" ? Math.min(now, Math.max(Date.parse(issuedAt), lows[index] ?? now)) : undefined',
    'clock === "sure" ? now : undefined',
  ),
  mutant(
    "hub/office/adopt.ts",
    "earnedAt: item.earnedAt,\n    kind: admitted",
    "earnedAt: Date.parse(item.issuedAt) + 3_600_000,\n    kind: admitted",
  ),
  // The hub's time at a terminal.
  mutant("device/hub-clock.ts", ": up + aheadMs;", ": clock.now();"),
  mutant("device/terminal/birthdate.ts", "localDate(state.hubAt, state.office", "localDate(state.at, state.office"),
];
