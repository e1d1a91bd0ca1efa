// time limit: 300 s
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../hub/run-cli.ts";
import { until } from "../until.ts";
import { startBoard } from "./board-process.ts";
import { openFoyer, patienceMs } from "./foyer.ts";

type Foyer = Awaited<ReturnType<typeof openFoyer>>;

/** Nothing of the hub's file can be read any more, and the newest backup is put in its place, as its own message says. */
async function goBack({ folder }: Foyer): Promise<void> {
  const data = join(folder, "data");
  for (const end of ["", "-wal"]) writeFileSync(join(data, `hub.sqlite${end}`), Buffer.alloc(20_000, "damaged"));
  const done = await run(0, ["restore", "--data", data, "latest"]);
  assert.is(done.code, 0, done.err);
}

const alarms = async (foyer: Foyer) => (await foyer.ask("hub.check", {})).alarms.map(({ alarm }) => alarm);
const issue = (foyer: Foyer) => foyer.ask("ticket.issue", { service: "id-card" }).then(({ ticket }) => ticket.number, String); // biome-ignore format: one line

test("a backup that lacks the last tickets is put in place: all wait again by the numbers on their papers, and the board gongs for nobody twice", async () => {
  const foyer = await openFoyer();
  try {
    await foyer.startHub();
    const code = await foyer.book();
    foyer.startTerminal();
    await foyer.untilGranted();
    const board = await startBoard(foyer.url, { site: "demo" });
    assert.is(await foyer.press("id-card"), "A001");
    await foyer.ask("desk.open", { desk: "1" });
    await foyer.ask("backup.now", {});

    const papers = [await foyer.press("id-card"), await foyer.press("registration")];
    assert.equal(papers, ["A002", "B001"]);
    foyer.peripherals.scanner.scan(code);
    await until("the paper of whoever has an appointment", () => foyer.papers.at(-1) === "T001", patienceMs);
    for (const number of ["A001", "A002"]) {
      await foyer.ask("call.number", { desk: "1", number });
      await foyer.ask("call.again", { desk: "1", number });
      await foyer.ask("ticket.finish", { desk: "1", number });
    }
    await until("the board shows the call", () => board.view()?.current?.number === "A002");
    await until("it has announced all of them", () => board.announced().length === 4, patienceMs);

    await foyer.killHub();
    assert.is(await foyer.press("id-card"), "A950");
    await goBack(foyer);
    const before = board.announced();
    await foyer.startHub();
    await until(
      "all are in the queue",
      async () => {
        const queue = new Set(await foyer.queue());
        return ["A001", "A002", "B001", "T001", "A950"].every((number) => queue.has(number)) && queue.size === 5;
      },
      patienceMs,
    );
    await until("numbers are given again", async () => !(await alarms(foyer)).includes("collecting"), patienceMs);
    await foyer.untilGranted();
    const { tickets } = await foyer.ask("queue.list", {});
    const marked = tickets.flatMap(({ number, afterRestore }) => (afterRestore ? [number] : [])).sort();
    assert.equal(marked, ["A001", "A002", "B001", "T001"], "A950 has never been in the queue before");
    assert.is(tickets.find(({ number }) => number === "T001")?.kind, "appointment");
    const { appointments } = await foyer.ask("appointment.list", {});
    assert.equal(appointments.map(({ state, ticket }) => [state, ticket?.split("/")[1]]), [["checked-in", "T001"]]); // biome-ignore format: one line
    assert.is(await foyer.press("id-card"), "A053", "behind A002, which only the terminal knew, and 50 more");

    const view = await until("the board shows what the hub has", () => {
      const now = board.view();
      return now?.isLive && now.current === null ? now : undefined;
    });
    assert.equal(view.last, []);
    assert.match(view.message ?? "", /Nach einer Störung/);
    assert.equal(board.announced(), before, "without a gong");

    const marks = async () => (await foyer.ask("office.show", {})).desks.filter(({ afterRestore }) => afterRestore).map(({ id }) => id); // biome-ignore format: one line
    assert.ok((await marks()).includes("1"));
    const called: string[] = [];
    for (;;) {
      const { ticket } = await foyer.ask("call.next", { desk: "1" });
      if (!ticket) break;
      called.push(ticket.number);
      assert.not.ok((await marks()).includes("1"), "whoever calls has looked");
      await foyer.ask("ticket.finish", { desk: "1", number: ticket.number });
    }
    const walkIns = called.filter((number) => number !== "T001");
    assert.equal(walkIns, ["A001", "A002", "B001", "A950", "A053"], "in the order in which they came");
    assert.is(called.length, 6);
    await until("the board announces them, those it had announced before too", () => board.announced().length === 10, patienceMs); // biome-ignore format: one line
    assert.equal(foyer.papers, ["A001", "A002", "B001", "T001", "A950", "A053"], "no number twice");
    await board.stop();
  } finally {
    await foyer.stop();
  }
});

test("the terminal is away, and the hub dies while it waits for it: no number before it is heard, then behind all of them", async () => {
  const foyer = await openFoyer();
  try {
    await foyer.startHub();
    foyer.startTerminal();
    await foyer.untilGranted();
    await foyer.ask("backup.now", {});
    assert.equal([await foyer.press("id-card"), await foyer.press("id-card")], ["A001", "A002"]);
    await foyer.killTerminal();
    await foyer.killHub();
    await goBack(foyer);
    for (let start = 0; start < 2; start += 1) {
      await foyer.startHub();
      assert.ok((await alarms(foyer)).includes("collecting"));
      assert.match(await issue(foyer), /unavailable/);
      if (start === 0) await foyer.killHub();
    }
    foyer.startTerminal();
    const given = await until(
      "a number",
      async () => [await issue(foyer)].find((said) => /^A\d/.test(said)),
      patienceMs,
    );
    assert.is(given, "A053");
    assert.equal(await foyer.queue(), ["A001", "A002", "A053"]);
    const left = await alarms(foyer);
    assert.ok(left.includes("restored") && !left.includes("collecting") && !left.includes("unheard"), left.join());
  } finally {
    await foyer.stop();
  }
});

test.run();
