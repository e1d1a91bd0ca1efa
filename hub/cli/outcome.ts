import type { ErrorCode, ProtocolError } from "../../protocol/errors.ts";
import { dayAndTime } from "./print.ts";

/** How the program ends, for scripts. They are listed in `wartemarke --help`. */
export const exitCodes = {
  done: 0,
  /** The hub said no: nothing was done. */
  refused: 1,
  /** The command line is wrong: nothing was sent. */
  usage: 2,
  /** Nobody answered. What was sent may or may not have been done. */
  noAnswer: 3,
  /** The broker does not know this user, or the password is wrong. */
  login: 4,
  /** `check` found something. */
  problems: 5,
} as const;

/** What a command has to say: one value for programs, words for people. */
export interface Outcome {
  json: unknown;
  text: string;
  exitCode?: number;
}

/** A command that did not do what was asked; the message says why and what to do next. */
export class Failure extends Error {
  readonly exitCode: number;
  /** What `--json` prints. */
  readonly json: object;
  constructor(exitCode: number, message: string, json: object) {
    super(message);
    this.exitCode = exitCode;
    this.json = json;
  }
}

export const usageFailure = (message: string) => new Failure(exitCodes.usage, message, { usage: message });

/** What somebody at a terminal can do about a refusal. */
const hints: Partial<Record<ErrorCode, string>> = {
  "bad-request": "See `wartemarke help <command>` for what the command takes.",
  forbidden: "Use a user who may (--user, --password); `admin` may use everything but what is for terminals alone.",
  "unknown-service": "See `wartemarke office` for the services.",
  "unknown-desk": "See `wartemarke office` for the desks.",
  "service-closed": "Give numbers for it again with: wartemarke service open <service>",
  "unknown-ticket":
    "See `wartemarke queue` for the numbers that wait today; an earlier day's ticket needs its full id.",
  "unknown-appointment": "See `wartemarke appointments <day>` for the references.",
  locked: "Staff let birth dates be entered again with: wartemarke unlock",
  "id-reused": "Leave out --id, or choose a new one.",
  expired: "Is the clock of this machine right? The hub compares it with its own.",
  "desk-closed": "Open it with: wartemarke open <desk>",
  "desk-busy": "Finish with: wartemarke finish <desk> (or `next`, which finishes and calls).",
  unavailable: "Try again in a moment. If it stays so, see the hub's log.",
};

export function refusal(error: ProtocolError): Failure {
  const opens = typeof error.opensAt === "string" ? ` It opens ${new Date(error.opensAt).toLocaleString()}.` : "";
  const free = Array.isArray(error.next) ? ` Free: ${error.next.map((at) => dayAndTime(String(at))).join(", ")}.` : "";
  const hint = hints[error.code];
  const message = `refused: ${error.message} (${error.code}).${opens}${free}${hint ? `\n${hint}` : ""}`;
  return new Failure(exitCodes.refused, message, { error });
}
