import type { Result } from "../../protocol/requests.ts";
import type { Grant } from "../../protocol/reserve.ts";
import type { TestOffice } from "./test-office.ts";
import { mondayMorning } from "./test-office.ts";

export const monday = "2026-11-23";

/** Asks for the numbers that a terminal holds. */
export async function grants(office: TestOffice, client = "terminal", args: object = {}): Promise<Grant[]> {
  const reply = await office.ask(client, "reserve.get", args);
  if (!reply.ok) throw new Error(reply.error.message);
  return (reply.result as { grants: Grant[] }).grants;
}

let touches = 0;
/** A number as a terminal brings it. */
export function given(number: string, more: object = {}) {
  touches += 1;
  const issuedAt = new Date(mondayMorning).toISOString();
  const request = `alone-${touches}`;
  return { request, number, day: monday, service: "id-card", issuedAt, order: touches, clock: "sure", ...more };
}

/** Brings them to the hub. */
export async function bring(office: TestOffice, tickets: object[], client = "terminal") {
  const reply = await office.ask(client, "ticket.adopt", { tickets });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.result as Result<"ticket.adopt">;
}
