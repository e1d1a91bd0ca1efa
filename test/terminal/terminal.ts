import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJournal, type Journal } from "../../device/journal.ts";
import { loadLanguages } from "../../device/languages.ts";
import type { Clock, DiscardEvent, ScanEvent, Scanner, Screen, StatusEvent } from "../../device/ports.ts";
import { createScreen } from "../../device/screen/server.ts";
import { type Limits, usualLimits } from "../../device/terminal/limits.ts";
import type { Settings } from "../../device/terminal/types.ts";
import type { View } from "../../device/terminal/view.ts";
import { createTerminalRole } from "../../device/terminal-role.ts";
import { refuse } from "../../protocol/errors.ts";
import type { Office, PeripheralStatus, Ticket } from "../../protocol/messages.ts";
import { createSession } from "../../protocol/session.ts";
import { startBroker, testSite } from "../brokers.ts";
import { createFakeHubClock } from "../fakes/hub-clock.ts";
import { createFakePanel } from "../fakes/panel.ts";
import { createFakePrinter, type FakeHardware } from "../fakes/printer.ts";
import { makeTicket, type ScriptedAnswer, type SeenRequest, startScriptedHub } from "../fakes/scripted-hub.ts";
import { until } from "../until.ts";

export const client = "terminal-foyer";

export const keys = [
  { button: "one", led: "led-one", service: "id-card", label: "1" },
  { button: "two", led: "led-two", service: "registration", label: "2" },
  { button: "three", led: "led-three", service: "pick-up", label: "3" },
];

export function makeSettings(limits: Partial<Limits> = {}): Settings {
  return { client, keys, languages: loadLanguages(), limits: { ...usualLimits, ...limits }, isPrivate: true };
}

/** An office with three services, open, in German and English. */
export function makeOffice(changes: Partial<Office> = {}): Office {
  const service = (id: string, letter: string, de: string, en: string): Office["services"][number] => {
    return { id, letter, names: { de, en }, open: true, waiting: 0, estimateMinutes: null };
  };
  return {
    name: "Bürgerbüro Dorsten",
    languages: ["de", "en"],
    timeZone: "Europe/Berlin",
    accent: "#0b4f8a",
    open: true,
    nextChange: null,
    days: [],
    services: [
      {
        ...service("id-card", "A", "Ausweis oder Reisepass", "Identity card or passport"),
        waiting: 5,
        estimateMinutes: [20, 30],
        bring: { de: "ein Foto, nicht älter als 6 Monate", en: "a photo, no older than 6 months" },
        fee: { de: "37,00 € (unter 24 Jahren 22,80 €)", en: "€37.00 (under 24: €22.80)" },
      },
      {
        ...service("registration", "B", "An- oder Ummelden", "Registering your address"),
        waiting: 1,
        estimateMinutes: [5, 10],
        bring: { de: "Ausweis und Bestätigung des Vermieters", en: "your identity card and your landlord's statement" },
      },
      { ...service("pick-up", "C", "Abholung", "Pick-up"), waiting: 0, estimateMinutes: [0, 0] },
    ],
    appointments: true,
    ...changes,
  };
}

export interface FakeScanner extends Scanner {
  scan(text: string, symbology: ScanEvent["symbology"]): void;
}

function createFakeScanner(): FakeScanner {
  let on: ((event: ScanEvent | DiscardEvent | StatusEvent) => void) | undefined;
  return {
    start(listener) {
      on = listener;
      on({ type: "status", status: { state: "ready", detail: "fake" } });
    },
    async stop() {
      on = undefined;
    },
    scan: (text, symbology) => on?.({ type: "scan", text, symbology }),
  };
}

/** How often the scripted hub beats, in milliseconds. */
const beatMs = 100;

export interface TerminalSetup {
  limits?: Partial<Limits>;
  /** Serve the page; else the screen is in memory and counts as looked at. */
  page?: boolean;
  clock: Clock;
  /** How far the hub's clock is ahead of the terminal's. */
  hubAheadMs?: number;
}

