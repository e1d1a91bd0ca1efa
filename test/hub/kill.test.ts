// time limit: 600 s
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hashPassword } from "../../hub/accounts.ts";
import { makeId } from "../../protocol/ids.ts";
import type { Ticket } from "../../protocol/messages.ts";
import type { Session } from "../../protocol/session.ts";
import { createSession } from "../../protocol/session.ts";
import type { Payload } from "../../protocol/topics.ts";
import type { BrokerKind } from "../brokers.ts";
import { freePort, startBroker } from "../brokers.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { modelOffice } from "./test-office.ts";

const clientsCount = 32;
const kills = 20;

/** A visitor machine that asks for one ticket after the other, each request twice, and again whenever it reconnects. */
interface Asker {
  session: Session;
  /** The request that has no answer yet. */
  pending: string | undefined;
  /** What was acknowledged: the request's id and its ticket's number. */
  got: Map<string, string>;
  /** Replies that said something else than an earlier one to the same request. */
  contradictions: string[];
  go: boolean;
}

function createAsker(index: number, url: string): Asker {
  const user = `terminal-${index}`;
  const session = createSession({ url, user, password: "demo", site: "test", daemon: true });
  const asker: Asker = { session, pending: undefined, got: new Map(), contradictions: [], go: true };
  const { id: service } = modelOffice.services[index % modelOffice.services.length] ?? { id: "" };
  const send = () => {
    const { pending: id } = asker;
    if (id === undefined) return;
    const request = { id, service } as Payload<"request">;
    for (let copy = 0; copy < 2; copy += 1) {
      void session.publish("request", { client: user, verb: "ticket.issue" }, request);
    }
  };
  const next = () => {
    asker.pending = asker.go ? makeId(Date.now()) : undefined;
    send();
  };
  session.subscribe("reply", { client: user }, (reply) => {
    if (reply.id === null) return;
    const number = reply.ok ? (reply.result.ticket as Ticket).number : reply.error.code;
    const before = asker.got.get(reply.id);
    if (before !== undefined && before !== number) asker.contradictions.push(`${reply.id}: ${before}, ${number}`);
    asker.got.set(reply.id, number);
    if (reply.id === asker.pending) next();
  });
  // Whoever asked while the hub was away asks again when it says that it is back, or when the connection is.
  const goOn = () => {
    if (asker.pending === undefined) next();
    else send();
  };
  session.onLink(({ up }) => {
    if (up) goOn();
  });
  session.subscribe("hub", {}, ({ state }) => {
    if (state === "online") goOn();
  });
  return asker;
}

