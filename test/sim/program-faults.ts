import type { FaultyWorld } from "./faults.ts";
import type { OfficeDay } from "./office.ts";
import type { Life } from "./schedule.ts";

/** So long whatever watches over a program waits before it starts it again, in milliseconds. */
const startedAgainMs = [1_000, 5_000] as const;

/**
 * On half of the days the program of a terminal or a board ends once or twice in the middle of what it does, and is started
 * again; the machine, its clock and what is connected to it run on.
 */
export function planProgramFaults(
  { schedule, terminals, boards, random }: Pick<FaultyWorld, "schedule" | "terminals" | "boards" | "random">,
  day: OfficeDay,
  note: (fault: string, state: string) => void,
): void {
  const life: Life = { name: "systemd", alive: true };
  const times = random.pick([0, 0, 1, 2]);
  for (let count = 0; count < times; count += 1) {
    const at = day.openFrom + random.unit() * (day.closesAt - day.openFrom);
    const device = random.pick([...terminals, ...terminals, ...boards]);
    const waitMs = random.whole(...startedAgainMs);
    schedule.after(at - schedule.now(), life, () => {
      if (!device.powered) return;
      const { view } = device.screen;
      note("program ended", view && "screen" in view ? view.screen.name : "board");
      device.kill();
      schedule.after(waitMs, life, () => {
        if (!device.powered) device.start();
      });
    });
  }
}
