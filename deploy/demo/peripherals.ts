import { join } from "node:path";
import type { Paper } from "../../test/emulators/escpos-paper.ts";
import { createEscposPrinter } from "../../test/emulators/escpos-printer.ts";
import { createFirmataBoard } from "../../test/emulators/firmata-board.ts";
import { createSerialScanner } from "../../test/emulators/serial-scanner.ts";
import { openAlphaSign } from "../../test/emulators/sign-alpha.ts";

/** Characters in the row of the demo's LED sign. */
const signColumns = 8;
/** Where buttons and LEDs of every panel begin. */
const firstButtonPin = 2;
const firstLedPin = 8;
export const deskPins = { next: 2, again: 3, visitor: 8 } as const;

export interface Service {
  id: string;
  letter: string;
}

/** What stands in the demo office, at the far end of the real drivers' wires. */
export type Peripherals = Awaited<ReturnType<typeof plugIn>>;

/** Plugs everything in: a printer on the network, panels, a scanner and a sign on serial lines. */
export async function plugIn(services: readonly Service[], desks: readonly string[], onPaper: (paper: Paper) => void) {
  const printer = createEscposPrinter({ onPaper });
  const printerPort = await printer.listen();
  const panel = createFirmataBoard({ name: "terminal-panel" });
  const scanner = createSerialScanner();
  const sign = openAlphaSign({ columns: signColumns });
  const deskPanels = new Map(desks.map((desk) => [desk, createFirmataBoard({ name: `desk-${desk}-panel` })]));
  return {
    printer,
    printerPort,
    panel,
    scanner,
    sign,
    deskPanels,
    /** The pin of the button for a service. */
    buttonPin: (service: string) => firstButtonPin + services.findIndex(({ id }) => id === service),
    async unplug() {
      panel.stop();
      scanner.stop();
      sign.close();
      for (const board of deskPanels.values()) board.stop();
      await printer.close();
    },
  };
}

interface Connection {
  site: string;
  url: string;
  password: string;
  folder: string;
  screenPort: number;
  boardPort: number;
}

/** The configuration of each device in the office, by its user name. */
export function deviceConfigs(
  services: readonly Service[],
  peripherals: Peripherals,
  { site, url, password, folder, screenPort, boardPort }: Connection,
): Record<string, object> {
  const base = (user: string) => ({ site, mqtt: { url, user, password }, data: join(folder, user) });
  const { panel, scanner, sign, printerPort, deskPanels } = peripherals;
  const terminal = {
    printer: { connection: { kind: "tcp", host: "127.0.0.1", port: printerPort }, profile: "epson", columns: 48 },
    scanner: { kind: "serial", path: scanner.path },
    panel: {
      path: panel.path,
      buttons: services.map(({ id }, index) => ({ name: id, pin: firstButtonPin + index })),
      leds: services.map(({ id }, index) => ({ name: id, pin: firstLedPin + index })),
    },
    keys: services.map(({ id }, index) => ({ button: id, led: id, service: id, label: String(index + 1) })),
    screen: { port: screenPort },
  };
  const board = {
    group: "all",
    screen: { port: boardPort },
    sign: { protocol: "alpha", path: sign.path, columns: signColumns },
  };
  const desk = (id: string, path: string) => ({
    id,
    panel: {
      path,
      buttons: [
        { name: "next", pin: deskPins.next },
        { name: "again", pin: deskPins.again },
      ],
      leds: [{ name: "visitor", pin: deskPins.visitor }],
    },
  });
  return {
    "terminal-foyer": { ...base("terminal-foyer"), terminal },
    "board-1": { ...base("board-1"), board },
    ...Object.fromEntries(
      [...deskPanels].map(([id, { path }]) => [`desk-${id}`, { ...base(`desk-${id}`), desk: desk(id, path) }]),
    ),
  };
}
