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

export interface ChromiumSetup {
  /** Switches beside the usual ones. */
  further?: string[];
  /** Added to this process's own environment. */
  environment?: Record<string, string>;
}

/** Starts the Chromium of the system; to be called only where `need("chromium")` said that it is there. */
export function launchChromium({ further = [], environment = {} }: ChromiumSetup = {}): Promise<Browser> {
  const executablePath = findProgram("chromium") ?? "chromium";
  return chromium.launch({ executablePath, args: [...flags, ...further], env: { ...process.env, ...environment } });
}
