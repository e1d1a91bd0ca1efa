import fc from "fast-check";
import type { TestOffice } from "../hub/test-office.ts";
import type { TerminalInWorld } from "./reserve-world.ts";

/** What may happen between two terminals and a hub, with everything that may be lost on the way. */
export type Action =
  | { do: "touch"; terminal: number; service: string }
  | { do: "deliver"; terminal: number; which: number; again: boolean }
  | { do: "hear" | "give-up" | "reconnect" | "power-cut" | "cut-off" | "lose"; terminal: number; which: number }
  | { do: "paper"; terminal: number; outcome: "printed" | "failed" | "unknown" }
  | { do: "pass"; ms: number }
  | { do: "call" | "finish" | "restart-hub" };

const terminal = fc.nat(1);
const which = fc.nat(3);
export const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("touch" as const),
      terminal,
      service: fc.constantFrom("id-card", "registration"),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("deliver" as const), terminal, which, again: fc.boolean() }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("hear" as const), terminal, which }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("give-up" as const, "reconnect" as const, "cut-off" as const, "lose" as const),
      terminal,
      which,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("power-cut" as const), terminal, which }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("paper" as const),
      terminal,
      outcome: fc.constantFrom("printed" as const, "printed" as const, "failed" as const, "unknown" as const),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 500, 2_000, 3_000, 11_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom("call" as const, "call" as const, "finish" as const, "restart-hub" as const),
    }),
  },
);

export async function act(office: TestOffice, terminals: readonly TerminalInWorld[], action: Action): Promise<void> {
  if (action.do === "pass") {
    office.now += action.ms;
    for (const one of terminals) one.feed({ type: "tick" });
    return;
  }
  if (action.do === "restart-hub") return office.restart();
  if (action.do === "call") return void (await office.ask("clerk", "call.next", { desk: "1" }));
  if (action.do === "finish") {
    const ticket = office.state.desks.get("1")?.ticket;
    if (ticket) await office.ask("clerk", "ticket.finish", { desk: "1", ticket });
    return;
  }
  const one = "terminal" in action ? terminals[action.terminal] : undefined;
  if (!one || !("terminal" in action)) return;
  switch (action.do) {
    case "touch":
      one.touch(action.service);
      break;
    case "deliver":
      await one.deliver(action.which, action.again);
      break;
    case "hear":
      one.hear(action.which);
      break;
    case "give-up":
      one.giveUp(action.which);
      break;
    case "lose":
      one.replies.splice(action.which, 1);
      break;
    case "cut-off":
      one.feed({ type: "link", up: false });
      break;
    case "reconnect":
      one.reconnect();
      break;
    case "power-cut":
      one.powerCut();
      break;
    case "paper": {
      const job = one.jobs.shift();
      const { outcome } = action;
      if (job) one.feed({ type: "paper", job: job.job, outcome: { outcome, sure: outcome !== "unknown", detail: "" } });
    }
  }
}
