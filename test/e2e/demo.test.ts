// time limit: 480 s
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { paperTray } from "../../deploy/demo/paper.ts";
import { startProcess } from "../../deploy/demo/process.ts";
import type { Session } from "../../protocol/session.ts";
import { createSession } from "../../protocol/session.ts";
import { freePort } from "../brokers.ts";
import { decodeEscpos } from "../emulators/escpos-decoder.ts";
import type { Paper } from "../emulators/escpos-paper.ts";
import { until } from "../until.ts";

const root = join(import.meta.dirname, "../..");
/** Ctrl-C ends the office within this, in milliseconds. */
const stopMaxMs = 2_000;

interface Demo {
  folder: string;
  ports: { mqtt: number; http: number; screen: number; board: number };
  process: ChildProcess;
  said(): string;
  /** As Ctrl-C does; resolves with the exit code and the milliseconds it took. */
  interrupt(signal?: NodeJS.Signals): Promise<{ code: number | null; ms: number }>;
}

/** What `npm start` runs, after the installation; it is only beginning to start. */
async function beginDemo(folder: string, further: Record<string, string> = {}): Promise<Demo> {
  const [mqtt, http, screen, board] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const child = spawn(process.execPath, [join(root, "deploy/demo/main.ts")], {
    env: {
      ...process.env,
      WARTEMARKE_DATA: folder,
      WARTEMARKE_MQTT_PORT: String(mqtt),
      WARTEMARKE_HTTP_PORT: String(http),
      WARTEMARKE_SCREEN_PORT: String(screen),
      WARTEMARKE_BOARD_PORT: String(board),
      ...further,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (said += part));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    folder,
    ports: { mqtt, http, screen, board },
    process: child,
    said: () => said,
    async interrupt(signal = "SIGINT") {
      const begin = Date.now();
      child.kill(signal);
      return { code: await ended, ms: Date.now() - begin };
    },
  };
}

/** What a busy machine may take until all is started, in milliseconds. */
const startMaxMs = 60_000;

async function startDemo(folder: string, further: Record<string, string> = {}): Promise<Demo> {
  const demo = await beginDemo(folder, further);
  const isOver = () => demo.said().includes("ready") || demo.process.exitCode !== null;
  await until("the office is ready, or has ended", isOver, startMaxMs);
  return demo;
}

const ask = (demo: Demo): Session => {
  const url = `mqtt://127.0.0.1:${demo.ports.mqtt}`;
  const session = createSession({ url, user: "visitor-tools", password: "demo", site: "demo", daemon: false });
  session.start();
  return session;
};

/** A finger on the first service of the terminal's screen, as its page sends it; returns the bytes of the ticket. */
async function takeTicket(demo: Demo, name: string, patienceMs = 15_000): Promise<Buffer> {
  const touch = await fetch(`http://127.0.0.1:${demo.ports.screen}/touch`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: `touch-${Math.random()}`, do: "choose", service: "id-card" }),
  });
  assert.ok(touch.ok, `the touch was taken: ${touch.status}`);
  const file = join(demo.folder, "paper", name);
  await until(`${name}.png is there`, () => existsSync(`${file}.png`), patienceMs);
  assert.equal([...readFileSync(`${file}.png`).subarray(1, 4)], [0x50, 0x4e, 0x47], "a PNG");
  return readFileSync(`${file}.bin`);
}

/** Processes whose command line names this folder. */
const leftOver = (folder: string, columns = "args") =>
  execFileSync("ps", ["-ww", "-eo", columns], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(folder));

test("the demo office: a ticket on paper, pages, desks open; stopped and started again it goes on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-demo-"));
  const first = await startDemo(folder);
  assert.is(
    first
      .said()
      .split("\n")
      .filter((line) => line.includes("ready")).length,
    1,
    first.said(),
  );
  for (const part of ["screen", "board"] as const) assert.match(first.said(), `http://127.0.0.1:${first.ports[part]}/`);
  for (const path of ["", "desk/1", "desk/2"]) {
    assert.is((await fetch(`http://127.0.0.1:${first.ports.http}/${path}`)).status, 200, path);
  }
  const bytes = await takeTicket(first, "A001-1");
  assert.ok(decodeEscpos(bytes)[0]?.lines.includes("A001"));
  const session = ask(first);
  const called = await session.request("call.next", { desk: "2" });
  assert.is(called.state === "done" && called.result.ticket?.number, "A001");
  await session.stop();
  const stopped = await first.interrupt();
  assert.is(stopped.code, 0);
  assert.ok(stopped.ms <= stopMaxMs, `${stopped.ms} ms`);
  assert.equal(leftOver(folder), []);

  const second = await startDemo(folder);
  const again = ask(second);
  const desk = await again.request("desk.open", { desk: "2" });
  assert.is(desk.state === "done" && desk.result.desk.number, "A001", "the visitor is still at desk 2");
  await takeTicket(second, "A002-1");
  await again.stop();
  await second.interrupt();
  assert.equal(readdirSync(join(folder, "paper")).sort(), ["A001-1.bin", "A001-1.png", "A002-1.bin", "A002-1.png"]);
  rmSync(folder, { recursive: true });
});

