import type { IncomingHttpHeaders } from "node:http";

/** Names by which a browser on this very machine reaches a server on loopback. */
const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/** The `Host` values that a server on `port` answers to: loopback's names and those from the configuration. */
export function hostsOf(port: number, names: readonly string[] = []): Set<string> {
  const hosts = new Set<string>();
  for (const name of [...loopbackNames, ...names]) {
    hosts.add(`${name.toLowerCase()}:${port}`);
    // A browser leaves the scheme's own port out.
    if (port === 80) hosts.add(name.toLowerCase());
  }
  return hosts;
}

/**
 * Why a request is not from our own page, or undefined when it may pass.
 *
 * A foreign `Host` is DNS rebinding: another site's name made to point at loopback. A foreign `Origin` or
 * `Sec-Fetch-Site` is another site's page using the visitor's browser (Fetch standard, "Origin header"; Fetch Metadata).
 * That holds for a GET as well: a stranger's page could not read the streams, but it could hold all that there are.
 * A request without `Origin` comes from no page at all, or is a plain GET of our own.
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
  if (site === "cross-site") return "foreign Sec-Fetch-Site";
  if (method !== "GET" && site !== undefined && site !== "same-origin") return "foreign Sec-Fetch-Site";
  return undefined;
}
