import type { Peripherals } from "./peripherals.ts";
import { deskPins } from "./peripherals.ts";

/** How long the demo's finger stays on a button, in milliseconds. */
const pressMs = 120;

export interface Keys {
  /** What the keys do, for people; empty where there is no keyboard. */
  help: string;
  stop(): void;
}

/** Lets the keyboard press the buttons that are not really there. Without a terminal there is nothing to read. */
export function readKeys(
  peripherals: () => Peripherals | undefined,
  services: readonly string[],
  say: (text: string) => void,
  quit: () => void,
): Keys {
  const { stdin } = process;
  if (!stdin.isTTY) return { help: "  Ctrl-C stops it.", stop() {} };
  let paper = true;

  const press = (board: { press(pin: number): void; release(pin: number): void } | undefined, pin: number) => {
    board?.press(pin);
    setTimeout(() => board?.release(pin), pressMs);
  };
  const actions: Record<string, (at: Peripherals) => void> = {
    n: ({ deskPanels }) => press(deskPanels.get("1"), deskPins.next),
    a: ({ deskPanels }) => press(deskPanels.get("1"), deskPins.again),
    s: ({ scanner }) => scanner.scan("HELLO WARTEMARKE", "]Q1"),
    p({ printer }) {
      paper = !paper;
      printer.setPaper(paper ? "full" : "out");
      say(`  the printer ${paper ? "has paper again" : "is out of paper"}`);
    },
  };
  for (const [index, service] of services.entries()) {
    actions[String(index + 1)] = ({ panel, buttonPin }) => press(panel, buttonPin(service));
  }

  stdin.setRawMode(true);
  stdin.on("data", (keys: Buffer) => {
    for (const key of keys.toString()) {
      // In raw mode Ctrl-C is a character like any other.
      if (key === "\u0003" || key === "q") return quit();
      const at = peripherals();
      if (at) actions[key]?.(at);
    }
  });
  return {
    help: `  Keys here   1-${services.length} a button of the terminal   n next and a again at desk 1
              p takes the printer's paper away and back   s scans a code   Ctrl-C stops`,
    stop() {
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
