import { type Browser, chromium } from "playwright-core";
import { findProgram } from "./needs.ts";

/** What lets the system's Chromium run as root and without a screen, and keeps it from looking for the internet. */
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the Chromium of the system; to be called only where `need("chromium")` said that it is there. */
export function launchChromium(...further: string[]): Promise<Browser> {
  return chromium.launch({ executablePath: findProgram("chromium") ?? "chromium", args: [...flags, ...further] });
}
