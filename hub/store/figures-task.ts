import type { FiguresReport } from "../../protocol/messages.ts";
import type { Visit } from "../insight/visits.ts";

/** What is asked of the thread that reckons figures. */
export type FiguresTask = { path: string; timeZone: string } & (
  | { do: "report"; from: string; to: string }
  | { do: "settle" }
);

/** How far the events have been counted into the days, and the visits that may still change. */
export interface Counted {
  epoch: number;
  seq: number;
  /** The day that began there. */
  day: string;
  open: Visit[];
}

/** What the thread answers: a report, or what is to be written of the days that are over. */
export type FiguresAnswer =
  | { report: FiguresReport }
  | { nothing: true }
  | { days: { day: string; body: string }[]; counted: Counted; more: boolean };

/** Where the position is kept. */
export const countedKey = "figures";

export const nothingCounted: Counted = { epoch: 0, seq: 0, day: "", open: [] };
