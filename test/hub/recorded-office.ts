/**
 * An office at work in a process that is to be traced: called with a folder, it leaves there what its files were at the
 * beginning, and for each commit the state that it led to. What it says on stdout stands in the trace where it was said:
 * `begin`, and `ack N` when the answers of commit N are given.
 */
import { copyFileSync, mkdirSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { serialize } from "node:v8";
import type { Store } from "../../hub/store/store.ts";
import { anna } from "./appointment-office.ts";
import { mondayMorning, openOffice } from "./test-office.ts";

const [, , folder = ""] = process.argv;
let commits = 0;
const office = openOffice({
  config: { appointments: { desks: 2 } },
  wrapStore: (store: Store) => ({
    ...store,
    commit(changes) {
      store.commit(changes);
      commits += 1;
      // Written before it is said, so that whoever reads the trace finds it.
      const replies = changes.replies.map(({ client, id, reply }) => ({ client, id, reply }));
      const { plan: _, calendar: __, ...state } = changes.state;
      writeFileSync(join(folder, "states", String(commits)), serialize({ state, replies }));
      writeSync(1, `ack ${commits}\n`);
    },
  }),
});
const ask = async (client: string, verb: string, args: object) => {
  const reply = await office.ask(client, verb, args);
  if (!reply.ok) throw new Error(`${verb}: ${reply.error.message}`);
  office.now += 1000;
  return reply.result as Record<string, { id: string }>;
};

await ask("clerk", "desk.open", { desk: "1" });
office.store.tidy(0);
mkdirSync(join(folder, "base"));
for (const end of ["", "-wal"]) copyFileSync(office.file + end, join(folder, "base", `hub.sqlite${end}`));
writeSync(1, `begin ${office.file}\n`);

for (let round = 0; round < 2; round += 1) {
  for (const service of ["id-card", "registration"]) await ask("terminal", "ticket.issue", { service });
  const at = new Date(mondayMorning + (24 + 2 * round) * 3_600_000).toISOString();
  const booking = { services: ["id-card"], at, person: anna };
  const { appointment } = await ask("clerk", "appointment.book", booking);
  // Many at once make one large commit.
  await Promise.all(Array.from({ length: 12 }, () => office.ask("terminal", "ticket.issue", { service: "pick-up" })));
  office.store.tidy(0);
  const { ticket } = await ask("clerk", "call.next", { desk: "1" });
  await ask("clerk", "ticket.finish", { desk: "1", ticket: ticket?.id });
  // It erases a person: at the next quiet moment the log is emptied.
  await ask("clerk", "appointment.cancel", { appointment: appointment?.id });
  office.store.tidy(0);
}
writeSync(1, "end\n");
process.exit(0);
