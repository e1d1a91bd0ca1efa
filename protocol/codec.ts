import type * as z from "zod";

/** No payload is larger, in bytes. */
export const payloadBytesMax = 65_536;

export type Decoded<T> = { ok: true; value: T } | { ok: false; reason: string };

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Bytes to the JSON object in them; says in one line what is wrong with anything else. Never throws. */
export function decodeObject(bytes: Uint8Array): Decoded<Record<string, unknown>> {
  if (bytes.length > payloadBytesMax) {
    return { ok: false, reason: `payload of ${bytes.length} bytes, at most ${payloadBytesMax} are allowed` };
  }
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    return { ok: false, reason: "payload is not JSON in UTF-8" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, reason: "payload is not a JSON object" };
  }
  return { ok: true, value: value as Record<string, unknown> };
}

/** Checks an object against a schema and names the first fields that are wrong. Never throws. */
export function validate<S extends z.ZodType>(schema: S, value: unknown): Decoded<z.output<S>> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, reason: issuesInWords(result.error) };
}

/** Bytes to a message of this schema. Never throws. */
export function decode<S extends z.ZodType>(schema: S, bytes: Uint8Array): Decoded<z.output<S>> {
  const object = decodeObject(bytes);
  return object.ok ? validate(schema, object.value) : object;
}

/** A message to bytes. What we send ourselves is typed, so it is not validated again. */
export function encode(payload: object): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

/** How many wrong fields one message names. */
const issuesNamedMax = 3;

/** `service: Invalid input …; persons: …`, so that whoever sent it knows what to correct. */
export function issuesInWords(error: z.ZodError): string {
  return error.issues
    .slice(0, issuesNamedMax)
    .map((issue) => `${issue.path.join(".") || "payload"}: ${issue.message}`)
    .join("; ");
}
