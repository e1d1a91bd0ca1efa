import { createPlug } from "./plug.ts";

/** What the sign's LEDs show: its pages in turn, from which file; `none` is a dark sign. */
export interface LitAlpha {
  pages: string[];
  flash: boolean;
  file: "priority" | "text" | "none";
}

export interface AlphaSettings {
  columns: number;
  typeCode?: string;
  address?: string;
  framing?: "8N1" | "7E1";
}

/** An Alpha sign, as strict as a real one: what it does not understand it drops, and says here why. */
export interface AlphaSignEmulator {
  readonly path: string;
  lit(): LitAlpha;
  /** Why transmissions were dropped, in order. */
  readonly errors: string[];
  /** How many transmissions were taken. */
  taken(): number;
  /** Every byte that came over the wire since it was made, for a decoder of the test's own. */
  received(): Buffer;
  onChange(listener: (lit: LitAlpha) => void): void;
  /** From now on it needs so long for each transmission, and loses what comes meanwhile; 0 is as made. */
  slow(ms: number): void;
  /** The next transmissions arrive with one bit turned over. */
  noise(transmissions: number): void;
  /** The next transmissions do not arrive at all. */
  drop(transmissions: number): void;
  /** Without power it takes nothing and shows nothing, and its port stays; the priority file is lost with the power. */
  power(isOn: boolean): void;
  unplug(): void;
  plugIn(): void;
  close(): void;
}

/** What a real sign of one row needs after a transmission, in milliseconds. */
const settleMs = 100;
const modes = new Set("abcefghijklmopqrstu");
const priorityFileBytesMax = 125;

export function openAlphaSign(settings: AlphaSettings): AlphaSignEmulator {
  const { columns, typeCode = "Z", address = "01", framing = "8N1" } = settings;
  const errors: string[] = [];
  const received: Buffer[] = [];
  const listeners: ((lit: LitAlpha) => void)[] = [];
  const files = new Map<string, { pages: string[]; flash: boolean }>();
  let packet: number[] = [];
  let taken = 0;
  let busyMs = settleMs;
  let busyUntil = 0;
  let noisy = 0;
  let dropped = 0;
  let isOn = true;

  const plug = createPlug("alpha-sign", (bytes) => {
    received.push(bytes);
    if (!isOn) return;
    for (const byte of bytes) take(byte);
  });
  plug.plug();

  function take(byte: number): void {
    packet.push(byte);
    if (byte !== 0x04) {
      // A transmission without an end would fill the sign's memory; it gives up and waits for the next one.
      if (packet.length > 4096) end(() => "transmission without end");
      return;
    }
    if (dropped > 0) {
      dropped -= 1;
      packet = [];
    } else if (performance.now() < busyUntil) end(() => "came while the sign was busy");
    else {
      if (noisy > 0) {
        noisy -= 1;
        packet[Math.floor(packet.length / 2)] = (packet[Math.floor(packet.length / 2)] ?? 0) ^ 0x10;
      }
      end(read);
      busyUntil = performance.now() + busyMs;
    }
  }

  function end(what: (bytes: number[]) => string | undefined): void {
    const error = what(packet);
    packet = [];
    if (error) errors.push(error);
  }

  /** Reads one transmission, EOT included; returns why it is dropped. */
  function read(bytes: number[]): string | undefined {
    if (framing === "7E1" && bytes.some((byte) => byte > 0x7f)) return "eight bits on a seven-bit wire";
    const start = bytes.findIndex((byte) => byte !== 0);
    if (start < 5) return "fewer than five auto-baud bytes";
    if (bytes[start] !== 0x01) return "no SOH after the auto-baud bytes";
    const header = text(bytes.slice(start + 1, start + 4));
    if (!/^[!-~][0-9A-F?]{2}$/.test(header)) return "bad type code or address";
    if (bytes[start + 4] !== 0x02) return "no STX after the address";
    const etx = bytes.lastIndexOf(0x03);
    if (etx < 0) return "no ETX, so no checksum";
    const sum = bytes.slice(start + 4, etx + 1).reduce((total, byte) => total + byte, 0) % 65_536;
    const digits = text(bytes.slice(etx + 1, -1));
    if (!/^[0-9A-F]{4}$/.test(digits) || Number.parseInt(digits, 16) !== sum) return "wrong checksum";
    // The sum fits, so it is meant for a sign; not for this one is no error.
    if (!["Z", "!", typeCode].includes(header.charAt(0)) || !["00", address].includes(header.slice(1)))
      return undefined;
    return write(bytes.slice(start + 5, etx));
  }

  function write(data: number[]): string | undefined {
    if (data[0] !== 0x41) return "only Write Text (A) is understood";
    const label = text(data.slice(1, 2));
    if (!/^[\x20-\x7e]$/.test(label)) return "no file label";
    const body = data.slice(2);
    if (label === "0" && body.length > priorityFileBytesMax) return "priority file over 125 bytes";
    if (body.length > 0 && body[0] !== 0x1b) return "text without position and mode";
    const pages: string[] = [];
    let flash = false;
    for (const part of split(body)) {
      const [position, mode, ...rest] = part;
      if (position === undefined || ![0x20, 0x22, 0x26, 0x30].includes(position)) return "unknown position";
      if (mode === undefined || !modes.has(String.fromCharCode(mode))) return "unknown mode";
      const shown = rest[0] !== undefined && rest[0] >= 0x15 && rest[0] <= 0x19 ? rest.slice(1) : rest;
      if (shown.some((byte) => byte < 0x20 || byte > 0x7e)) return "control byte in the text";
      if (shown.length > columns) return `page of ${shown.length} characters on ${columns} columns`;
      pages.push(text(shown));
      flash = mode === 0x63;
    }
    taken += 1;
    const before = JSON.stringify(lit());
    if (pages.length === 0) files.delete(label);
    else files.set(label, { pages, flash });
    if (JSON.stringify(lit()) !== before) changed();
    return undefined;
  }

  function lit(): LitAlpha {
    const label = files.has("0") ? "0" : [...files.keys()][0];
    const file = isOn && label !== undefined ? files.get(label) : undefined;
    if (!file) return { pages: [], flash: false, file: "none" };
    return { ...file, file: label === "0" ? "priority" : "text" };
  }

  function changed(): void {
    for (const listener of listeners) listener(lit());
  }

  return {
    path: plug.path,
    lit,
    errors,
    taken: () => taken,
    received: () => Buffer.concat(received),
    onChange: (listener) => listeners.push(listener),
    slow(ms) {
      busyMs = ms === 0 ? settleMs : ms;
    },
    noise(transmissions) {
      noisy = transmissions;
    },
    drop(transmissions) {
      dropped = transmissions;
    },
    power(on) {
      isOn = on;
      packet = [];
      if (!on) files.delete("0");
      changed();
    },
    unplug: () => plug.unplug(),
    plugIn: () => plug.plug(),
    close: () => plug.stop(),
  };
}

/** The parts between escape bytes, without them. */
function split(body: number[]): number[][] {
  const parts: number[][] = [];
  for (const byte of body) {
    if (byte === 0x1b) parts.push([]);
    else parts.at(-1)?.push(byte);
  }
  return parts;
}

function text(bytes: number[]): string {
  return String.fromCharCode(...bytes);
}