async function killedTwentyTimes(kind: BrokerKind): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-kill-"));
  const accounts = Array.from({ length: clientsCount }, (_, n) => ({
    name: `terminal-${n}`,
    role: "terminal" as const,
  }));
  const apart = kind === "mosquitto" ? await startBroker(kind, accounts) : undefined;
  const port = await freePort();
  const passwordHash = await hashPassword("demo");
  const config = {
    ...modelOffice,
    openingHours: "24/7",
    numberDigits: 6,
    data: join(folder, "data"),
    http: { port: 0 },
    users: accounts.map((account) => ({ ...account, passwordHash })),
    mqtt: apart ? { broker: "external", url: apart.url, password: apart.hubPassword } : { broker: "embedded", port },
  };
  writeFileSync(join(folder, "hub.json"), JSON.stringify(config));
  const askers = accounts.map((_, n) => createAsker(n, apart?.url ?? `mqtt://127.0.0.1:${port}`));

  let hub: ChildProcess | undefined;
  const start = async () => {
    const process_ = spawn(
      process.execPath,
      [join(import.meta.dirname, "hub-that-dies.ts"), join(folder, "hub.json")],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    hub = process_;
    const gone = new Promise<void>((resolve) => process_.once("exit", () => resolve()));
    await Promise.race([
      gone,
      new Promise<void>((resolve) => process_.stdout?.on("data", (text) => String(text).includes("up") && resolve())),
    ]);
    return { gone };
  };

  /** Requests whose effect is in the file although nobody had the reply when the hub died. */
  const committedUnanswered = () => {
    const file = new Database(join(folder, "data", "hub.sqlite"), { readonly: true });
    const stored = file.prepare("SELECT 1 FROM reply WHERE client = ? AND id = ?");
    const count = askers.filter(({ session, pending }) => pending && stored.get(session.user, pending)).length;
    file.close();
    return count;
  };

  let between = 0;
  for (const asker of askers) asker.session.start();
  for (let kill = 0; kill < kills; kill += 1) {
    const { gone } = await start();
    const answered = askers.map(({ got }) => got.size);
    await until("all are being served", () => askers.every(({ got }, n) => got.size > (answered[n] ?? 0)), 30_000);
    // Every other time the hub dies by itself between a commit and its replies, else whenever it happens to be hit.
    if (kill % 2 === 0) hub?.kill("SIGUSR2");
    else setTimeout(() => hub?.kill("SIGKILL"), Math.random() * 300);
    await gone;
    await until("every reply that was on its way has come", async () => {
      const before = askers.map(({ got }) => got.size).join();
      await new Promise((resolve) => setTimeout(resolve, 20));
      return before === askers.map(({ got }) => got.size).join();
    });
    if (committedUnanswered() > 0) between += 1;
  }

  await start();
  for (const asker of askers) asker.go = false;
  await until("every request is answered", () => askers.every(({ pending, got }) => !pending && got.size > 0), 60_000);
  for (const asker of askers) await asker.session.stop();
  const ended = new Promise((resolve) => hub?.once("exit", resolve));
  hub?.kill("SIGKILL");
  await ended;
  await apart?.stop();

  const file = new Database(join(folder, "data", "hub.sqlite"), { readonly: true });
  const numbers = (file.prepare("SELECT id FROM ticket").all() as { id: string }[]).map(
    ({ id }) => id.split("/")[1] ?? "",
  );
  const requests = (file.prepare("SELECT count(*) AS n FROM reply").get() as { n: number }).n;
  const sequence = file.prepare("SELECT max(seq) AS last, count(*) AS n FROM event").get() as {
    last: number;
    n: number;
  };
  file.close();
  rmSync(folder, { recursive: true });

  const acknowledged = askers.flatMap(({ got }) => [...got.values()]);
  console.log(`${kind}: ${kills} kills, ${between} of them between commit and reply; ${acknowledged.length} tickets`);
  assert.equal(
    askers.flatMap(({ contradictions }) => contradictions),
    [],
    "a repeat got another answer",
  );
  assert.is(new Set(acknowledged).size, acknowledged.length, "a number was given twice");
  assert.is(new Set(numbers).size, numbers.length, "a number is stored twice");
  const stored = new Set(numbers);
  assert.equal(
    acknowledged.filter((number) => !stored.has(number)),
    [],
    "an acknowledged ticket is lost",
  );
  assert.is(numbers.length, requests, "one request, one ticket");
  assert.is(numbers.length, acknowledged.length, "in the end every request was answered");
  for (const { letter } of modelOffice.services) {
    const series = numbers.filter((number) => number.startsWith(letter)).map((number) => Number(number.slice(1)));
    assert.is(Math.max(...series), series.length, `series ${letter} has a gap`);
  }
  assert.is(sequence.last, sequence.n, "the record of events has a gap");
  assert.ok(between >= kills / 2, `only ${between} kills between commit and reply`);
}

if (need("mosquitto")) {
  test("killed 20 times with the broker inside: no ticket lost, none twice", () => killedTwentyTimes("embedded"));
  test("killed 20 times with the broker apart: no ticket lost, none twice", () => killedTwentyTimes("mosquitto"));
  test.run();
}
