import { type BoardState, boardLimits } from "./machine.ts";
import { type BoardTexts, boardTexts } from "./texts.ts";

export interface ShownCall {
  number: string;
  desk: string;
}

/** Everything that the board's page shows, whole. Texts are lists, one line per language, German first. */
export interface BoardView {
  office: string;
  /** Time of day at the office by the hub's clock, `10:42`. */
  time: string;
  /** The call being announced, else the newest; null on a quiet board. */
  current: ShownCall | null;
  /** The calls before it, newest first. */
  last: ShownCall[];
  /** Names the announcement under way: a new one gongs once. Null when there is none. */
  announcement: string | null;
  /** The first seconds of an announcement, or somebody asked which board this is. */
  flash: boolean;
  /** A message of the office, or how many wait and how long. */
  line: string[];
  /** False when what is shown may be old. */
  isLive: boolean;
  /** What to say when it is not live; always there, because the page itself notices when its server is gone. */
  notice: string[];
}

const lastCallsMax = 6;
/** On a sign the desk stands right of the number, a space between. */
const signDeskColumns = 3;
const german = boardTexts.de as BoardTexts;

export function boardView(state: BoardState): BoardView {
  const languages = state.office?.languages ?? ["de", "en"];
  const known = languages.flatMap((language) =>
    Object.hasOwn(boardTexts, language) ? (boardTexts[language] ?? []) : [],
  );
  const texts = known.length > 0 ? known : [german];
  const current = shownNow(state);
  return {
    office: state.office?.name ?? "",
    time: timeOfDay(state, texts[0] ?? german),
    current: current && { number: current.number, desk: current.deskName },
    last: lastCalls(state, current?.number),
    announcement: state.current ? `${state.epoch}/${state.current.call}/${state.current.count}` : null,
    flash: isFlashing(state),
    line: state.message === null ? texts.flatMap((text) => waitingLine(state, text) ?? []) : [state.message],
    isLive: state.now - state.beatAt < boardLimits.notLiveMs,
    notice: texts.map(({ notLive }) => notLive),
  };
}

/** The same call on a row of LEDs: on one page where it fits (`A017  1`), else number and desk in turn. */
export function boardPicture(state: BoardState, columns: number): { pages: string[]; flash: boolean } {
  const call = shownNow(state);
  if (!call) return { pages: [], flash: false };
  const desk = ` ${call.desk}`.padStart(signDeskColumns);
  const fits = call.number.length + desk.length <= columns;
  const pages = fits ? [call.number + desk] : [call.number, call.desk.padStart(signDeskColumns)];
  return { pages, flash: isFlashing(state) };
}

function shownNow(state: BoardState): { number: string; desk: string; deskName: string } | null {
  return state.current ?? state.calls[0] ?? null;
}

function isFlashing({ current, identifiedAt, now }: BoardState): boolean {
  const since = Math.max(current?.since ?? Number.NEGATIVE_INFINITY, identifiedAt ?? Number.NEGATIVE_INFINITY);
  return now - since < boardLimits.flashMs;
}

/** Each number once, at the desk of its newest call: nobody may be sent to two desks. */
function lastCalls(state: BoardState, shown: string | undefined): ShownCall[] {
  const seen = new Set([shown]);
  const last: ShownCall[] = [];
  for (const { number, deskName } of state.calls) {
    if (seen.has(number)) continue;
    seen.add(number);
    last.push({ number, desk: deskName });
  }
  return last.slice(0, lastCallsMax);
}

function waitingLine(state: BoardState, texts: BoardTexts): string | undefined {
  const queues = [...state.queues.values()];
  if (queues.length === 0) return undefined;
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const ranges = queues.flatMap((queue) => (queue.waiting > 0 && queue.estimateMinutes ? [queue.estimateMinutes] : []));
  if (ranges.length === 0) return texts.waiting(waiting);
  // One line for all services: from the shortest wait to the longest, so that it is true for everybody.
  const range = [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] as const;
  return `${texts.waiting(waiting)} · ${texts.estimate(range)}`;
}

function timeOfDay(state: BoardState, { locale }: BoardTexts): string {
  const timeZone = state.office?.timeZone ?? "Europe/Berlin";
  const format = new Intl.DateTimeFormat(locale, { timeZone, hour: "2-digit", minute: "2-digit" });
  return format.format(state.now + state.hubAheadMs);
}
