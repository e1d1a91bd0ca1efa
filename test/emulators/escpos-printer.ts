import { createServer, type Server, type Socket } from "node:net";
import { createPaperFeed, type Paper } from "./escpos-paper.ts";

/** The far end of a cable: what the driver writes arrives at `onData`. A pseudo-terminal (pty.ts) is one. */
export interface Wire {
  write(bytes: Uint8Array): void;
  onData(listener: (bytes: Buffer) => void): void;
  /** Stops and goes on taking bytes; without it they pile up in the printer. */
  pause?(): void;
  resume?(): void;
  /** Pulls the plug. */
  unplug?(): void;
  /** A line on which a confirmation is lost when nobody hears it; at a cable it is kept until it can be sent. */
  isNetwork?: boolean;
}

/**
 * What can go wrong, beside paper and cover:
 * `offline` by its button; `error` of the cutter; `no-answer` prints and says nothing; `stuck` takes no more bytes;
 * `slow` prints so many bytes a second; `half-job` dies after so many bytes, as if switched off;
 * `cut-wire` loses its connection after so many bytes and stays as it is; `garbage` mixes noise into its answers.
 */
export type PrinterFault = "offline" | "error" | "no-answer" | "stuck" | "slow" | "half-job" | "cut-wire" | "garbage";

export interface EscposPrinterOptions {
  columns?: number;
  /** A printer made for Asia: begins in a mode in which an umlaut is half a character. */
  asian?: boolean;
  /** Confirms what it printed (GS ( H) and forgets what it is told to (DLE DC4), as an Epson does. */
  confirms?: boolean;
  /** Keeps graphics in its memory and names them (GS ( L), as many an Epson does; like `confirms` unless said. */
  remembers?: boolean;
  onPaper?: (paper: Paper) => void;
  /** Its state changed: the byte that GET_PORT_STATUS of a USB printer answers. */
  onPortStatus?: (byte: number) => void;
}

export interface EscposPrinter {
  /** Plugs a cable in; the result pulls it out again at the other end. */
  attach(wire: Wire): () => void;
  /** Serves a TCP port on loopback; 0 finds a free one. */
  listen(port?: number): Promise<number>;
  /** Every piece of paper that was cut, oldest first. */
  readonly papers: Paper[];
  /** Unknown or wrong commands; a test expects none. */
  readonly errors: string[];
  /** Bytes taken since the start. */
  readonly received: number;
  /** TCP connections that have ended. */
  readonly hangUps: number;
  setPaper(paper: "full" | "low" | "out"): void;
  setCover(open: boolean): void;
  /** @param amount bytes a second for `slow`; bytes from now on for `half-job` and `cut-wire`; for others ignored. */
  fail(fault: PrinterFault, amount?: number): void;
  /** Everything works again. A printer that died begins anew. */
  heal(): void;
  /** Its power goes and comes back: what was not printed yet and all it had in mind is gone, the paper stays. */
  powerCycle(): void;
  /** Closes the TCP port and all connections; papers stay. `listen` opens it again. */
  close(): Promise<void>;
}

const slowTickMs = 20;
/** The second byte of the answer to GS ( H. */
const confirmationFlag = 0x22;
/** DLE DC4 function 8. */
const clearCommand = Buffer.from("10140801031401060208", "hex");

