import type { IncomingHttpHeaders } from "node:http";

/** Names by which a browser on this very machine reaches a server on loopback. */
const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/** The `Host` values that the pages answer to; a browser leaves the scheme's own port out. */
export function hostsOf(port: number): Set<string> {
  return new Set(loopbackNames.flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`])));
}

/**
 * Why a request does not come from our own pages, or undefined when it may pass.
 *
 * A foreign `Host` is another site's name that was made to point at loopback (DNS rebinding). A foreign `Origin` or
 * `Sec-Fetch-Site` is another site's page using the clerk's browser (Fetch standard, "Origin header"; Fetch Metadata).
 * That holds for a GET as well: a stranger's page could not read the streams, but it could hold all that there are.
 * Only a link that a clerk followed may lead here from elsewhere, such as from the town's own pages.
 */
export function strangerReason(
  hosts: ReadonlySet<string>,
  method: string,
  headers: IncomingHttpHeaders,
): string | undefined {
  const host = headers.host?.toLowerCase();
  if (host === undefined || !hosts.has(host)) return "foreign Host";
  if (headers.origin !== undefined && headers.origin.toLowerCase() !== `http://${host}`) return "foreign Origin";
  const site = headers["sec-fetch-site"];
  const followed =
    method === "GET" && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  if (site === "cross-site" && !followed) return "foreign Sec-Fetch-Site";
  if (method !== "GET" && site !== undefined && site !== "same-origin") return "foreign Sec-Fetch-Site";
  return undefined;
}
