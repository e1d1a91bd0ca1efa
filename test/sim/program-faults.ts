import type { FaultyWorld } from "./faults.ts";
import { screenName } from "./faults.ts";
import type { OfficeDay } from "./office.ts";
import type { Life } from "./schedule.ts";

/** So long whatever watches over a program waits before it starts it again, in milliseconds. */
const startedAgainMs = [1_000, 5_000] as const;
/** So long a terminal's disk is full, in milliseconds. */
const fullMs = [500, 15_000] as const;

type Parts = Pick<FaultyWorld, "schedule" | "terminals" | "boards" | "random">;
type Note = (fault: string, state: string) => void;

const life: Life = { name: "systemd", alive: true };

/** The program of a terminal or a board ends and is started again; its machine and what is connected to it run on. */
function endProgram({ schedule, terminals, boards, random }: Parts, note: Note): () => void {
  const device = random.pick([...terminals, ...terminals, ...boards]);
  const waitMs = random.whole(...startedAgainMs);
  return () => {
    if (!device.powered) return;
    note("program ended", "printer" in device ? screenName(device) : "board");
    device.kill();
    schedule.after(waitMs, life, () => {
      if (!device.powered) device.start();
    });
  };
}

/** What a terminal is to write down cannot be written for a while. */
function fillDisk({ schedule, terminals, random }: Parts, note: Note): () => void {
  const terminal = random.pick(terminals);
  const lastsMs = random.whole(...fullMs);
  return () => {
    note("terminal's disk full", screenName(terminal));
    terminal.disk("full");
    schedule.after(lastsMs, life, () => terminal.disk("free"));
  };
}

/** On half of the days, once or twice, what befalls a program rather than its machine. */
export function planProgramFaults(parts: Parts, day: OfficeDay, note: Note): void {
  const { schedule, random } = parts;
  const times = random.pick([0, 0, 1, 2]);
  for (let count = 0; count < times; count += 1) {
    const at = day.openFrom + random.unit() * (day.closesAt - day.openFrom);
    const fault = random.pick([endProgram, fillDisk])(parts, note);
    schedule.after(at - schedule.now(), life, fault);
  }
}
