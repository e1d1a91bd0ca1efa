import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { HubPresence } from "../protocol/messages.ts";
import { protocolVersion } from "../protocol/messages.ts";
import { createSession } from "../protocol/session.ts";
import { topicNames } from "../protocol/topics.ts";
import { accountsOf, createAdmission } from "./admission.ts";
import { createBooking } from "./booking.ts";
import type { Broker } from "./broker.ts";
import { createEmbeddedBroker } from "./broker.ts";
import type { OfficeClock } from "./clock.ts";
import type { HubConfig } from "./config.ts";
import { createCore, tidyMs } from "./core.ts";
import { createDiskWatch, freeBytes } from "./disk.ts";
import { createDiscovery, formerPrefixes } from "./home-assistant/discovery.ts";
import type { HubLog } from "./log.ts";
import { folderTransport } from "./mail/folder.ts";
import { createPostman } from "./mail/postman.ts";
import { smtpTransport } from "./mail/smtp.ts";
import type { MailTransport } from "./mail/transport.ts";
import type { MailOffice } from "./mail/wording.ts";
import { exposition } from "./metrics/exposition.ts";
import { gauges } from "./metrics/gauges.ts";
import { createMeters } from "./metrics/meters.ts";
import type { Plan } from "./office/state.ts";
import { beatMs } from "./publisher.ts";
import { openStaff } from "./staff/open.ts";
import { createBackups, tendInThread } from "./store/backups.ts";
import type { Store } from "./store/store.ts";
import { version } from "./version.ts";
import { pageCaller } from "./web/page-client.ts";
import { createPages } from "./web/pages.ts";

export interface Hub {
  /** Ports as they were taken, where the configuration left the choice. */
  readonly ports: { mqtt?: number; http: number };
  /** Resolves once the broker knows the present state. */
  readonly ready: Promise<void>;
  /** Answers what has arrived, says goodbye and closes the file. Rejects when a part of that failed, after all the others. */
  stop(): Promise<void>;
}

/** What an alarm says at most, in characters. */
const alarmDetailChars = 200;

