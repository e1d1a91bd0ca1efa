import { styleText } from "node:util";
import type { Ticket } from "../../protocol/messages.ts";

type Style = Parameters<typeof styleText>[0];

/** Colours words on a terminal, and only there; NO_COLOR turns it off (no-color.org). */
export const paint = (style: Style, words: string): string => styleText(style, words, { stream: process.stdout });

/** Lines with aligned columns. Without rows it says `none`. */
export function table(heads: string[], rows: string[][], none: string): string {
  if (rows.length === 0) return none;
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [paint("dim", line(heads)), ...rows.map(line)].join("\n");
}

/** Of a time: hours and minutes as this machine's clock shows them. */
export const timeOfDay = (at: string): string => new Date(at).toTimeString().slice(0, 5);

/** Of a time: with seconds. */
export const exactTime = (at: string): string => new Date(at).toTimeString().slice(0, 8);

export const dayAndTime = (at: string): string => `${localDate(new Date(at))} ${timeOfDay(at)}`;

export function localDate(at: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

const minuteMs = 60_000;
export const minutesSince = (at: string): string =>
  `${Math.max(0, Math.floor((Date.now() - Date.parse(at)) / minuteMs))} min`;

/** An expected wait; there is none to expect where no desk is open for it. */
export function estimate(minutes: readonly [number, number] | null): string {
  if (!minutes) return "no desk open";
  return minutes[0] === minutes[1] ? `${minutes[0]} min` : `${minutes[0]}–${minutes[1]} min`;
}

/** What a clerk should know about a ticket's paper; empty when all is well. */
export function paperNote({ paper }: Pick<Ticket, "paper">): string {
  if (paper === "failed") return "printing failed, may have no paper";
  return paper === "unknown" ? "printing uncertain, may have no paper" : "";
}

/** What a clerk should know of a desk or a ticket from before a restore; empty where nothing is to be checked. */
export const restoreNote = ({ afterRestore }: { afterRestore?: boolean | undefined }): string =>
  afterRestore ? "after a restore, please check" : "";
