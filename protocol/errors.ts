import * as z from "zod";

/**
 * What the receiver of an error may do about it: `repeat` the request as it is, `correct` it, tell the `visitor`
 * (nothing is wrong with the request, the answer is no), or call `staff`.
 */
export type Remedy = "repeat" | "correct" | "visitor" | "staff";

/** The closed list of error codes. A code never changes its meaning; programs decide by it, people read the message. */
export const errorRemedies = {
  "bad-request": "correct",
  forbidden: "correct",
  "unknown-verb": "correct",
  "unknown-service": "correct",
  "unknown-desk": "correct",
  "unknown-ticket": "correct",
  "unknown-appointment": "correct",
  "id-reused": "correct",
  expired: "correct",
  withdrawn: "correct",
  closed: "visitor",
  "service-closed": "visitor",
  full: "visitor",
  "wrong-state": "correct",
  "desk-busy": "correct",
  "desk-closed": "correct",
  "too-early": "visitor",
  "too-late": "visitor",
  "not-confirmed": "visitor",
  cancelled: "visitor",
  moved: "visitor",
  "other-day": "visitor",
  "other-site": "visitor",
  "bad-code": "visitor",
  "no-match": "visitor",
  ambiguous: "visitor",
  locked: "visitor",
  "slot-taken": "visitor",
  unavailable: "repeat",
} as const satisfies Record<string, Remedy>;

export type ErrorCode = keyof typeof errorRemedies;
export const errorCodes = Object.keys(errorRemedies) as [ErrorCode, ...ErrorCode[]];

/** `message` is English and for people; further fields are details of the code, such as `opensAt` or `state`. */
export const protocolError = z.looseObject({ code: z.enum(errorCodes), message: z.string() });

/** The body of an error reply. */
export interface ProtocolError {
  code: ErrorCode;
  message: string;
  [detail: string]: unknown;
}

/** Builds the body of an error reply. */
export function refuse(code: ErrorCode, message: string, details: Record<string, unknown> = {}): ProtocolError {
  return { code, message, ...details };
}
