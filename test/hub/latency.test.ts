// runs alone
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Display, Ticket } from "../../protocol/messages.ts";
import { brokersHere } from "../brokers.ts";
import { until } from "../until.ts";
import { ask, openOfficeProcess } from "./office-process.ts";

const rounds = 60;
/** What a visitor's machine may wait for a ticket, in milliseconds: the median, from outside. */
const issueMsMax = 5;
/** From a clerk's "next" to the board, in milliseconds: the median, from outside. */
const callMsMax = 10;

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const figures = (values: number[]) =>
  `median ${median(values).toFixed(2)} ms, slowest ${Math.max(...values).toFixed(2)} ms of ${values.length}`;

for (const kind of brokersHere()) {
  test(`${kind}: a ticket within ${issueMsMax} ms, a call on the board within ${callMsMax} ms`, async () => {
    const office = await openOfficeProcess(kind);
    try {
      const terminal = await office.connect("terminal-1");
      const issue = [];
      for (let round = 0; round < rounds; round += 1) {
        const before = performance.now();
        await ask(terminal, "ticket.issue", { service: "id-card" });
        issue.push(performance.now() - before);
      }

      let shown: Display | undefined;
      let arrived = (_display: Display) => {};
      await office.connect("board-1", (session) => {
        session.subscribe("display", { group: "all" }, (display) => {
          shown = display;
          arrived(display);
        });
      });
      const desk = await office.connect("desk-1");
      await ask(desk, "desk.open", { desk: "1" });
      await until("the board has the display", () => shown);
      const call = [];
      let current: string | null = null;
      for (let round = 0; round < rounds; round += 1) {
        const { revision = 0 } = shown ?? {};
        let shownAt = 0;
        arrived = (display) => {
          if (display.revision > revision) shownAt = performance.now();
        };
        const before = performance.now();
        const { ticket }: { ticket: Ticket | null } = await ask(desk, "call.next", {
          desk: "1",
          current,
          finish: true,
        });
        call.push((await until("the board shows it", () => shownAt)) - before);
        assert.is(shown?.calls[0]?.number, ticket?.number);
        current = ticket?.id ?? null;
      }

      console.log(`\n${kind}: ticket.issue ${figures(issue)}; call.next to the board ${figures(call)}`);
      assert.ok(median(issue) < issueMsMax, `ticket.issue: ${figures(issue)}`);
      assert.ok(median(call) < callMsMax, `call.next: ${figures(call)}`);
    } finally {
      await office.close();
    }
  });
}

test.run();
