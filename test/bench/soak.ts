import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../brokers.ts";
import { until } from "../until.ts";
import { connectDesk, connectTerminals } from "./load.ts";
import { boardUser, desk, services, terminalUsers } from "./office.ts";
import { rssMiBOf, startDaemon, startHub } from "./servers.ts";

/**
 * `npm run soak:processes`: the hub and the daemons of a board and a terminal as they are shipped, each in its process, under
 * as many requests as they answer; what a process holds must not go on growing. Tickets are few, as the day's are kept in
 * memory by design; what is repeated leaves nothing that anybody needs later.
 */
const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });

const sampleMs = 1_000;
/** Compilers and caches warm up in the first third; of the rest, the first and the last third are compared. */
const warmUpShare = 1 / 3;
/** A process may hold so much more at the end, in MiB: garbage that is not yet collected comes and goes by as much. */
const grownMiBMax = 32;
const tickets = 100;
/** Touches of the terminal's page per second. */
const touchesPerSecond = 50;

interface Sample {
  rssMiB: number;
  files: number;
}

const folder = mkdtempSync(join(tmpdir(), "wartemarke-soak-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const hub = await startHub("embedded", 2, join(folder, "hub"));
const [boardPort, screenPort] = [await freePort(), await freePort()];
const board = { board: { group: "all", screen: { port: boardPort } } };
const terminal = { terminal: { screen: { port: screenPort } } };
const daemons = [
  startDaemon(hub, boardUser, join(folder, "board"), board),
  startDaemon(hub, terminalUsers(2)[1] ?? "", join(folder, "terminal"), terminal),
];
const pids = { hub: hub.pid, board: daemons[0]?.pid ?? 0, terminal: daemons[1]?.pid ?? 0 };
for (const port of [boardPort, screenPort]) {
  await until("the daemons serve their pages", () => fetch(`http://127.0.0.1:${port}/`).catch(() => undefined), 60_000);
}

const staff = await connectDesk(hub);
const [issuer] = await connectTerminals(hub, 1);
if (!issuer) throw new Error("no terminal is connected");
for (let turn = 0; turn < tickets; turn += 1) await issuer.ask("ticket.issue", { service: services[turn % 3] });
await staff.ask("desk.open", { desk });
const { result } = JSON.parse(String(await staff.ask("call.next", { desk }))) as {
  result?: { ticket: { id: string } };
};
if (!result) throw new Error("nobody was called");

const endsAt = performance.now() + Number(values.seconds) * 1_000;
const samples: Record<keyof typeof pids, Sample[]> = { hub: [], board: [], terminal: [] };
const names = Object.keys(pids) as (keyof typeof pids)[];
const sampling = setInterval(() => {
  for (const name of names) {
    const files = readdirSync(`/proc/${pids[name]}/fd`).length;
    samples[name].push({ rssMiB: rssMiBOf(pids[name]), files });
  }
}, sampleMs);
let requests = 0;
let touches = 0;
async function call(): Promise<void> {
  for (; performance.now() < endsAt; requests += 2) {
    await staff.ask("call.again", { desk, ticket: result?.ticket.id });
    await staff.ask("queue.list", {});
    staff.received.length = 0;
  }
}
async function refuse(): Promise<void> {
  for (; performance.now() < endsAt; requests += 1) {
    await issuer?.ask("ticket.issue", { service: "no-such-service" });
    if (issuer) issuer.received.length = 0;
  }
}
async function touch(): Promise<void> {
  const headers = { "content-type": "application/json" };
  for (; performance.now() < endsAt; touches += 1) {
    const body = JSON.stringify({ id: `t-${touches}`, do: "large", on: touches % 2 === 0 });
    const answer = await fetch(`http://127.0.0.1:${screenPort}/touch`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`a touch was answered with ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000 / touchesPerSecond));
  }
}
await Promise.all([call(), refuse(), touch()]);
clearInterval(sampling);

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
console.log(`${requests} requests, ${touches} touches in ${values.seconds} s`);
for (const name of names) {
  const warm = samples[name].slice(Math.floor(samples[name].length * warmUpShare));
  const third = Math.ceil(warm.length / 3);
  const [early, late] = [warm.slice(0, third), warm.slice(-third)];
  const rss = [early, late].map((some) => median(some.map(({ rssMiB }) => rssMiB)));
  const files = [early, late].map((some) => median(some.map((one) => one.files)));
  const [before = 0, after = 0] = rss;
  const isFlat = after - before <= grownMiBMax && files[0] === files[1];
  console.log(`${name}: ${before.toFixed(0)} MiB, then ${after.toFixed(0)} MiB; open files ${files.join(", then ")}`);
  if (!isFlat) {
    console.log(`GROWN: ${name}`);
    process.exitCode = 1;
  }
}
await Promise.all([staff.close(), issuer.close()]);
const ended = daemons.map((daemon) => new Promise((resolve) => daemon.once("close", resolve)));
for (const daemon of daemons) daemon.kill("SIGTERM");
await Promise.all(ended);
await hub.stop();