/** How this process reaches a listener on `host`. */
function loopbackOf(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

function mailTransport({ mail: { from, smtp, folder } }: HubConfig): MailTransport {
  return smtp ? smtpTransport(from, { ...smtp, timeoutMs: smtp.timeoutSeconds * 1000 }) : folderTransport(from, folder);
}

function mailOffice(config: HubConfig, { appointments }: Plan, publicUrl: string): MailOffice {
  const { site, name, accent, timeZone, services, town, mail } = config;
  const checkIn = { earlyMs: appointments?.checkInEarlyMs ?? 0, lateMs: appointments?.checkInLateMs ?? 0 };
  return { site, name, address: town.address, accent, timeZone, services, from: mail.from, checkIn, publicUrl };
}

/**
 * A process that ends waits for its threads. One that hangs on a drive would keep it for ever, and systemd would not start
 * another one.
 */
const endAtOnce = () => process.kill(process.pid, "SIGKILL");

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/**
 * Starts a hub: broker, store, service, pages, in the order in which they need each other.
 *
 * @throws when a port or the store cannot be had; what had been started is stopped again.
 */
export async function startHub(config: HubConfig, given: Store, clock: OfficeClock, log: HubLog): Promise<Hub> {
  const meters = createMeters(() => performance.now());
  const store = meters.store(given);
  const stops: (() => Promise<void> | void)[] = [() => store.close()];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const each of stops.splice(0).reverse()) {
      try {
        await each();
      } catch (error) {
        log.error({ err: error }, "a part could not be stopped: the others are");
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  try {
    const hubPassword =
      config.mqtt.broker === "embedded" ? randomBytes(18).toString("base64url") : config.mqtt.password;
    const prefixes = [
      ...new Set([...formerPrefixes(store), ...(config.homeAssistant ? [config.homeAssistant.prefix] : [])]),
    ];
    const names = topicNames(config.site, config.prefix, prefixes);
    let url: string;
    let inside: (() => Duplex) | undefined;
    let mqttPort: number | undefined;
    let broker: Broker | undefined;
    if (config.mqtt.broker === "embedded") {
      const { host, port } = config.mqtt;
      const accounts = accountsOf(config, store.users());
      broker = createEmbeddedBroker({ host, port, names, accounts, hubPassword, log });
      mqttPort = await broker.start();
      stops.push(broker.stop);
      inside = broker.connect;
      url = `mqtt://${loopbackOf(host)}:${mqttPort}`;
    } else {
      url = config.mqtt.url;
    }

    const since = new Date(clock.now()).toISOString();
    const presence = (state: HubPresence["state"], session: string): HubPresence => ({
      state,
      version,
      protocol: protocolVersion,
      since,
      session,
      epoch: service.state.epoch,
    });
    const session = createSession({
      url,
      user: "hub",
      password: hubPassword,
      site: config.site,
      prefix: config.prefix,
      discovery: prefixes,
      daemon: true,
      ...(inside ? { inside } : {}),
      log,
      presence: {
        key: "hub",
        online: (id) => presence("online", id),
        offline: (id) => presence("offline", id),
      },
    });

    const told = (failure: string | undefined) => core.watch.holds("accounts", failure);
    const admission = createAdmission(config, names, broker, log, told);
    const core = createCore({
      ...{ config, store, session, clock, log },
      accountsInForce: admission.inForce,
      backup: () =>
        backups.now().catch((error: Error) => {
          throw new Error(`no backup could be made in ${config.backup.folder}: ${error.message}`);
        }),
      guest: (client) => (staff ? staff.caller(client) : pageCaller(config, client)),
      arrived: (request) => meters.request(request),
      committed(state, events) {
        for (const event of events) {
          if (event.type !== "office.changed") continue;
          if (event.what === "user") admission.admit(accountsOf(config, state.users.values()), event.by);
          if (event.what === "day") countDays();
        }
        if (events.length > 0) pages.show();
        postman.wake();
      },
    });
    const { service, devices, watch, publisher, secrets, receive, spare } = core;
    const staff = config.staff && openStaff(config.staff, store.staff, secrets, () => clock.now());
    const discovery = createDiscovery({
      ...{ session, store, devices, site: config.site, prefix: config.homeAssistant?.prefix, log },
      state: () => service.state,
      now: () => clock.now(),
    });
    const backups = createBackups({
      store,
      clock,
      folder: config.backup.folder,
      tend: tendInThread,
      everyMs: config.backup.everyMinutes * minuteMs,
      keptMs: config.backup.keepDays * dayMs,
      failed(why) {
        log.error({ why }, "no backup could be made: it is tried again");
        watch.holds("backup", why.slice(0, alarmDetailChars));
      },
      over: () => watch.holds("backup", undefined),
      stuck: (isStuck) => void (isStuck ? process.once("exit", endAtOnce) : process.off("exit", endAtOnce)),
    });
    const countDays = () =>
      void store.figures.settle(config.timeZone, service.state.day).catch((error) => {
        log.error(
          { err: error },
          "the days that are over could not be counted: tried again at the end of the next one",
        );
      });
    // Where visitors reach the pages is known when these listen, if it was not said.
    let publicUrl = config.http.publicUrl?.replace(/\/$/, "") ?? "";
    const postman = createPostman({
      spool: store,
      transport: mailTransport(config),
      office: () => mailOffice(config, service.state.plan, publicUrl),
      clock,
      log,
      alarm(what) {
        const detail = what.slice(0, alarmDetailChars);
        service.record([{ type: "device.alarm", client: "hub", alarm: "mail", detail }]);
      },
      stuck: (why) => watch.holds("mail", `mails do not go out: ${why}`.slice(0, alarmDetailChars)),
      sent: () => watch.holds("mail", undefined),
    });
    const booking = config.appointments ? createBooking({ service, store, secrets, clock }) : undefined;
    let isConnected = false;
    const pages = createPages({
      config,
      log,
      receive,
      state: () => service.state,
      person: store.person,
      booking,
      staff,
      now: () => clock.now(),
      metrics: () =>
        exposition([
          ...meters.families(),
          ...gauges({
            state: service.state,
            devices,
            now: clock.now(),
            startedAt: Date.parse(since),
            backupAt: backups.newestAt(),
            isConnected,
            eventsUnsent: publisher.unsent(),
            mailsWaiting: store.mailsWaiting(clock.now()),
            memory: process.memoryUsage(),
          }),
        ]),
    });
    core.load();
    countDays();
    admission.admit(accountsOf(config, service.state.users.values()));
    // The session is stopped after the core, which still answers what has arrived.
    stops.push(() => session.stop());
    stops.push(core.stop);

    session.onLink(({ up }) => {
      isConnected = up;
      if (up) discovery.up();
      else discovery.down();
    });
    core.open();

    const lookAtDisk = createDiskWatch(() => ({
      [config.backup.folder]: backups.freeBytes(),
      [config.data]: freeBytes(config.data),
    }));
    const timers = [
      clock.every(beatMs, () => {
        watch.holds("clock", clock.doubt()?.slice(0, alarmDetailChars));
        spare("noting the time", () => clock.look());
        watch.holds("disk", lookAtDisk()?.slice(0, alarmDetailChars));
        discovery.look();
      }),
      clock.every(tidyMs, () => {
        if (clock.mayErase()) spare("tidying what staff did", () => staff?.staff.tidy());
      }),
      backups.start(),
    ];
    stops.push(() => {
      for (const cancel of timers) cancel();
    });

    const httpPort = await pages.start();
    publicUrl ||= `http://${loopbackOf(config.http.host)}:${httpPort}`;
    stops.push(() => pages.stop());
    postman.start();
    stops.push(() => postman.stop());
    log.info({ mqtt: url, http: httpPort, version }, "hub started");
    return {
      ports: { ...(mqttPort === undefined ? {} : { mqtt: mqttPort }), http: httpPort },
      ready: core.ready,
      stop,
    };
  } catch (error) {
    // What is said is why it cannot start.
    await stop().catch(() => {});
    throw error;
  }
}
