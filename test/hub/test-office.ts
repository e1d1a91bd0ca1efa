import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { createCommands } from "../../hub/commands.ts";
import type { HubConfig } from "../../hub/config.ts";
import { parseConfig } from "../../hub/config.ts";
import type { Devices } from "../../hub/devices.ts";
import { createDevices } from "../../hub/devices.ts";
import type { Caller } from "../../hub/office/decision.ts";
import type { RecordedEvent } from "../../hub/office/events.ts";
import type { OfficeState } from "../../hub/office/state.ts";
import { callerOf } from "../../hub/office/users.ts";
import { almanacOf, planOf } from "../../hub/plan.ts";
import type { Incoming, OutgoingReply } from "../../hub/requests.ts";
import { createSecrets } from "../../hub/secrets.ts";
import type { Service } from "../../hub/service.ts";
import { createService } from "../../hub/service.ts";
import type { Store } from "../../hub/store/store.ts";
import { openStore } from "../../hub/store/store.ts";
import type { Ticket } from "../../protocol/messages.ts";

process.env.TZ = "Europe/Berlin";

/** A Monday morning in November, within the model office's hours. */
export const mondayMorning = Date.parse("2026-11-23T09:00:00+01:00");

/** The configuration of the model office, as a file would give it. */
export const modelOffice = {
  site: "test",
  name: "Bürgerbüro Dorsten",
  openingHours: "Mo,Tu 08:00-16:00; We off; Th 08:00-18:00; Fr 08:00-13:00; Sa[1] 09:30-12:00; PH off",
  services: [
    { id: "id-card", letter: "A", names: { de: "Ausweis oder Reisepass" }, minutes: 10 },
    { id: "registration", letter: "B", names: { de: "An- oder Ummelden" }, minutes: 15 },
    { id: "pick-up", letter: "C", names: { de: "Abholung" }, minutes: 3 },
  ],
  desks: [
    { id: "1", name: "Platz 1", services: ["id-card", "registration", "pick-up"] },
    { id: "2", name: "Platz 2", services: ["pick-up"], groups: ["hall"] },
  ],
  boards: [{ group: "all", name: "Wartebereich" }],
};

/** Who asks in tests, by the name under which they do. */
export const callers: Record<string, Caller> = {
  terminal: { client: "terminal", role: "terminal", desks: [] },
  kiosk: { client: "kiosk", role: "terminal", desks: [] },
  board: { client: "board", role: "board", desks: [] },
  clerk: { client: "clerk", role: "desk", desks: ["1"] },
  admin: { client: "admin", role: "admin", desks: [] },
};

export interface TestOffice {
  now: number;
  readonly store: Store;
  /** The path of the file. */
  readonly file: string;
  readonly state: OfficeState;
  readonly devices: Devices;
  /** Everything recorded since this process opened the office. */
  readonly events: RecordedEvent[];
  ask(client: string, verb: string, args?: object, id?: string): Promise<OutgoingReply>;
  receive(request: Incoming): void;
  submit: Service["submit"];
  /** As `ask`, with the bytes as they are. */
  send(client: string, verb: string, payload: Buffer): Promise<OutgoingReply>;
  /** Issues a ticket and returns it. */
  issue(service?: string): Promise<Ticket>;
  tick(): Promise<void>;
  /** The machine's clock is set, and no time passes by that. */
  setClock(to: number): void;
  /** Clients can reach the office from now on, or cannot. */
  linked(up: boolean): void;
  /**
   * Closes the file and opens it again, as after a restart, perhaps with another configuration.
   *
   * @param between what is done to the file meanwhile.
   */
  restart(changes?: object, between?: () => void): void;
  close(): void;
}

/** The core, the service and a real file, with time that stands still until a test moves it. */
export function openOffice({
  now = mondayMorning,
  config: changes = {},
  wrapStore = (store: Store) => store,
  personalData = true,
  caller = () => undefined,
  mayErase = () => true,
}: {
  now?: number;
  config?: object;
  wrapStore?: (store: Store) => Store;
  /** Who a client is that is none of `callers`. */
  caller?: (client: string) => Caller | undefined;
  /** Whether nobody reads along. */
  personalData?: boolean;
  /** Whether it is sure enough what the time is. */
  mayErase?: () => boolean;
} = {}): TestOffice {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-office-"));
  const configure = (further: object): HubConfig => {
    const parsed = parseConfig({ ...modelOffice, ...changes, ...further });
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed.config;
  };
  let config = configure({});
  const events: RecordedEvent[] = [];
  let ids = 0;

  const clock = { now: () => office.now, every: () => () => {}, after: () => () => {}, mayErase };
  /** By how much the clock was set. */
  let setBy = 0;
  let timers: { due: number; then: () => void }[] = [];
  const after = (ms: number, then: () => void) => {
    const timer = { due: office.now - setBy + ms, then };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const runTimers = () => {
    const due = timers.filter((timer) => timer.due <= office.now - setBy);
    timers = timers.filter((timer) => !due.includes(timer));
    for (const { then } of due) then();
  };
  const devices = createDevices();
  const open = () => {
    const store = wrapStore(openStore(folder));
    const service = createService({
      plan: planOf(config),
      almanac: (at, dates) => almanacOf(config, at, dates),
      region: config.region,
      secrets: createSecrets(store.key),
      personalData,
      backup: async () => {
        const path = join(folder, "backup.sqlite");
        return { path, bytes: await store.backup(path) };
      },
      restoredNotice: "restored",
      store,
      devices,
      commands: createCommands({ session: { publish: async () => true }, clock }),
      clock: { ...clock, after },
      log: pino({ level: "silent" }),
      accountsInForce: "now",
      caller: (state, client) => callers[client] ?? callerOf(state, client) ?? caller(client),
      committed: (_state, recorded) => events.push(...recorded),
    });
    return { store, service };
  };
  let running: ReturnType<typeof open>;

  const office: TestOffice = {
    now,
    devices,
    events,
    file: join(folder, "hub.sqlite"),
    get store() {
      return running.store;
    },
    get state() {
      return running.service.state;
    },
    receive: (request) => running.service.receive(request),
    submit: (command) => running.service.submit(command),
    send: (client, verb, payload) => {
      runTimers();
      return new Promise((respond) => office.receive({ client, verb, payload, respond }));
    },
    ask(client, verb, args = {}, id = `request-${++ids}`) {
      return office.send(client, verb, Buffer.from(JSON.stringify({ ...args, id })));
    },
    async issue(service = "id-card") {
      const reply = await office.ask("terminal", "ticket.issue", { service });
      if (!reply.ok) throw new Error(`not issued: ${reply.error.message}`);
      return (reply.result as { ticket: Ticket }).ticket;
    },
    setClock(to) {
      setBy += to - office.now;
      office.now = to;
    },
    async tick() {
      runTimers();
      running.service.tick();
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    },
    linked: (up) => running.service.linked(up),
    restart(further = {}, between = () => {}) {
      config = configure(further);
      running.service.stop();
      running.store.close();
      between();
      running = open();
      running.service.start();
    },
    close() {
      running.service.stop();
      running.store.close();
      rmSync(folder, { recursive: true });
    },
  };
  running = open();
  running.service.start();
  return office;
}

/** The error code of a reply, or `ok`: what most tables compare. */
export const outcome = (reply: OutgoingReply): string => (reply.ok ? "ok" : reply.error.code);
