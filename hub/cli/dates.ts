import type { Arguments, Result } from "../../protocol/requests.ts";
import { appointmentHeads, appointmentRow } from "./appointments.ts";
import type { Conversation } from "./connection.ts";
import type { Outcome } from "./outcome.ts";
import { paint, table } from "./print.ts";

/** What is to be with a date: a rule for it, or none. */
export type DatesPatch = Arguments<"office.preview">;

export const closing = (date: string, reason: string): DatesPatch => ({ closures: { add: [{ date, reason }] } });
export const reopening = (date: string): DatesPatch => ({ closures: { remove: [date] } });
export const specialHours = (date: string, hours: string): DatesPatch => ({ specialHours: { add: [{ date, hours }] } });
export const usualHours = (date: string): DatesPatch => ({ specialHours: { remove: [date] } });

/** Appointments that lie outside the new hours, and what has become of them. */
function hitText({ hit, appointments }: Result<"office.preview">, fate: string): string {
  if (hit === 0) return "hits no appointment";
  const rows = appointments.map((appointment) => appointmentRow(appointment, true));
  const rest =
    hit > appointments.length ? [`and ${hit - appointments.length} more: wartemarke appointments <day>`] : [];
  const head = `hits ${hit} ${hit === 1 ? "appointment" : "appointments"}${fate}`;
  return [paint("bold", head), table(appointmentHeads, rows, ""), ...rest].join("\n");
}

/** Says what the change would hit; nothing is done. */
export async function previewDates({ ask }: Conversation, patch: DatesPatch): Promise<Outcome> {
  const result = await ask("office.preview", patch);
  return { json: result, text: hitText(result, "; nothing was changed") };
}

export async function changeDates(
  { ask }: Conversation,
  patch: DatesPatch,
  { cancelAppointments = false }: { cancelAppointments?: boolean },
): Promise<Outcome> {
  const result = await ask("office.change", { ...patch, cancelAppointments });
  const fate = cancelAppointments ? ": cancelled, each with a mail" : ", which still stand: see --cancel-appointments";
  return { json: result, text: `changed; ${hitText(result, fate)}` };
}
