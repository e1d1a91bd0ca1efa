import { join } from "node:path";
import { hashPassword } from "../../hub/accounts.ts";
import { makeId } from "../../protocol/ids.ts";
import type { Arguments, Result, Verb } from "../../protocol/requests.ts";
import type { RequestOptions, Session } from "../../protocol/session.ts";
import { createSession } from "../../protocol/session.ts";
import type { BrokerKind, TestAccount, TestBroker } from "../brokers.ts";
import { freePort, startBroker, testSite } from "../brokers.ts";
import { until } from "../until.ts";
import type { HubProcess } from "./hub-process.ts";
import { startHubProcess, temporaryFolder } from "./hub-process.ts";
import { modelOffice } from "./test-office.ts";

/** A request that could not be taken is repeated after so long, in milliseconds. */
const repeatMs = 100;

/** One of each role; the password of all is `demo`. */
export const accounts = [
  { name: "terminal-1", role: "terminal" },
  { name: "board-1", role: "board" },
  { name: "desk-1", role: "desk", desks: ["1"] },
  { name: "admin-1", role: "admin" },
] as const satisfies readonly TestAccount[];

export type User = (typeof accounts)[number]["name"];

/**
 * The model office, always open unless told otherwise, with the real hub in a process of its own and a broker of either
 * kind. The broker keeps its place when it or the hub comes back.
 */
export interface OfficeProcess {
  readonly url: string;
  /** Where the hub keeps its file and its mails. */
  readonly data: string;
  /** The hub that was started last. */
  readonly hub: HubProcess;
  /** The broker, where it is not in the hub. */
  readonly broker: TestBroker | undefined;
  startHub(environment?: Record<string, string>, changes?: object): Promise<HubProcess>;
  startBroker(): Promise<void>;
  /** A connection of this user; resolves when it is up. Subscriptions are made in `prepare`. */
  connect(user: User, prepare?: (session: Session) => void): Promise<Session>;
  close(): Promise<void>;
}

export interface OfficeProcessSetup {
  config?: object;
  environment?: Record<string, string>;
  /** Whether the hub writes the accounts of a Mosquitto, and has it read them. */
  changesAccounts?: boolean;
}

export async function openOfficeProcess(
  kind: BrokerKind,
  { config = {}, environment, changesAccounts = false }: OfficeProcessSetup = {},
): Promise<OfficeProcess> {
  const folder = temporaryFolder();
  const passwordHash = await hashPassword("demo");
  const users = accounts.map((account) => ({ ...account, passwordHash }));
  const port = await freePort();
  const url = `mqtt://127.0.0.1:${port}`;
  let hubPassword: string | undefined;
  let hub: HubProcess | undefined;
  const sessions: Session[] = [];

  const office = {
    url,
    data: join(folder, "data"),
    broker: undefined as TestBroker | undefined,
    get hub() {
      if (!hub) throw new Error("the hub was not started");
      return hub;
    },
    async startBroker() {
      const discovery = "homeAssistant" in config ? ["homeassistant"] : [];
      office.broker = await startBroker(kind, accounts, { port, discovery, ...(hubPassword ? { hubPassword } : {}) });
      hubPassword = office.broker.hubPassword;
    },
    async startHub(own = environment ?? {}, changes = {}) {
      const { broker } = office;
      const reload = ["kill", "-HUP", String(broker?.pid)];
      const accountFiles = changesAccounts ? { accounts: { folder: broker?.folder, reload } } : {};
      const mqtt = broker
        ? { broker: "external", url, password: broker.hubPassword, ...accountFiles }
        : { broker: "embedded", port };
      const whole = { ...modelOffice, openingHours: "24/7", users, ...config, ...changes, mqtt };
      hub = await startHubProcess({ config: whole, environment: own, folder });
      return hub;
    },
    async connect(user: User, prepare: (session: Session) => void = () => {}) {
      const session = createSession({ url, user, password: "demo", site: testSite, daemon: false });
      sessions.push(session);
      let isUp = false;
      session.onLink(({ up }) => {
        isUp = up;
      });
      prepare(session);
      session.start();
      await until(`${user} is connected`, () => isUp, 20_000);
      return session;
    },
    async close() {
      for (const session of sessions) await session.stop();
      await hub?.stop();
      await office.broker?.stop();
    },
  };
  if (kind === "mosquitto") await office.startBroker();
  await office.startHub();
  return office;
}

/** The result of a request, which is repeated while the hub cannot take it; throws at anything but a success. */
export async function ask<V extends Verb>(
  session: Session,
  verb: V,
  args: Arguments<V>,
  options: RequestOptions = {},
): Promise<Result<V>> {
  const id = options.id ?? makeId(Date.now());
  const answer = await session.request(verb, args, { ...options, id });
  if (answer.state === "refused" && answer.error.code === "unavailable") {
    await new Promise((resolve) => setTimeout(resolve, repeatMs));
    return ask(session, verb, args, { ...options, id });
  }
  if (answer.state !== "done") throw new Error(`${verb}: ${JSON.stringify(answer)}`);
  return answer.result;
}
