import type { BoardOptions } from "./board.ts";
import type { DeskOptions } from "./desk.ts";
import type { TerminalOptions } from "./terminal.ts";
import { fieldName } from "./words.ts";

/** The parts of a configuration that name hardware or ports. */
interface Wiring {
  mqtt: { url: string };
  terminal?: TerminalOptions | undefined;
  board?: BoardOptions | undefined;
  desk?: DeskOptions | undefined;
}

export interface Clash {
  path: string[];
  message: string;
}

/** The fields in which a serial path, or a TCP port of this machine, may stand. */
type Claim = { path: string[]; what: "serial device" | "TCP port of this machine"; value: string };

/** Serial devices and ports that are named twice: the second one would take the first one's bytes. */
export function findClashes(wiring: Wiring): Clash[] {
  const claimed = new Map<string, Claim>();
  const clashes: Clash[] = [];
  for (const claim of claims(wiring)) {
    const key = `${claim.what} ${claim.value}`;
    const other = claimed.get(key);
    if (!other) claimed.set(key, claim);
    else {
      const message = `the ${claim.what} ${claim.value} is already used by ${fieldName(other.path)}; each needs its own`;
      clashes.push({ path: claim.path, message });
    }
  }
  return clashes;
}

function claims({ mqtt, terminal, board, desk }: Wiring): Claim[] {
  const found: Claim[] = [];
  const serial = (path: string[], value: string) => found.push({ path, what: "serial device", value });
  const tcp = (path: string[], value: number) => {
    if (value > 0) found.push({ path, what: "TCP port of this machine", value: String(value) });
  };

  const broker = URL.canParse(mqtt.url) ? new URL(mqtt.url) : undefined;
  if (broker && isLoopback(broker.hostname)) tcp(["mqtt", "url"], Number(broker.port || 1883));
  const connection = terminal?.printer?.connection;
  if (connection?.kind === "serial") serial(["terminal", "printer", "connection", "path"], connection.path);
  if (connection?.kind === "tcp" && isLoopback(connection.host)) {
    tcp(["terminal", "printer", "connection", "port"], connection.port);
  }
  if (terminal?.scanner?.kind === "serial") serial(["terminal", "scanner", "path"], terminal.scanner.path);
  if (terminal?.panel) serial(["terminal", "panel", "path"], terminal.panel.path);
  if (board?.sign) serial(["board", "sign", "path"], board.sign.path);
  if (desk) serial(["desk", "panel", "path"], desk.panel.path);
  if (terminal?.screen) tcp(["terminal", "screen", "port"], terminal.screen.port);
  if (board?.screen) tcp(["board", "screen", "port"], board.screen.port);
  return found;
}

const isLoopback = (host: string) => /^(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)$/.test(host);
