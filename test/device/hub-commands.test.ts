// time limit: 240 s
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Session } from "../../protocol/session.ts";
import { brokersHere, testSite } from "../brokers.ts";
import { decodeEscpos } from "../emulators/escpos-decoder.ts";
import { createFirmataBoard } from "../emulators/firmata-board.ts";
import { ask, openOfficeProcess } from "../hub/office-process.ts";
import { run } from "../hub/run-cli.ts";
import { until } from "../until.ts";

// The hub, a broker of either kind and devices, each in a process of its own, as in an office.

const mainFile = join(import.meta.dirname, "../../device/main.ts");
const folder = mkdtempSync(join(tmpdir(), "wartemarke-commands-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
/** A device's process takes its time to load on a busy machine, in milliseconds. */
const startMs = 40_000;

interface Device {
  configFile: string;
  stop(): Promise<unknown>;
}

function startDevice(url: string, user: string, password: string, role: object): Device {
  const configFile = join(folder, `${user}.json`);
  const config = { site: testSite, mqtt: { url, user, password }, data: join(folder, user), ...role };
  writeFileSync(configFile, JSON.stringify(config));
  const child: ChildProcess = spawn(process.execPath, [mainFile, "--config", configFile], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("close", resolve));
  return {
    configFile,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

const entryOf = async (admin: Session, client: string) =>
  (await ask(admin, "device.list", {})).devices.find((device) => device.client === client);

const isOnline = (admin: Session, client: string) =>
  until(`${client} is online`, async () => (await entryOf(admin, client))?.state === "online", startMs);

/** Gives a command and waits for what the device says of it, however long the machine takes. */
async function give(
  admin: Session,
  client: string,
  command: "test-print" | "reprint" | "identify" | "reload",
  more = {},
) {
  const result = await ask(admin, "device.command", { client, command, ...more }, { timeoutMs: 30_000 });
  const { id } = result.command;
  return until(`${client} has done ${command}`, async () => {
    const report = (await entryOf(admin, client))?.commands.find((each) => each.id === id);
    return report && report.state !== "sent" && report;
  });
}

for (const kind of brokersHere()) {
  test(`${kind}: a terminal prints a test page and a copy, shows itself, and reads its configuration anew`, async () => {
    const office = await openOfficeProcess(kind);
    const paper = join(folder, `${kind}.bin`);
    const papers = () => (existsSync(paper) ? decodeEscpos(readFileSync(paper)) : []);
    const terminal = startDevice(office.url, "terminal-1", "demo", {
      terminal: {
        printer: { connection: { kind: "file", path: paper }, profile: "file" },
        screen: { port: 0 },
      },
    });
    try {
      const reprinted: string[] = [];
      const admin = await office.connect("admin-1", (session) => {
        session.subscribe("event", { type: "ticket.reprinted" }, ({ number }) => reprinted.push(String(number)));
      });
      const clerk = await office.connect("desk-1");
      await isOnline(admin, "terminal-1");
      await until("its printer is ready", async () => {
        return (await entryOf(admin, "terminal-1"))?.status?.peripherals.printer?.state === "ready";
      });

      const printed = await give(admin, "terminal-1", "test-print");
      assert.is(printed.state, "done", printed.detail);
      const [page] = papers();
      assert.ok(page?.lines.includes("Probedruck"), JSON.stringify(page));
      assert.ok(page?.lines.includes("ä ö ü Ä Ö Ü ß €"), "umlauts come out as themselves");
      assert.equal(page?.qr, ["terminal-1"], "and a code that says whose it is");

      const { ticket } = await ask(clerk, "ticket.issue", { service: "id-card", language: "en" });
      assert.is(ticket.paper, "none");
      const answer = await ask(clerk, "ticket.reprint", { number: ticket.number });
      assert.is(answer.ticket.paper, "pending");
      const paperOf = async () => (await ask(clerk, "ticket.show", { ticket: ticket.id })).ticket.paper;
      await until("the terminal said that it is printed", async () => (await paperOf()) === "printed");
      const [, copy] = papers();
      assert.ok(copy?.lines.includes(ticket.number), JSON.stringify(copy));
      assert.ok(
        copy?.lines.some((line) => /COPY/.test(line) && /KOPIE/.test(line)),
        JSON.stringify(copy?.lines),
      );
      const again = await give(admin, "terminal-1", "reprint", { number: ticket.number });
      assert.is(again.state, "done", again.detail);
      assert.is(papers().length, 3, "each paper is cut off");
      assert.equal(reprinted, [ticket.number, ticket.number]);

      assert.match((await give(admin, "terminal-1", "identify")).detail, /screen/);

      const cli = (...args: string[]) =>
        run(Number(new URL(office.url).port), ["--site", testSite, "--user", "admin-1", "--timeout", "30", ...args]);
      const shown = await cli("device", "identify", "terminal-1");
      assert.match(shown.out, /^terminal-1 {2}(done: the screen says|sent: )/, shown.err);
      const paperOrdered = await cli("reprint", ticket.number.toLowerCase());
      assert.match(paperOrdered.out, /the copy is on its way/, paperOrdered.err);
      await until("it came out", () => papers().length === 4);
      assert.is((await cli("device", "identify", "admin-1")).code, 1, "an admin is no device");

      const right = readFileSync(terminal.configFile, "utf8");
      writeFileSync(terminal.configFile, right.replace('"file","path"', '"fax","path"'));
      const wrong = await give(admin, "terminal-1", "reload");
      assert.is(wrong.state, "failed", "a wrong configuration is told and changes nothing");
      writeFileSync(terminal.configFile, right);
      const session = (await entryOf(admin, "terminal-1"))?.status?.session;
      assert.is((await give(admin, "terminal-1", "reload")).state, "done");
      await until(
        "it is back with another session",
        async () => {
          const entry = await entryOf(admin, "terminal-1");
          return entry?.state === "online" && entry.status?.session !== session;
        },
        startMs,
      );

      await terminal.stop();
      await until("it is offline", async () => (await entryOf(admin, "terminal-1"))?.state === "offline");
      for (const [verb, args] of [
        ["device.command", { client: "terminal-1", command: "identify" }],
        ["ticket.reprint", { number: ticket.number }],
      ] as const) {
        const refused = await admin.request(verb, args);
        assert.is(refused.state === "refused" && refused.error.state, "offline", verb);
      }
    } finally {
      await terminal.stop();
      await office.close();
    }
  });
}

test("boards and desks show themselves, and say that they cannot print", async () => {
  const office = await openOfficeProcess("embedded");
  const panel = createFirmataBoard();
  const board = startDevice(office.url, "board-1", "demo", { board: { screen: { port: 0 } } });
  const desk = startDevice(office.url, "desk-1", "demo", {
    desk: {
      id: "1",
      panel: {
        path: panel.path,
        buttons: [
          { name: "next", pin: 2 },
          { name: "again", pin: 3 },
        ],
        leds: [{ name: "visitor", pin: 8 }],
      },
    },
  });
  try {
    const admin = await office.connect("admin-1");
    await isOnline(admin, "board-1");
    await isOnline(admin, "desk-1");
    await until("the panel is ready", async () => {
      return (await entryOf(admin, "desk-1"))?.status?.peripherals.panel?.state === "ready";
    });
    assert.match((await give(admin, "board-1", "identify")).detail, /flashes/);
    assert.match((await give(admin, "desk-1", "identify")).detail, /flashes/);
    for (const client of ["board-1", "desk-1"]) {
      const refused = await admin.request("device.command", { client, command: "test-print" });
      assert.is(refused.state === "refused" && refused.error.code, "bad-request");
      assert.is((await give(admin, client, "reload")).state, "done");
    }
    // A command that comes again while the first waits is the same command.
    const twice = { id: "same", timeoutMs: 30_000 };
    await isOnline(admin, "board-1");
    const second = await office.connect("admin-1");
    const [one, other] = await Promise.all([
      ask(admin, "device.command", { client: "board-1", command: "identify" }, twice),
      ask(second, "device.command", { client: "board-1", command: "identify" }, twice),
    ]);
    assert.is(one.command.id, other.command.id);
    const given = (await entryOf(admin, "board-1"))?.commands.filter(({ id }) => id === one.command.id);
    assert.is(given?.length, 1);
  } finally {
    await board.stop();
    await desk.stop();
    panel.stop();
    await office.close();
  }
});

test.run();