/** A terminal with fakes for its peripherals, on a real broker with a hub that says what the test tells it to. */
export async function startTerminal(setup: TerminalSetup) {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-terminal-"));
  const broker = await startBroker("embedded", [{ name: client, role: "terminal" }]);
  const tickets = new Map<string, Ticket>();
  const withdrawn = new Set<string>();
  let answers: (request: SeenRequest) => ScriptedAnswer | "usual" = () => "usual";

  /** As the hub does it: one ticket a request id, and none for one that was withdrawn before. */
  function usual({ verb, id, args }: SeenRequest): ScriptedAnswer {
    if (verb === "ticket.withdraw") withdrawn.add(String(args.request));
    if (verb !== "ticket.issue") return { result: {} };
    if (withdrawn.has(id)) return { error: refuse("withdrawn", "withdrawn") };
    const number = `A${String(tickets.size + 17).padStart(3, "0")}`;
    const service = String(args.service);
    const known = tickets.get(id) ?? makeTicket(number, { service, ahead: 3, estimateMinutes: [20, 30] });
    tickets.set(id, known);
    return { result: { ticket: known } };
  }

  const hub = await startScriptedHub(broker, (request) => {
    const said = answers(request);
    return said === "usual" ? usual(request) : said;
  });
  let seq = 0;
  const beat = () => {
    seq += 1;
    const at = new Date().toISOString();
    void hub.session.publish("beat", {}, { at, session: "s", epoch: 1, seq, revisions: {} });
  };
  const beats = setInterval(beat, beatMs);

  let journalIsFull = false;
  const statuses = new Map<string, PeripheralStatus>();
  const logged: string[] = [];
  const write = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const log = { info: write, warn: write, error: write } as unknown as Parameters<typeof createTerminalRole>[0]["log"];

  const hardware: FakeHardware = { receipts: [], status: { state: "ready", detail: "" }, jobs: new Map() };

  function boot() {
    const printer = createFakePrinter(hardware);
    const panel = createFakePanel(
      keys.map(({ button }) => button),
      keys.map(({ led }) => led),
    );
    const scanner = createFakeScanner();
    const views: View[] = [];
    const memory: Screen<View> & { touch(input: unknown): void } = {
      start: (on) => {
        memory.touch = (input) => on({ type: "touch", input });
        on({ type: "status", status: { state: "ready", detail: "1 page" } });
      },
      stop: async () => {},
      show: (view) => void views.push(view),
      touch: () => {},
    };
    const pageFolder = join(import.meta.dirname, "../../device/screen/terminal");
    const page = setup.page ? createScreen<View>({ port: 0, pageFolder }) : undefined;
    const file = createJournal(join(folder, "journal.sqlite"), log);
    const journal: Journal = {
      ...file,
      store(touch) {
        if (journalIsFull) throw new Error("disk full");
        file.store(touch);
      },
    };
    const session = createSession({ url: broker.url, user: client, password: "demo", daemon: true, site: testSite });
    const role = createTerminalRole({
      settings: makeSettings(setup.limits),
      session,
      journal,
      printer,
      panel,
      scanner,
      screen: page ?? memory,
      clock: setup.clock,
      hubClock: createFakeHubClock(() => setup.clock.now() + (setup.hubAheadMs ?? 0)),
      log,
      report: (peripheral, status) => void statuses.set(peripheral, status),
    });
    role.start();
    session.start();
    const stop = async () => {
      await role.stop();
      await session.stop();
    };
    return { printer, panel, scanner, views, memory, page, role, session, journal, stop };
  }

  let device = boot();
  return {
    hub,
    broker,
    tickets,
    withdrawn,
    statuses,
    logged,
    journalFile: join(folder, "journal.sqlite"),
    /** The printer, which the terminal's power cut leaves as it is. */
    hardware,
    device: () => device,
    /** The newest view of the screen in memory. */
    screen: () => device.views.at(-1)?.screen,
    office: (office: Office) => hub.session.publish("office", {}, office),
    answer(how: typeof answers) {
      answers = how;
    },
    fillJournal(isFull: boolean) {
      journalIsFull = isFull;
    },
    /** The hub goes silent, as when it is killed. */
    silence: () => clearInterval(beats),
    /** The hub says goodbye. */
    leave() {
      clearInterval(beats);
      const since = new Date().toISOString();
      return hub.session.publish("hub", {}, { state: "offline", version: "1", protocol: 1, since, session: "s" });
    },
    seen: (verb: string) => hub.seen.filter((request) => request.verb === verb),
    async ready() {
      await until("the start screen", () => this.screen()?.name === "choose");
    },
    /** The power goes, and comes back: what the printer or the hub still say is heard by nobody. */
    async restart() {
      await device.stop();
      device = boot();
    },
    async stop() {
      clearInterval(beats);
      await device.stop();
      await hub.stop();
      await broker.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export type Terminal = Awaited<ReturnType<typeof startTerminal>>;
