import type { InForce } from "../protocol/accounts.ts";
import type { LinkState, Session } from "../protocol/session.ts";
import { accountsOf } from "./admission.ts";
import type { Clock, OfficeClock } from "./clock.ts";
import { createCommands } from "./commands.ts";
import type { HubConfig } from "./config.ts";
import type { Devices } from "./devices.ts";
import { createDevices } from "./devices.ts";
import { createDoor } from "./door.ts";
import type { HubLog } from "./log.ts";
import { noticeIn } from "./notices.ts";
import type { Caller } from "./office/decision.ts";
import type { RecordedEvent } from "./office/events.ts";
import type { OfficeState } from "./office/state.ts";
import { callerOf, findUser } from "./office/users.ts";
import { ticketForTerminal } from "./office/views.ts";
import { loopbackHosts } from "./page-address.ts";
import { almanacOf, planOf } from "./plan.ts";
import type { Publisher } from "./publisher.ts";
import { beatMs, createPublisher } from "./publisher.ts";
import type { Incoming } from "./requests.ts";
import { replyKeptMs } from "./requests.ts";
import type { Secrets } from "./secrets.ts";
import { createSecrets } from "./secrets.ts";
import type { Service } from "./service.ts";
import { createService } from "./service.ts";
import type { Backup } from "./store/backups.ts";
import type { Store } from "./store/store.ts";
import { createTerminalLists } from "./terminal-lists.ts";
import type { Watch } from "./watch.ts";
import { createWatch } from "./watch.ts";

/** How often quiet work on the file is done, in milliseconds. */
export const tidyMs = 30_000;

/** How often it is looked whether next year's closures are entered, in milliseconds. */
const closuresLookMs = 3_600_000;

/** What the core works over, and what others do besides it. */
export interface CoreParts {
  config: HubConfig;
  store: Store;
  /** The hub's own, not started. */
  session: Session;
  clock: Clock & Pick<OfficeClock, "mayErase">;
  log: HubLog;
  /** When the broker knows of a changed user; undefined where its accounts cannot be changed from here. */
  accountsInForce: InForce | undefined;
  /** Makes a backup of the file, outside the schedule. */
  backup(): Promise<Backup>;
  /** Who asks under a name that is no user's of the office; undefined for nobody. */
  guest(client: string): Caller | undefined;
  /** A request that has arrived, as it goes on: measured, for example. */
  arrived(request: Incoming): Incoming;
  /** After each commit, when the core has done its part. */
  committed(state: OfficeState, events: RecordedEvent[]): void;
}

/** The office behind a broker: all of a hub that needs nothing but its file, its session, the time and a log. */
export interface Core {
  readonly service: Service;
  readonly devices: Devices;
  readonly watch: Watch;
  readonly publisher: Publisher;
  readonly secrets: Secrets;
  /** Resolves once the broker knows the present state. */
  readonly ready: Promise<void>;
  /** Takes a request, from the broker or from a page. */
  receive(request: Incoming): void;
  /** Loads the state and lets time pass up to now: from here on there is one. */
  load(): void;
  /** Connects, listens, and does regularly what is to be done. */
  open(): void;
  /** Does what can be done later: where it fails that is logged. A full disk is told by the requests that it refuses. */
  spare(what: string, work: () => void): void;
  /** Answers what has arrived and takes nothing more. The session is to be stopped after it. */
  stop(): void;
}

/** Whether nobody between a client and the hub can read along. */
export function isPrivate({ mqtt }: HubConfig): boolean {
  if (mqtt.broker === "embedded") return loopbackHosts.includes(mqtt.host);
  const { protocol, hostname } = new URL(mqtt.url);
  return protocol === "mqtts:" || loopbackHosts.includes(hostname.replace(/^\[|\]$/g, ""));
}

