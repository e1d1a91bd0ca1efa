import type { IncomingHttpHeaders } from "node:http";

/** Names by which a browser on this very machine reaches a server on loopback. */
const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/** By these a proxy says that it hands on somebody else's request (RFC 7239, RFC 9110, and what was usual before). */
const proxyHeaders = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/** Whether a proxy says that this is somebody else's request. */
export const isHandedOn = (headers: IncomingHttpHeaders): boolean =>
  proxyHeaders.some((name) => headers[name] !== undefined);

/** The `Host` values that the pages answer to; a browser leaves the scheme's own port out. */
export function hostsOf(port: number): Set<string> {
  return new Set(loopbackNames.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])));
}

/** For whom a page is, and so where it may be reached. */
export interface Reach {
  /** Addresses besides loopback, as `https://host`. */
  urls: readonly string[];
  /** Whether a proxy may hand requests on under loopback's name. */
  isForEverybody: boolean;
}

/** A request as a page's guard sees it. */
export interface Approach {
  method: string;
  headers: IncomingHttpHeaders;
  /** Of the socket, which a proxy may have opened. */
  isFromHere: boolean;
}

/**
 * Why a request does not come from our own pages, or undefined when it may pass.
 *
 * A foreign `Host` is another site's name that was made to point at loopback (DNS rebinding). A foreign `Origin` or
 * `Sec-Fetch-Site` is another site's page using the clerk's browser (Fetch standard, "Origin header"; Fetch Metadata).
 * That holds for a GET as well: a stranger's page could not read the streams, but it could hold all that there are.
 * Only a link that a clerk followed may lead here from elsewhere, such as from the town's own pages.
 *
 * What a proxy hands on passes under the address that the configuration names. Under loopback's name it passes to the pages
 * for visitors only: a proxy that was set up for those would otherwise open the desks' pages to the world.
 */
export function strangerReason(
  hosts: ReadonlySet<string>,
  { method, headers, isFromHere }: Approach,
  { urls, isForEverybody }: Reach,
): string | undefined {
  const host = headers.host?.toLowerCase();
  const own = urls.map((url) => new URL(url)).find((url) => url.host === host);
  if (!own && !isForEverybody) {
    if (isHandedOn(headers)) return "handed on by a proxy";
    if (!isFromHere) return "foreign Host";
  }
  if (host === undefined || !(hosts.has(host) || own)) return "foreign Host";
  const origin = own?.origin ?? `http://${host}`;
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== origin) return "foreign Origin";
  const site = headers["sec-fetch-site"];
  const followed =
    method === "GET" && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  if (site === "cross-site" && !followed) return "foreign Sec-Fetch-Site";
  if (method !== "GET" && site !== undefined && site !== "same-origin") return "foreign Sec-Fetch-Site";
  return undefined;
}
