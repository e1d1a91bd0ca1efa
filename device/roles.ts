import { join } from "node:path";
import type { Logger } from "pino";
import type { Session } from "../protocol/session.ts";
import { bootFacts } from "./boot.ts";
import type { BoardOptions } from "./config/board.ts";
import type { DeskOptions } from "./config/desk.ts";
import type { TerminalOptions } from "./config/terminal.ts";
import type { DeviceConfig } from "./config.ts";
import { isPrivateBroker, roleOf } from "./config.ts";
import type { HubClock } from "./hub-clock.ts";
import type { Clock } from "./ports.ts";
import type { Report, Role } from "./role.ts";

export interface RoleParts {
  config: DeviceConfig;
  session: Session;
  clock: Clock;
  hubClock: HubClock;
  log: Logger;
  report: Report;
}

const screenFolder = (page: string) => join(import.meta.dirname, "screen", page);

/** Which peripherals a configuration names, as they are called in the status topic. */
export function peripheralsOf(config: DeviceConfig): string[] {
  const options: Record<string, unknown> = config[roleOf(config)] ?? {};
  return ["printer", "scanner", "panel", "screen", "sign"].filter((name) => options[name] !== undefined);
}

/** Puts the configured role together. Drivers are loaded here and only where they are needed: each costs memory. */
export async function createRole(parts: RoleParts): Promise<Role> {
  const { terminal, board, desk } = parts.config;
  if (terminal) return terminalRole(parts, terminal);
  if (board) return boardRole(parts, board);
  if (desk) return deskRole(parts, desk);
  throw new Error("a configuration without a role cannot have been parsed");
}

async function terminalRole(parts: RoleParts, options: TerminalOptions): Promise<Role> {
  const { config, clock, log } = parts;
  const [{ createTerminalRole }, { createJournal }, { loadLanguages }] = await Promise.all([
    import("./terminal-role.ts"),
    import("./journal.ts"),
    import("./languages.ts"),
  ]);
  const { printer, scanner, panel, screen, keys, limits } = options;
  const client = config.mqtt.user;
  return createTerminalRole({
    ...parts,
    settings: { client, keys, languages: loadLanguages(), limits, isPrivate: isPrivateBroker(config.mqtt.url) },
    journal: createJournal(join(config.data, `journal-${client}.sqlite`), log),
    printer: printer && (await import("./printer/printer.ts")).createPrinter(printer, clock, log),
    scanner: scanner && (await import("./scanner/scanner.ts")).createScanner(scanner, clock, log),
    panel: panel && (await import("./panel/panel.ts")).createPanel(panel, clock, log),
    screen: screen && (await createPage("terminal", screen.port, log)),
  });
}

async function boardRole(parts: RoleParts, options: BoardOptions): Promise<Role> {
  const { clock, config, log } = parts;
  const { createBoardRole } = await import("./board-role.ts");
  const { createBoardMemory } = await import("./board-memory.ts");
  const { group, screen, sign } = options;
  return createBoardRole({
    ...parts,
    group,
    boot: bootFacts,
    memory: createBoardMemory(join(config.data, `board-${config.mqtt.user}.json`), log),
    screen: screen && (await createPage("board", screen.port, log)),
    sign: sign && (await import("./sign/sign.ts")).createSign(sign, clock, log),
  });
}

async function deskRole(parts: RoleParts, { id, services, panel }: DeskOptions): Promise<Role> {
  const { createDeskRole } = await import("./desk-role.ts");
  const { createPanel } = await import("./panel/panel.ts");
  return createDeskRole({ ...parts, desk: id, services, panel: createPanel(panel, parts.clock, parts.log) });
}

async function createPage<View>(page: "terminal" | "board", port: number, log: Logger) {
  const { createScreen } = await import("./screen/server.ts");
  return createScreen<View>({ port, pageFolder: screenFolder(page) }, log);
}