/** Puts the office together; nothing happens before `load` and `open`. */
export function createCore(parts: CoreParts): Core {
  const { config, store, session, clock, log } = parts;
  const devices = createDevices();
  const secrets = createSecrets(store.key);
  const watch = createWatch({ config, devices, service: () => service });
  const commands = createCommands({ session, clock });
  const publisher = createPublisher({ session, store, clock, state: () => service.state });
  const service = createService({
    plan: planOf(config),
    almanac: (now, dates) => almanacOf(config, now, dates),
    region: config.region,
    secrets,
    personalData: isPrivate(config),
    backup: parts.backup,
    restoredNotice: noticeIn("restored", config.languages),
    store,
    devices,
    commands,
    clock,
    log,
    accountsInForce: parts.accountsInForce,
    caller: (state, client) => callerOf(state, client) ?? parts.guest(client),
    committed(state, events) {
      for (const event of events) carryOut(state, event);
      publisher.committed(events);
      lists.committed(events);
      parts.committed(state, events);
    },
  });
  const lists = createTerminalLists({
    session,
    clock,
    state: () => service.state,
    terminals: () =>
      accountsOf(config, service.state.users.values()).flatMap(({ name, role }) => (role === "terminal" ? name : [])),
    overfull(day, left) {
      const detail = `${left} codes of ${day} are more than a terminal can know: it asks the hub about them`;
      service.record([{ type: "device.alarm", client: "hub", alarm: "appointments", detail }]);
    },
  });
  const receive = (request: Incoming) => service.receive(parts.arrived(request));
  const timers: (() => void)[] = [];
  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();

  /** What an event has to do with devices. */
  function carryOut(state: OfficeState, event: RecordedEvent): void {
    if (event.type === "ticket.reprinted") {
      const ticket = state.tickets.get(event.ticket);
      if (!ticket) return;
      const more = { ticket: ticketForTerminal(state, ticket, event.at), language: ticket.language };
      commands.send({ id: event.command, client: event.terminal, command: "reprint", more });
    } else if (event.type === "ticket.print-unknown") {
      const ticket = state.tickets.get(event.ticket);
      if (ticket) devices.unsurePrint(ticket.copiedAt ?? ticket.issuer, event.at);
    } else if (event.type === "office.changed" && event.what === "dates") {
      watch.lookAtClosures();
    } else if (event.type === "office.changed" && event.what === "user" && event.change === "removed") {
      devices.forget(event.user);
      commands.forget(event.user);
    }
  }

  function linked(link: LinkState): void {
    service.linked(link.up);
    if (!link.up) {
      publisher.down();
      lists.down();
      return;
    }
    publisher.up(link.session);
    publisher.beat();
    lists.up();
    void Promise.all([publisher.settled(), lists.settled()]).then(() => isReady());
  }

  function spare(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      log.error({ err: error }, `${what} failed and is tried again later`);
    }
  }

  const savePosition = () => spare("saving how far the events have come", () => publisher.savePosition());

  return {
    service,
    devices,
    watch,
    publisher,
    secrets,
    ready,
    receive,
    spare,
    load: () => service.start(),
    open() {
      const roleOf = (client: string) => findUser(service.state, client)?.role;
      const { look: changed } = watch;
      createDoor({ session, service, receive, clock, devices, log, roleOf, changed, came: publisher.greet });
      session.onLink(linked);
      session.start();
      timers.push(
        clock.every(beatMs, () => {
          service.tick();
          watch.look();
          publisher.beat();
          lists.beat();
          savePosition();
        }),
        clock.every(tidyMs, () => spare("tidying", () => store.tidy(clock.mayErase() ? clock.now() - replyKeptMs : 0))),
        clock.every(closuresLookMs, watch.lookAtClosures),
      );
      watch.lookAtClosures();
    },
    stop() {
      for (const cancel of timers) cancel();
      service.stop();
      savePosition();
      // Or it would read on, for what is still acknowledged, in a store that is closed.
      publisher.down();
    },
  };
}
