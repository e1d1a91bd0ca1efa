// time limit: 180 s
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hashPassword } from "../../hub/accounts.ts";
import { createSession } from "../../protocol/session.ts";
import { freePort } from "../brokers.ts";
import { startHubProcess, temporaryFolder } from "../hub/hub-process.ts";
import { modelOffice } from "../hub/test-office.ts";
import { until } from "../until.ts";
import { addressOf, openPostOffice } from "./post-office.ts";

const test = suite("mail kill");
const hourMs = 3_600_000;
/** A hub has so long to start and to send what it has, in milliseconds. */
const patienceMs = 30_000;

const visitors = ["anna", "berta", "clara"].map((name) => ({ name, email: `${name}@example.org` }));

/** Where the hub is hit while it delivers the first of three mails. */
type Moment =
  | "while it waits for the server"
  | "before DATA"
  | "in DATA"
  | "after 250, before its commit"
  | "after its commit";

/** Books three appointments, kills the hub at that moment, starts it again, and gives all that the server took. */
async function killedAt(moment: Moment) {
  const folder = temporaryFolder();
  const server = await openPostOffice();
  const port = await freePort();
  const config = {
    ...modelOffice,
    openingHours: "24/7",
    appointments: { desks: 20 },
    users: [{ name: "admin-1", role: "admin", passwordHash: await hashPassword("demo") }],
    mqtt: { broker: "embedded", port },
    http: { port: 0, publicUrl: "https://termine.example" },
    data: join(folder, "data"),
    mail: { from: "office@example.org", smtp: { host: "127.0.0.1", port: server.port } },
  };
  const path = join(folder, "dying.json");
  writeFileSync(path, JSON.stringify(config));
  const when = { "after 250, before its commit": "before", "after its commit": "after" }[moment as string] ?? "never";
  const child = spawn(process.execPath, [join(import.meta.dirname, "hub-that-dies.ts"), when, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = new Promise<string | null>((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  const kill = () => {
    child.kill("SIGKILL");
    return new Promise<void>(() => {});
  };
  let booked = () => {};
  const allBooked = new Promise<void>((resolve) => {
    booked = resolve;
  });
  // Nothing is taken before all three are booked, and acknowledged.
  server.before.connect = async () => {
    await allBooked;
    if (moment === "while it waits for the server") await kill();
  };
  if (moment === "before DATA") server.before.recipient = kill;
  if (moment === "in DATA") server.before.data = kill;
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (text) => String(text).includes("up") && resolve());
    void gone.then(() => reject(new Error("the hub did not start")));
  });

  const session = createSession({
    url: `mqtt://127.0.0.1:${port}`,
    user: "admin-1",
    password: "demo",
    site: modelOffice.site,
    daemon: false,
  });
  session.start();
  // At full hours, two days ahead at least.
  const first = Math.ceil(Date.now() / hourMs) * hourMs + 48 * hourMs;
  for (const [index, visitor] of visitors.entries()) {
    const answer = await session.request("appointment.book", {
      services: ["id-card"],
      at: new Date(first + index * hourMs).toISOString(),
      person: { ...visitor, phone: "02362 1234", birthdates: ["1984-03-09"] },
    });
    assert.is(answer.state, "done", JSON.stringify(answer));
  }
  await session.stop();
  booked();
  assert.is(await gone, "SIGKILL");
  const before = server.raw.length;
  for (const point of ["connect", "recipient", "data"] as const) delete server.before[point];

  const hub = await startHubProcess({ config: { ...config, mqtt: { broker: "embedded", port } }, folder });
  try {
    await until("all have arrived", () => new Set(server.taken.map(addressOf)).size === visitors.length, patienceMs);
    const file = new Database(join(folder, "data", "hub.sqlite"), { readonly: true });
    await until("the spool is empty", () => file.prepare("SELECT 1 FROM mail").all().length === 0, patienceMs);
    file.close();
  } finally {
    await hub.stop();
    await server.stop();
  }
  return { server, before };
}

for (const [moment, copies] of [
  ["while it waits for the server", 1],
  ["before DATA", 1],
  ["in DATA", 1],
  ["after its commit", 1],
  ["after 250, before its commit", 2],
] as [Moment, number][]) {
  test(`killed ${moment}: every mail arrives, the first one ${copies === 1 ? "once" : "twice, as the same mail"}`, async () => {
    const { server, before } = await killedAt(moment);
    const received = visitors.map(({ email }) => server.taken.filter((mail) => addressOf(mail) === email));
    assert.equal(
      received.map((mails) => mails.length),
      [copies, 1, 1],
    );
    assert.is(before, moment.startsWith("after") ? 1 : 0, "what had arrived before the restart");
    for (const mails of received) assert.is(new Set(mails.map(({ messageId }) => messageId)).size, 1);
    assert.is(new Set(server.taken.map(({ messageId }) => messageId)).size, visitors.length);
    const same = new Set(server.raw.map(String));
    assert.is(same.size, visitors.length, "a second copy is the same to the byte");
  });
}

test.run();
