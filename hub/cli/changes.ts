import type { Arguments } from "../../protocol/requests.ts";
import { instantNamed } from "./appointments.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { dayAndTime, paint } from "./print.ts";

async function change({ ask }: Conversation, patch: Arguments<"office.change">, text: string): Promise<Outcome> {
  return { json: await ask("office.change", patch), text };
}

const untilText = (until: string | undefined) => (until === undefined ? "" : ` until ${dayAndTime(until)}`);

export function closeService(conversation: Conversation, service: string, untilTyped?: string): Promise<Outcome> {
  const until = untilTyped === undefined ? undefined : instantNamed(untilTyped);
  const close = [{ service, ...(until === undefined ? {} : { until }) }];
  return change(conversation, { services: { close } }, `${paint("bold", service)}  closed${untilText(until)}`);
}

export const openService = (conversation: Conversation, service: string): Promise<Outcome> =>
  change(conversation, { services: { open: [service] } }, `${paint("bold", service)}  open`);

export const startEmergency = (conversation: Conversation, message: string): Promise<Outcome> =>
  change(
    conversation,
    { emergency: { message } },
    `${paint("red", "emergency")}: everybody is told, no number is given.\nEnd it with: wartemarke emergency end`,
  );

export const endEmergency = (conversation: Conversation): Promise<Outcome> =>
  change(conversation, { emergency: null }, "the emergency is over: the queue goes on as it was");

export async function showMessage(
  { ask }: Conversation,
  message: string,
  { group, until: untilTyped }: { group: string; until?: string },
): Promise<Outcome> {
  const until = untilTyped === undefined ? undefined : instantNamed(untilTyped);
  const result = await ask("display.message", { group, message, ...(until === undefined ? {} : { until }) });
  return { json: result, text: `shown on the boards of ${group}${untilText(until)}` };
}

export async function clearMessage({ ask }: Conversation, { group }: { group: string }): Promise<Outcome> {
  return { json: await ask("display.message", { group, message: null }), text: `taken off the boards of ${group}` };
}
