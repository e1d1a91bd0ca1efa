import type { Logger } from "pino";
import { createSession } from "../protocol/session.ts";
import { bootFacts } from "./boot.ts";
import type { CommandHandlers, CommandMemory } from "./commands.ts";
import { listenForCommands } from "./commands.ts";
import type { DeviceConfig } from "./config.ts";
import { roleOf } from "./config.ts";
import { createHubClock } from "./hub-clock.ts";
import type { Clock } from "./ports.ts";
import { createPresence } from "./presence.ts";
import type { Report } from "./role.ts";
import { createRole, peripheralsOf } from "./roles.ts";

/** The peripherals get so long to let go of their hardware, in milliseconds … */
const releaseMs = 500;
/** … and the broker so long to take the goodbye; its will says the same where it does not. */
const goodbyeMs = 300;

export interface DaemonParts {
  config: DeviceConfig;
  clock: Clock;
  log: Logger;
  /** What the process itself does when the hub asks, beside what the role does. */
  commands: CommandHandlers;
  memory: CommandMemory;
}

/** A device at work. `stop` takes less than a second, whatever hangs. */
export interface Daemon {
  start(): void;
  stop(): Promise<void>;
}

/** Puts a device together from its configuration; only the drivers that it names are loaded. */
export async function createDaemon({ config, clock, log, commands, memory }: DaemonParts): Promise<Daemon> {
  const roleName = roleOf(config);
  const presence = createPresence(roleName, peripheralsOf(config), clock);
  const session = createSession({
    ...config.mqtt,
    site: config.site,
    prefix: config.prefix,
    daemon: true,
    log,
    presence,
  });
  const report: Report = (peripheral, status) => {
    if (!presence.report(peripheral, status)) return;
    log.info({ peripheral, ...status }, "peripheral");
    session.announce();
  };
  const hubClock = createHubClock(session, clock, (status) => report("clock", status), bootFacts);
  const role = await createRole({ config, session, clock, hubClock, log, report });

  return {
    start() {
      hubClock.start();
      listenForCommands({ session, hubClock, log, memory, handlers: { ...role.commands, ...commands } });
      session.onLink((link) => {
        if (link.up) log.info({ mqtt: link.version, session: link.session }, "connected");
      });
      role.start();
      session.start();
    },
    async stop() {
      await within(releaseMs, "a peripheral did not let go", role.stop());
      await within(goodbyeMs, "the broker did not take the goodbye", session.stop());
    },
  };

  /** Waits for the work, but not longer; what fails while stopping is said and does not matter any more. */
  function within(ms: number, late: string, work: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        log.warn({ ms }, late);
        resolve();
      }, ms);
      const failed = (error: unknown) => log.warn({ error: String(error) }, "stopping failed");
      void work.catch(failed).finally(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
