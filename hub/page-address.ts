import * as z from "zod";

/** Names under which only this machine is reached. */
export const loopbackHosts = ["127.0.0.1", "::1", "localhost"];

/** Whether an address of pages leads nowhere but to this machine. */
export const isLoopbackUrl = (url: string): boolean =>
  loopbackHosts.includes(new URL(url).hostname.replace(/^\[|\]$/g, ""));

/** A scheme and a host, so that paths can be put behind it. */
function isPageAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(text);
  return ["http:", "https:"].includes(protocol) && pathname === "/" && username + password + search + hash === "";
}

/** Where people find pages: the address of the proxy before the hub. */
export const pageAddress = z.url().refine(isPageAddress, "use https://host or http://host, without a path");
