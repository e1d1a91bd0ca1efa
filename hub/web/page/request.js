// @ts-check
/// <reference lib="dom" />
import { visit } from "./visit.js";

/** A request that gets no answer is sent again this often, in milliseconds: its id keeps a repeat harmless. */
const resendMs = 500;
/** After this nobody does it any more, in milliseconds: nobody is called into an empty room later. */
const validMs = 5_000;

/**
 * A UUID version 7 (RFC 9562, section 5.7), as all requests have it.
 *
 * @param {number} now
 */
function makeId(now) {
  const random = [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => byte.toString(16).padStart(2, "0"));
  const hex = now.toString(16).padStart(12, "0") + random.join("");
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/**
 * Asks the hub, again and again until it answers or the request is no longer valid. Resolves with the reply; undefined
 * means that it is not known whether it was done. Never rejects.
 *
 * @param {string} path the desk's own, such as `/desk/1`
 * @param {string} verb
 * @param {Record<string, unknown>} args
 * @param {number} now by the hub's clock, in milliseconds since the epoch
 * @returns {Promise<{ ok: true, result: any } | { ok: false, error: { code: string, [detail: string]: unknown } } | undefined>}
 */
export async function ask(path, verb, args, now) {
  const body = JSON.stringify({ ...args, id: makeId(now), validUntil: new Date(now + validMs).toISOString() });
  const until = performance.now() + validMs;
  while (performance.now() < until) {
    try {
      const answer = await fetch(`${path}/request/${verb}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...(visit.csrf ? { "x-csrf-token": visit.csrf } : {}) },
        body,
        signal: AbortSignal.timeout(Math.max(1, until - performance.now())),
      });
      if (answer.ok) return await answer.json();
      // Signed out meanwhile: nothing was done, and the page leads to the sign-in.
      if (answer.status === 401) location.reload();
    } catch {
      // No answer: the same request again.
    }
    await new Promise((resolve) => setTimeout(resolve, resendMs));
  }
  return undefined;
}