test("the hub is killed and comes back: nobody has lost a number, and the next one is another", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-demo-"));
  const demo = await startDemo(folder);
  await takeTicket(demo, "A001-1");
  const [line] = leftOver(folder, "pid,args").filter((text) => text.includes("hub/main.ts"));
  process.kill(Number(line?.trim().split(" ")[0]), "SIGKILL");
  await until("it is said", () => demo.said().includes("hub ended (SIGKILL) and is started again"));
  const session = ask(demo);
  const look = async () => {
    const answer = await session.request("ticket.show", { number: "A001" });
    return answer.state === "done" && answer.result.ticket;
  };
  const shown = await until("the hub answers", look, startMaxMs);
  assert.equal([shown.state, shown.paper], ["waiting", "printed"]);
  await session.stop();
  await until(
    "the terminal gives numbers again",
    () =>
      takeTicket(demo, "A002-1", 2_000).then(
        () => true,
        () => false,
      ),
    30_000,
  );
  await demo.interrupt();
  assert.equal(leftOver(folder), []);
  rmSync(folder, { recursive: true });
});

test("two offices side by side; a port that is taken and a wrong setting are told clearly", async () => {
  const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), "wartemarke-demo-")));
  const [one, two] = await Promise.all(folders.map((folder) => startDemo(folder)));
  assert.ok(one && two);
  await Promise.all([takeTicket(one, "A001-1"), takeTicket(two, "A001-1")]);
  await Promise.all([one.interrupt(), two.interrupt()]);

  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(0, "127.0.0.1", resolve));
  const address = squatter.address();
  const port = String(typeof address === "object" ? address?.port : "");
  const folder = folders[0] ?? "";
  const untouched = join(folder, "untouched");
  for (const part of ["MQTT", "HTTP", "SCREEN", "BOARD"]) {
    const variable = `WARTEMARKE_${part}_PORT`;
    const refused = await startDemo(untouched, { [variable]: port });
    assert.is((await refused.interrupt()).code, 1, variable);
    assert.match(
      refused.said(),
      new RegExp(`^wartemarke: ${variable} .*port ${port} is in use by another program.*\n$`),
    );
    assert.not(existsSync(untouched), "nothing was started");
  }
  const same = String(one.ports.http);
  const twice = await startDemo(untouched, { WARTEMARKE_HTTP_PORT: same, WARTEMARKE_BOARD_PORT: same });
  assert.is((await twice.interrupt()).code, 1);
  assert.match(twice.said(), new RegExp(`WARTEMARKE_BOARD_PORT .*port ${same} is that of WARTEMARKE_HTTP_PORT`));
  const wrong = await startDemo(folder, { WARTEMARKE_MQTT_PORT: "many" });
  assert.is((await wrong.interrupt()).code, 78);
  assert.match(wrong.said(), /WARTEMARKE_MQTT_PORT/);
  squatter.close();
  for (const each of folders) {
    assert.equal(leftOver(each), []);
    rmSync(each, { recursive: true });
  }
});

test("Ctrl-C at any moment of the start ends it, and leaves nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-demo-"));
  const begin = Date.now();
  const whole = await startDemo(folder);
  const startMs = Date.now() - begin;
  await whole.interrupt();
  const moments = 8;
  for (let n = 0; n < moments; n += 1) {
    const wait = Math.round(((n + Math.random()) / moments) * startMs);
    const demo = await beginDemo(folder);
    await new Promise((resolve) => setTimeout(resolve, wait));
    const signal = n % 2 === 0 ? "SIGINT" : "SIGTERM";
    const { code, ms } = await demo.interrupt(signal);
    const when = `${signal} ${wait} ms after the start: ${demo.said()}`;
    // Before the demo listens for signals, and has started anything, one ends it as it ends every program.
    assert.ok(code === 0 || demo.process.signalCode === signal, `exit code ${code}, ${when}`);
    assert.ok(ms <= stopMaxMs, `${ms} ms, ${when}`);
    assert.equal(leftOver(folder), [], when);
  }
  rmSync(folder, { recursive: true });
});

test("settings: a file that is no JSON is named", () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-settings-"));
  cpSync(join(root, "deploy/demo"), folder, { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "demo.json"), "{ broken");
  const program = `import { demoSettings } from ${JSON.stringify(join(folder, "settings.ts"))}; demoSettings(process.env);`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  assert.match(stderr, /Error: deploy\/demo\/demo\.json: .*JSON/);
  rmSync(folder, { recursive: true });
});

test("paper that cannot be kept is told, and the next piece is kept", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-paper-"));
  const printed: string[] = [];
  const failed: string[] = [];
  const tray = paperTray(
    folder,
    (file) => printed.push(file),
    (error) => failed.push(error.message),
  );
  // A folder where the picture belongs.
  mkdirSync(join(folder, "paper-1.png"));
  const paper = { bytes: Buffer.from("x"), lines: [] } as unknown as Paper;
  tray(paper);
  await until("the failure is told", () => failed.length === 1);
  assert.match(failed[0] ?? "", /EISDIR.*paper-1\.png/);
  tray(paper);
  await until("the next is printed", () => printed.length === 1);
  assert.is(printed[0], join(folder, "paper-2.png"));
  rmSync(folder, { recursive: true });
});

test("a process whose log cannot be written goes on without it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-process-"));
  mkdirSync(join(folder, "log", "hub.log"), { recursive: true });
  const config = join(folder, "missing.json");
  const setup = { name: "hub", program: "hub/main.ts", config, folder, level: "info", restarted() {} };
  const error = await startProcess(setup).ready.catch((reason: Error) => reason);
  assert.match(String(error), /hub ended: .*missing\.json/);
  rmSync(folder, { recursive: true });
});

test.run();
