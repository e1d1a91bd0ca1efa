import type { RecordedEvent } from "../../hub/office/events.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import type { Session } from "../../protocol/session.ts";
import type { OfficeDay } from "./office.ts";
import { undecidedDates } from "./office.ts";
import type { Life, Schedule } from "./schedule.ts";

/** The warning is over so soon after the dates were entered, in milliseconds: the hub may go at that very moment, for a while. */
const overMs = 100_000;
/** Whether somebody is to enter next year's closures, on a date of the year in which nobody has done so yet. */
const isInSeason = (date: string) => date.slice(5) >= "10-01";

/** Somebody enters what is with the dates of which nobody knows. */
export async function enterClosures(schedule: Schedule, admin: Session, life: Life): Promise<void> {
  const closures = { add: undecidedDates.map((date) => ({ date, reason: "geschlossen" })) };
  for (;;) {
    const answer = await admin.request("office.change", { closures });
    if (answer.state === "done") return;
    await schedule.sleep(2_000, life);
  }
}

/**
 * Staff are warned from the first of October on that next year's closures are not entered, and no more once they are.
 *
 * @param day of the events' last instant.
 */
export function closureProblems(
  events: readonly RecordedEvent[],
  state: OfficeState,
  { date }: Pick<OfficeDay, "date">,
): string[] {
  const problems: string[] = [];
  const entered = events.find((event) => event.type === "office.changed" && event.what === "dates");
  const isWarned = [...state.alarms.values()].some(({ client, alarm }) => client === "hub" && alarm === "closures");
  const wanted = isInSeason(date) && entered === undefined;
  if (isWarned !== wanted) {
    problems.push(`on ${date} staff are ${isWarned ? "" : "not "}warned that next year's closures are not entered`);
  }
  for (const event of events) {
    if (event.type !== "device.alarm" || event.alarm !== "closures") continue;
    if (entered && event.open === false && event.at - entered.at > overMs) problems.push("the warning was over late");
    if (entered && event.open === true && event.at > entered.at) problems.push("warned of what is entered");
  }
  return problems;
}
