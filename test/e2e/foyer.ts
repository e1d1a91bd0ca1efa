import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import PostalMime from "postal-mime";
import { deviceConfigs, type Peripherals, plugIn } from "../../deploy/demo/peripherals.ts";
import type { Arguments, Result, Verb } from "../../protocol/requests.ts";
import { createSession } from "../../protocol/session.ts";
import { freePort } from "../brokers.ts";
import { decodeEscpos } from "../emulators/escpos-decoder.ts";
import { type HubProcess, startHubProcess, temporaryFolder } from "../hub/hub-process.ts";
import { until } from "../until.ts";

const root = join(import.meta.dirname, "../..");
export const demo = JSON.parse(readFileSync(join(root, "deploy/demo/hub.json"), "utf8"));
const services = demo.services as { id: string; letter: string }[];
/** What a busy machine may take for any step, in milliseconds. */
export const patienceMs = 60_000;
/** A ticket has some 400 bytes. */
const slowBytesPerSecond = 100;
const quarterMs = 15 * 60_000;
/** Limits of the terminal that make a test short; a key counts again only well after the paper came. */
const limits = { beatTimeoutMs: 7_000, ticketPauseMs: 1, takenLeastMs: 3_000, takenMs: 3_000, repeatMs: 500 };

/** A hub that can be killed and started again where it was, and a terminal with real drivers, both as they are shipped. */
export async function openFoyer() {
  const folder = temporaryFolder();
  const mqttPort = await freePort();
  const papers: string[] = [];
  const texts: string[] = [];
  const peripherals: Peripherals = await plugIn(services, [], ({ bytes }) => {
    const [receipt] = decodeEscpos(bytes);
    const text = receipt?.lines.join("\n") ?? "";
    texts.push(text);
    papers.push(`${/KOPIE/.test(text) ? "copy of " : ""}${/\b[A-Z]\d{3}\b/.exec(text)?.[0]}`);
  });
  const config = { ...demo, mqtt: { broker: "embedded", port: mqttPort }, staff: undefined };
  const url = `mqtt://127.0.0.1:${mqttPort}`;
  let hub: HubProcess | undefined;
  let terminal: ChildProcess | undefined;
  const screenPort = await freePort();
  const connection = { site: "demo", url, password: "demo", folder, screenPort, boardPort: await freePort() };
  const device = deviceConfigs(services, peripherals, connection)["terminal-foyer"] as { terminal: object };
  const path = join(folder, "terminal.json");
  writeFileSync(path, JSON.stringify({ ...device, terminal: { ...device.terminal, limits } }));

  const self = {
    /** Where the hub's configuration is, and in `data` what it writes. */
    folder,
    url,
    /** What came out of the printer. */
    papers,
    /** All that is on them. */
    texts,
    peripherals,
    async startHub() {
      hub = await startHubProcess({ config, folder });
    },
    async killHub() {
      await hub?.kill();
    },
    startTerminal() {
      terminal = spawn(process.execPath, [join(root, "device/main.ts"), "--config", path], { stdio: "ignore" });
    },
    async killTerminal() {
      const running = terminal;
      terminal = undefined;
      if (!running) return;
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.kill("SIGKILL");
      await gone;
    },
    /** Presses a key until something comes of it: the terminal may just be saying that it needs a moment. */
    pressUntil<T>(service: string, what: string, probe: () => T) {
      const pin = peripherals.buttonPin(service);
      return until(
        `${what} for ${service}`,
        async () => {
          peripherals.panel.press(pin);
          await new Promise((resolve) => setTimeout(resolve, 150));
          peripherals.panel.release(pin);
          await new Promise((resolve) => setTimeout(resolve, 350));
          return probe();
        },
        patienceMs,
      );
    },
    press(service: string): Promise<string> {
      const before = papers.length;
      return self.pressUntil(service, "a ticket", () => papers[before]);
    },
    async ask<V extends Verb>(verb: V, args: Arguments<V>): Promise<Result<V>> {
      const session = createSession({ url, user: "admin", password: "demo", site: "demo", daemon: false });
      session.start();
      try {
        const answer = await session.request(verb, args, { timeoutMs: patienceMs });
        if (answer.state !== "done") throw new Error(`${verb}: ${JSON.stringify(answer)}`);
        return answer.result;
      } finally {
        await session.stop();
      }
    },
    /** Takes a ticket while the printer is slow, and kills the terminal when the printer has begun with it. */
    async killWhilePrinting(service: string) {
      const { printer } = peripherals;
      printer.fail("slow", slowBytesPerSecond);
      const before = printer.received;
      // What a status costs is a few bytes.
      await self.pressUntil(service, "bytes at the printer", () => printer.received > before + 2 * slowBytesPerSecond);
      await self.killTerminal();
    },
    /** The code that whoever books now for the next quarter of an hour gets by mail. */
    async book(): Promise<string> {
      const at = new Date((Math.floor(Date.now() / quarterMs) + 1) * quarterMs).toISOString();
      const person = { name: "Anna Probst", email: "anna@example.org" };
      await self.ask("appointment.book", { services: ["pick-up"], at, person });
      const mails = join(folder, "data", "mail");
      const all = () => (existsSync(mails) ? readdirSync(mails) : []);
      const file = await until("the mail with the code", () => all().find((name) => name.endsWith(".eml")));
      const { text = "" } = await PostalMime.parse(readFileSync(join(mails, file)));
      return /^\d{34}$/m.exec(text)?.[0] ?? "";
    },
    /** The lists of appointments that the terminal has on its disk, as they stand there. */
    keptLists(): string {
      const journal = new Database(join(folder, "terminal-foyer", "journal-terminal-foyer.sqlite"), { readonly: true });
      try {
        return journal.prepare("SELECT value FROM kept WHERE what GLOB 'list/*'").pluck().all().join();
      } finally {
        journal.close();
      }
    },
    /** What the hub knows of a number's paper. */
    paperOf: async (number: string) => (await self.ask("ticket.show", { number })).ticket.paper,
    queue: async () => (await self.ask("queue.list", {})).tickets.map(({ number }) => number),
    /** Waits until the terminal says that its reserve is there. */
    untilGranted: () =>
      until(
        "the terminal holds numbers",
        async () => {
          const { devices } = await self.ask("device.list", {});
          const status = devices.find(({ client }) => client === "terminal-foyer")?.status;
          const { reserve, printer } = status?.peripherals ?? {};
          return (
            status?.state === "online" &&
            printer?.state === "ready" &&
            reserve?.state === "ready" &&
            reserve.detail === ""
          );
        },
        patienceMs,
      ),
    async stop() {
      await self.killTerminal();
      await hub?.kill();
      await peripherals.unplug();
    },
  };
  return self;
}
