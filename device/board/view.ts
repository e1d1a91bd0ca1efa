import { timeFormat } from "../time-format.ts";
import { hubTime, isLive, shownCalls, shownMessage, timeZoneOf } from "./shown.ts";
import { type BoardState, boardLimits } from "./state.ts";
import { type BoardTexts, boardTexts } from "./texts.ts";

export interface ShownCall {
  number: string;
  desk: string;
}

/** Everything that the board's page shows, whole. Texts are lists, one line per language, German first. */
export interface BoardView {
  office: string;
  /** Time of day at the office by the hub's clock, `10:42`; empty while nobody knows it. */
  time: string;
  /** The call being announced, else the newest; null on a quiet board. */
  current: ShownCall | null;
  /** The calls before it, newest first. */
  last: ShownCall[];
  /** Names the announcement under way: each gongs once. Null when there is none. */
  announcement: string | null;
  /** The first seconds of an announcement, or somebody asked which board this is. */
  flash: boolean;
  /** In an emergency what is shown instead of all calls; else null. */
  emergency: string | null;
  /** A message of the office, said instead of how many wait. */
  message: string | null;
  /** How many wait and how long, one line per language; empty where it is not known or may be old. */
  waiting: string[];
  /** False when what is shown may be old. */
  isLive: boolean;
  /** What to say when it is not live; always there, because the page itself notices when its server is gone. */
  notice: string[];
}

const lastCallsMax = 6;
/** On a sign the desk stands right of the number, a space between. */
const signDeskColumns = 3;
/** Pages of a sign for one call; with the dashes it has no more (sign/text.ts). */
const signCallPagesMax = 3;
const german = boardTexts.de as BoardTexts;

export function boardView(state: BoardState): BoardView {
  const languages = state.office?.languages ?? ["de", "en"];
  const known = languages.flatMap((language) =>
    Object.hasOwn(boardTexts, language) ? (boardTexts[language] ?? []) : [],
  );
  const texts = known.length > 0 ? known : [german];
  const current = shownNow(state);
  const emergency = state.office?.emergency ?? null;
  const announced = emergency === null ? state.current : undefined;
  const message = emergency === null ? shownMessage(state) : null;
  return {
    office: state.office?.name ?? "",
    time: timeOfDay(state, texts[0] ?? german),
    current: current && { number: current.number, desk: current.deskName },
    last: lastCalls(state, current?.number),
    announcement: announced ? `${state.epoch}/${announced.call}/${announced.count}` : null,
    flash: isFlashing(state, announced),
    emergency,
    message,
    waiting: isLive(state) && emergency === null && message === null ? waitingLines(state, texts) : [],
    isLive: isLive(state),
    notice: texts.map(({ notLive }) => notLive),
  };
}

/**
 * The same call on a row of LEDs: on one page where it fits (`A017  1`), else number and desk in turn. A row of dashes
 * says, in turn with them, that it is not live: it is what a sign shows by itself when nobody speaks to it any more.
 */
export function boardPicture(state: BoardState, columns: number): { pages: string[]; flash: boolean } {
  const isEmergency = state.office?.emergency !== undefined;
  // In an emergency nobody is to go to a desk.
  const call = isEmergency ? null : shownNow(state);
  const notLive = isLive(state) ? [] : ["-".repeat(columns)];
  return { pages: [...callPages(call, columns), ...notLive], flash: call !== null && isFlashing(state, state.current) };
}

function callPages(call: { number: string; desk: string } | null, columns: number): string[] {
  if (!call) return [];
  const desk = ` ${call.desk}`.padStart(signDeskColumns);
  const fits = call.number.length + desk.length <= columns;
  if (fits) return [call.number + desk];
  const number = rowsOf(call.number, columns);
  // The end of a desk's id tells it from the others.
  const desks = rowsOf(call.desk, columns).slice(number.length - signCallPagesMax);
  return [...number, ...desks.map((row) => row.padStart(signDeskColumns))];
}

/** A short sign shows the parts of a longer text one after the other: cut, it would be another number or desk. */
function rowsOf(text: string, columns: number): string[] {
  if (text.length <= columns) return [text];
  return text.split("-").flatMap((part) => part.match(new RegExp(`.{1,${columns}}`, "g")) ?? []);
}

function shownNow(state: BoardState): { number: string; desk: string; deskName: string } | null {
  return state.current ?? shownCalls(state)[0] ?? null;
}

function isFlashing({ identifiedAt, now }: BoardState, announced: BoardState["current"]): boolean {
  const since = Math.max(announced?.since ?? Number.NEGATIVE_INFINITY, identifiedAt ?? Number.NEGATIVE_INFINITY);
  return now - since < boardLimits.flashMs;
}

/** Each number once, at the desk of its newest call: nobody may be sent to two desks. */
function lastCalls(state: BoardState, shown: string | undefined): ShownCall[] {
  const seen = new Set([shown]);
  const last: ShownCall[] = [];
  for (const { number, deskName } of shownCalls(state)) {
    if (seen.has(number)) continue;
    seen.add(number);
    last.push({ number, desk: deskName });
  }
  return last.slice(0, lastCallsMax);
}

function waitingLines(state: BoardState, languages: readonly BoardTexts[]): string[] {
  const queues = [...state.queues.values()].filter(({ service }) => state.services?.includes(service) ?? true);
  if (queues.length === 0) return [];
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const ranges = queues.flatMap((queue) => (queue.waiting > 0 && queue.estimateMinutes ? [queue.estimateMinutes] : []));
  // One line for all services: from the shortest wait to the longest, so that it is true for everybody.
  const range = [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] as const;
  return languages.map((texts) =>
    ranges.length === 0 ? texts.waiting(waiting) : `${texts.waiting(waiting)} · ${texts.estimate(range)}`,
  );
}

const hourAndMinute = timeFormat({ hour: "2-digit", minute: "2-digit" });

function timeOfDay(state: BoardState, { locale }: BoardTexts): string {
  const now = hubTime(state);
  return now === undefined ? "" : hourAndMinute(now, locale, timeZoneOf(state));
}
