import { createPlug } from "./plug.ts";

export interface LitLine {
  text: string;
  flash: boolean;
  /** 0 to 15, as last set. */
  brightness: number;
}

export interface LineSettings {
  columns: number;
  /** Without a good line for so long the sign shows dashes; 10 s as documented. */
  silenceMs?: number;
}

/** A home-built sign as described in deploy/docs/sign-protocol.md, strict about every rule of that page. */
export interface LineSignEmulator {
  readonly path: string;
  lit(): LitLine;
  /** Why lines were refused, in order. */
  readonly errors: string[];
  /** Every good line that it took, without checksum. */
  readonly lines: string[];
  received(): Buffer;
  onChange(listener: (lit: LitLine) => void): void;
  /** From now on each answer takes so long, and what comes meanwhile waits its turn. */
  slow(ms: number): void;
  /** It hears and obeys, and says nothing. */
  silent(isSilent: boolean): void;
  /** The next lines arrive with one bit turned over. */
  noise(lines: number): void;
  /** The next lines do not arrive at all. */
  drop(lines: number): void;
  /** Refuses the next lines with this reason. */
  refuse(lines: number, reason: string): void;
  /** Sends these bytes of its own accord; at most 4 KiB, what a pseudo-terminal holds while nobody reads. */
  babble(bytes: Uint8Array): void;
  /** Off it takes nothing and shows nothing; on again it has forgotten all. Its port stays. */
  power(isOn: boolean): void;
  unplug(): void;
  plugIn(): void;
  close(): void;
}

const lineBytesMax = 64;
const dashesAfterMs = 10_000;
/** CRC-16/CCITT-FALSE, four bits at a time. */
const nibbleTable = Uint16Array.from({ length: 16 }, (_, n) => {
  let value = n << 12;
  for (let bit = 0; bit < 4; bit += 1) value = value & 0x8000 ? (value << 1) ^ 0x1021 : value << 1;
  return value;
});

function crc(text: string): string {
  let sum = 0xffff;
  for (const byte of Buffer.from(text, "latin1")) {
    for (const nibble of [byte >> 4, byte & 15]) sum = ((sum << 4) ^ (nibbleTable[(sum >> 12) ^ nibble] ?? 0)) & 0xffff;
  }
  return sum.toString(16).padStart(4, "0").toUpperCase();
}

export function openLineSign(settings: LineSettings): LineSignEmulator {
  const { columns, silenceMs = dashesAfterMs } = settings;
  const errors: string[] = [];
  const lines: string[] = [];
  const received: Buffer[] = [];
  const listeners: ((lit: LitLine) => void)[] = [];
  const dark: LitLine = { text: "", flash: false, brightness: 0 };
  const fault = { slowMs: 0, silent: false, noise: 0, drop: 0, refuse: 0, reason: "" };
  let shown: LitLine = dark;
  let isBlank = true;
  let isOn = true;
  let buffer = "";
  let silence: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();

  const plug = createPlug("line-sign", (bytes) => {
    received.push(bytes);
    if (!isOn) return;
    buffer += bytes.toString("latin1");
    for (;;) {
      const end = buffer.indexOf("\n");
      if (end < 0) break;
      const line = buffer.slice(0, end);
      buffer = buffer.slice(end + 1);
      turn = turn.then(() => hear(line));
    }
    // A line without end does not fit a small sign's memory.
    if (buffer.length > 4 * lineBytesMax) buffer = "";
  });
  plug.plug();

  async function hear(line: string): Promise<void> {
    if (fault.drop > 0) {
      fault.drop -= 1;
      return;
    }
    if (fault.slowMs > 0) await new Promise((resolve) => setTimeout(resolve, fault.slowMs));
    const answer = obey(fault.noise > 0 ? spoiled(line) : line);
    if (!fault.silent && isOn) plug.write(Buffer.from(`${answer}*${crc(answer)}\n`, "latin1"));
  }

  function spoiled(line: string): string {
    fault.noise -= 1;
    const at = Math.floor(line.length / 2);
    return line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ 0x04) + line.slice(at + 1);
  }

  function refused(sequence: string, reason: string, line: string): string {
    if (reason !== "blank") errors.push(`${reason}: ${line}`);
    return `ERR ${sequence} ${reason}`;
  }

  function obey(line: string): string {
    if (line.length + 1 > lineBytesMax) return refused("0", "length", line);
    const star = line.lastIndexOf("*");
    const body = line.slice(0, star);
    if (star < 0 || line.slice(star + 1) !== crc(body)) return refused("0", "crc", line);
    const [sequence = "", verb = ""] = body.split(" ", 2);
    const rest = body.slice(sequence.length + 1 + verb.length);
    if (!/^[1-9]\d{0,3}$/.test(sequence)) return refused("0", "number", line);
    if (fault.refuse > 0) {
      fault.refuse -= 1;
      return refused(sequence, fault.reason, line);
    }
    const reason = perform(verb, rest);
    if (reason) return refused(sequence, reason, line);
    lines.push(body);
    clearTimeout(silence);
    silence = setTimeout(() => {
      isBlank = true;
      light({ ...shown, text: "-".repeat(columns), flash: false });
    }, silenceMs);
    silence.unref();
    return `OK ${sequence}`;
  }

  function perform(verb: string, rest: string): string | undefined {
    if (verb === "BEAT") return rest !== "" ? "value" : isBlank ? "blank" : undefined;
    if (!rest.startsWith(" ")) return ["SHOW", "FLASH", "LIGHT"].includes(verb) ? "value" : "verb";
    const value = rest.slice(1);
    if (verb === "LIGHT") {
      if (!/^(\d|1[0-5])$/.test(value)) return "value";
      light({ ...shown, brightness: Number(value) });
      return undefined;
    }
    if (verb !== "SHOW" && verb !== "FLASH") return "verb";
    if (value.length > columns || !/^[\x20-\x7e]*$/.test(value)) return "value";
    isBlank = false;
    light({ ...shown, text: value, flash: verb === "FLASH" });
    return undefined;
  }

  function light(next: LitLine): void {
    if (JSON.stringify(next) === JSON.stringify(shown)) return;
    shown = next;
    for (const listener of listeners) listener(shown);
  }

  return {
    path: plug.path,
    lit: () => shown,
    errors,
    lines,
    received: () => Buffer.concat(received),
    onChange: (listener) => listeners.push(listener),
    slow(ms) {
      fault.slowMs = ms;
    },
    silent(isSilent) {
      fault.silent = isSilent;
    },
    noise(count) {
      fault.noise = count;
    },
    drop(count) {
      fault.drop = count;
    },
    refuse(count, reason) {
      fault.refuse = count;
      fault.reason = reason;
    },
    babble: (bytes) => plug.write(bytes),
    power(on) {
      isOn = on;
      isBlank = true;
      buffer = "";
      clearTimeout(silence);
      light(dark);
    },
    unplug: () => plug.unplug(),
    plugIn: () => plug.plug(),
    close() {
      clearTimeout(silence);
      plug.stop();
    },
  };
}
