// time limit: 300 s
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseConfig } from "../../hub/config.ts";
import { verbs } from "../../protocol/requests.ts";
import type { BrokerKind, TestAccount } from "../brokers.ts";
import { startBroker } from "../brokers.ts";
import { need } from "../needs.ts";
import { noonZone } from "../noon-zone.ts";
import { until } from "../until.ts";
import { runHub } from "./running-hub.ts";

// Runs the shell lines of the documents as they stand there. A block is marked behind its language: for which broker it
// is, and `window` where it goes on in a window of its own. A request is answered well, or as `# refused: <code>` says. A
// line `name=…` sets a variable of the shell for the lines behind it.

const root = join(import.meta.dirname, "../..");
const demo = JSON.parse(readFileSync(join(root, "deploy/demo/hub.json"), "utf8"));
const clients = ["mosquitto_pub", "mosquitto_sub", "mosquitto_rr"];

const brokerKinds: readonly BrokerKind[] = ["embedded", "mosquitto"];

interface Block {
  broker: BrokerKind;
  isWindow: boolean;
  lines: string[];
}

function blocksOf(path: string): Block[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^```sh (embedded|mosquitto)( window)?\n((?:.*\n)*?)^```$/gm)].map(
    ([, broker, window, lines]) => ({
      broker: broker as BrokerKind,
      isWindow: window !== undefined,
      lines: (lines ?? "").trim().split("\n"),
    }),
  );
}

const timeZone = noonZone();

/** A shell whose tools find this port by themselves: Mosquitto's from files, ours from the environment. */
function shellFor(port: number) {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-shell-"));
  mkdirSync(join(folder, "config"));
  for (const client of clients) writeFileSync(join(folder, "config", client), `-p ${port}\n`);
  const env = {
    ...process.env,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
    TZ: timeZone,
    WARTEMARKE_MQTT_PORT: String(port),
  };
  const variables: Record<string, string> = {};
  const start = (line: string, exec = `exec ${line}`) => {
    const child = spawn("bash", ["-c", exec], {
      env: { ...env, ...variables },
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { out: "", err: "" };
    child.stdout.on("data", (part) => (said.out += part));
    child.stderr.on("data", (part) => (said.err += part));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    return { child, said, ended };
  };
  const assign = async (name: string, line: string) => {
    const { said, ended } = start(line, `set -o pipefail; ${line} && printf %s "$${name}"`);
    assert.is(await ended, 0, `${line}: ${said.err}`);
    assert.match(said.out, /^[\w:-]+$/, `${line} sets ${name}`);
    variables[name] = said.out;
  };
  return { start, assign, remove: () => rmSync(folder, { recursive: true }) };
}

type Reply = { id: string; ok: boolean; error?: { code: string } };

function judge(line: string, reply: Reply): void {
  const [, refused] = /# refused: ([a-z-]+)$/.exec(line) ?? [];
  assert.is(reply.ok ? "done" : reply.error?.code, refused ?? "done", line);
}

/** What a window opened with `-v` shows of answers: a topic, a blank and the payload in each line. */
function answerIn(shown: string, client: string, id: string): Reply | undefined {
  const replies = shown.split("\n").flatMap((line) => {
    const [, user, payload = ""] = /client\/([^/]+)\/reply (\{.*\})$/.exec(line) ?? [];
    return user === client ? [JSON.parse(payload) as Reply] : [];
  });
  return replies.findLast((reply) => reply.id === id);
}

async function runBlocks(blocks: Block[], port: number): Promise<void> {
  const shell = shellFor(port);
  const windows: { child: ChildProcess; said: { out: string }; ended: Promise<unknown> }[] = [];
  /** What the windows show behind the given places, one for each window. */
  const shown = (behind: number[]) => windows.map(({ said }, at) => said.out.slice(behind[at])).join("\n");
  try {
    for (const { isWindow, lines } of blocks) {
      for (const line of lines) {
        const [, variable] = /^(\w+)=/.exec(line) ?? [];
        if (variable !== undefined) {
          await shell.assign(variable, line);
          continue;
        }
        const run = shell.start(line);
        if (isWindow) {
          windows.push(run);
          await until(`${line} shows the hub`, () => run.said.out.includes("/hub {"));
          continue;
        }
        const [, client, id] = /client\/([^/]+)\/request\/.*"id\\?":\\?"([^"\\]+)/.exec(line) ?? [];
        const before = windows.map(({ said }) => said.out.length);
        assert.is(await run.ended, 0, `${line}: ${run.said.err}`);
        if (line.startsWith("mosquitto_rr")) judge(line, JSON.parse(run.said.out));
        else if (client && id) judge(line, await until(line, () => answerIn(shown(before), client, id)));
        // What a device says of itself has no answer.
        else if (line.startsWith("mosquitto_pub")) assert.match(line, "/status ");
        else if (line.startsWith("mosquitto_")) {
          assert.ok(run.said.out.trim().split("\n").every((message) => message.includes("{")), line); // biome-ignore format: one thought
        } else assert.is.not(run.said.out, "", line);
      }
    }
  } finally {
    for (const { child } of windows) child.kill();
    await Promise.all(windows.map(({ ended }) => ended));
    shell.remove();
  }
}

const documents = ["deploy/docs/mqtt.md", "README.md"].filter((path) => existsSync(join(root, path)));

if (need("mosquitto")) {
  test("each verb, those for administrators among them, is shown at least once, and so are both brokers", () => {
    const blocks = blocksOf("deploy/docs/mqtt.md");
    const lines = blocks.flatMap(({ lines }) => lines);
    for (const verb of Object.keys(verbs))
      assert.ok(
        lines.some((line) => line.includes(`/request/${verb} `)),
        verb,
      );
    for (const kind of brokerKinds)
      assert.ok(
        blocks.some(({ broker }) => broker === kind),
        kind,
      );
  });

  for (const document of documents) {
    test(`the lines of ${document} for the embedded broker do what they say`, async () => {
      const hub = await runHub({ config: { timeZone } });
      try {
        await runBlocks(
          blocksOf(document).filter(({ broker }) => broker === "embedded"),
          hub.mqttPort,
        );
      } finally {
        await hub.stop();
      }
    });

    test(`the lines of ${document} do what they say on Mosquitto, those for the embedded broker included`, async () => {
      const parsed = parseConfig(demo);
      if (!parsed.ok) throw new Error(parsed.message);
      const accounts: TestAccount[] = parsed.config.users;
      const broker = await startBroker("mosquitto", accounts, { site: "demo" });
      const accountFiles = { folder: broker.folder, reload: ["kill", "-HUP", String(broker.pid)] };
      const mqtt = { broker: "external", url: broker.url, password: broker.hubPassword, accounts: accountFiles };
      try {
        for (const kind of brokerKinds) {
          const hub = await runHub({ config: { mqtt, timeZone } });
          try {
            await runBlocks(
              blocksOf(document).filter((block) => block.broker === kind),
              broker.port,
            );
          } finally {
            await hub.stop();
          }
        }
      } finally {
        await broker.stop();
      }
    });
  }
}
test.run();
