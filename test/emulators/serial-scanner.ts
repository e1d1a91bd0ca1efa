import { createPlug } from "./plug.ts";

export interface SerialScannerOptions {
  /** What the scanner sends after each code. */
  end?: "\r" | "\n" | "\r\n";
  /** The name of the link that the driver opens. */
  name?: string;
}

/** A scanner on a serial line, that is on a pseudo-terminal; plugged in at once. */
export interface SerialScannerEmulator {
  /** What the driver opens; stays the same across `unplug` and `plug`. */
  readonly path: string;
  /** Somebody holds this code in front of the scanner. */
  scan(text: string, identifier?: string): void;
  /** Fault: these bytes, and no end of line. */
  noise(bytes: Uint8Array): void;
  unplug(): void;
  plug(): void;
  stop(): void;
}

export function createSerialScanner({
  end = "\r\n",
  name = "scanner",
}: SerialScannerOptions = {}): SerialScannerEmulator {
  const plug = createPlug(name, () => {});
  plug.plug();
  return {
    path: plug.path,
    scan: (text, identifier = "") => plug.write(Buffer.from(identifier + text + end, "utf8")),
    noise: (bytes) => plug.write(bytes),
    unplug: plug.unplug,
    plug: plug.plug,
    stop: plug.stop,
  };
}