export function createEscposPrinter(options: EscposPrinterOptions = {}): EscposPrinter {
  const columns = options.columns ?? 48;
  const confirms = options.confirms ?? true;
  const papers: Paper[] = [];
  const errors: string[] = [];
  const wires = new Set<Wire>();
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let paper: "full" | "low" | "out" = "full";
  let cover = false;
  let fault: PrinterFault | undefined;
  let amount = 0;
  let dead = false;
  let received = 0;
  let hangUps = 0;
  let automatic = false;
  let buffer: Buffer = Buffer.alloc(0);
  let ticking: NodeJS.Timeout | undefined;

  /** The last confirmation that nobody was there to hear. */
  let held: Buffer | undefined;
  let isNetwork = false;

  const feed = createPaperFeed(columns, options.asian ?? false, options.remembers ?? confirms, {
    paper(sheet) {
      papers.push(sheet);
      options.onPaper?.(sheet);
    },
    answer: (bytes) => (confirms || bytes.length === 1 ? answer(bytes) : errors.push("GS ( H")),
    automaticStatus(enabled) {
      automatic = enabled;
      if (enabled) answer(automaticStatus());
    },
    error: (what) => errors.push(what),
    paperSensor,
  });

  function paperSensor(): number {
    return (paper === "full" ? 0 : 0x03) | (paper === "out" ? 0x0c : 0);
  }

  function isOffline(): boolean {
    return cover || paper === "out" || fault === "offline" || fault === "error";
  }

  function realTimeStatus(n: number): number {
    if (n === 1) return 0x12 | (isOffline() ? 0x08 : 0);
    if (n === 2) return 0x12 | (cover ? 0x04 : 0) | (paper === "out" ? 0x20 : 0) | (fault === "error" ? 0x40 : 0);
    if (n === 3) return 0x12 | (fault === "error" ? 0x08 : 0);
    return 0x12 | (paper === "full" ? 0 : 0x0c) | (paper === "out" ? 0x60 : 0);
  }

  function automaticStatus(): Buffer {
    const first = 0x10 | (isOffline() ? 0x08 : 0) | (cover ? 0x20 : 0);
    return Buffer.from([first, fault === "error" ? 0x08 : 0, paperSensor(), 0x0f]);
  }

  function portStatus(): number {
    if (paper === "out") return 0x38;
    return isOffline() ? 0x08 : 0x18;
  }

  function answer(bytes: Buffer): void {
    if (dead || fault === "no-answer" || fault === "stuck") return;
    if (wires.size === 0 && !isNetwork && bytes[1] === confirmationFlag) held = bytes;
    const sent = fault === "garbage" ? Buffer.from([0xff, 0x80, ...bytes.map((byte) => byte ^ 0x91), 0x93]) : bytes;
    for (const wire of wires) wire.write(sent);
  }

  function changed(): void {
    if (automatic) answer(automaticStatus());
    options.onPortStatus?.(portStatus());
    work();
  }

  /** Real-time commands are obeyed as they arrive, whatever stands before them in the buffer. */
  function takeRealTime(bytes: Buffer): Buffer {
    const clear = bytes.indexOf(clearCommand);
    if (clear >= 0 && confirms) {
      buffer = Buffer.alloc(0);
      feed.reset();
      answer(Buffer.from([0x37, 0x25, 0x00]));
      return takeRealTime(bytes.subarray(clear + clearCommand.length));
    }
    const rest: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const n = bytes[at + 2] ?? 0;
      if (bytes[at] === 0x10 && bytes[at + 1] === 0x04 && n >= 1 && n <= 4) {
        answer(Buffer.from([realTimeStatus(n)]));
        at += 2;
      } else rest.push(bytes[at] ?? 0);
    }
    return Buffer.from(rest);
  }

  function keep(bytes: Buffer): void {
    buffer = Buffer.concat([buffer, bytes]);
  }

  function arrive(bytes: Buffer): void {
    if (dead) return;
    received += bytes.length;
    if (fault === "half-job" || fault === "cut-wire") {
      const taken = bytes.subarray(0, amount);
      amount -= taken.length;
      keep(takeRealTime(taken));
      work();
      if (amount > 0) return;
      dead = fault === "half-job";
      unplugAll();
      if (fault === "cut-wire") fault = undefined;
      return;
    }
    keep(fault === "stuck" ? bytes : takeRealTime(bytes));
    work();
  }

  /** Prints from the buffer, unless something keeps the printer from it. */
  function work(): void {
    if (dead || fault === "stuck" || isOffline() || ticking) return;
    if (fault !== "slow") {
      buffer = Buffer.from(buffer.subarray(feed.take(buffer)));
      return;
    }
    let allowed = 0;
    ticking = setInterval(() => {
      if (fault === "slow") allowed = Math.min(buffer.length, allowed + (amount * slowTickMs) / 1000);
      else allowed = buffer.length;
      const used = isOffline() ? 0 : feed.take(buffer.subarray(0, Math.floor(allowed)));
      buffer = Buffer.from(buffer.subarray(used));
      allowed -= used;
      if (buffer.length > 0 && fault === "slow") return;
      clearInterval(ticking);
      ticking = undefined;
    }, slowTickMs);
  }

  function unplugAll(): void {
    for (const wire of [...wires]) wire.unplug?.();
    wires.clear();
  }

  function attach(wire: Wire): () => void {
    if (dead) return () => {};
    wires.add(wire);
    isNetwork = wire.isNetwork ?? false;
    if (held && !isNetwork) wire.write(held);
    held = undefined;
    if (fault === "stuck") wire.pause?.();
    wire.onData((bytes) => wires.has(wire) && arrive(bytes));
    return () => wires.delete(wire);
  }

  return {
    attach,
    async listen(port = 0) {
      const listener = createServer({ noDelay: true }, (socket) => {
        sockets.add(socket);
        let detach = () => {};
        const wire: Wire = {
          write: (bytes) => socket.write(bytes),
          onData: (on) => socket.on("data", on),
          pause: () => socket.pause(),
          resume: () => socket.resume(),
          unplug: () => socket.destroy(),
          isNetwork: true,
        };
        socket.on("error", () => {});
        socket.on("close", () => {
          hangUps += 1;
          sockets.delete(socket);
          detach();
        });
        if (dead) socket.destroy();
        else detach = attach(wire);
      });
      server = listener;
      await new Promise<void>((resolve, reject) => {
        listener.once("error", reject);
        listener.listen(port, "127.0.0.1", resolve);
      });
      const address = listener.address();
      return typeof address === "object" && address ? address.port : port;
    },
    papers,
    errors,
    get received() {
      return received;
    },
    get hangUps() {
      return hangUps;
    },
    setPaper(next) {
      paper = next;
      changed();
    },
    setCover(open) {
      cover = open;
      changed();
    },
    fail(kind, value = 0) {
      fault = kind;
      amount = value;
      if (kind === "stuck") for (const wire of wires) wire.pause?.();
      changed();
    },
    heal() {
      if (dead) {
        dead = false;
        buffer = Buffer.alloc(0);
        feed.reset();
      }
      const wasStuck = fault === "stuck";
      fault = undefined;
      paper = "full";
      cover = false;
      if (wasStuck) {
        buffer = takeRealTime(buffer);
        for (const wire of wires) wire.resume?.();
      }
      changed();
    },
    powerCycle() {
      dead = false;
      buffer = Buffer.alloc(0);
      held = undefined;
      feed.reset();
      for (const wire of [...wires]) if (wire.isNetwork) wire.unplug?.();
    },
    async close() {
      clearInterval(ticking);
      ticking = undefined;
      const listener = server;
      server = undefined;
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => (listener ? listener.close(() => resolve()) : resolve()));
    },
  };
}
