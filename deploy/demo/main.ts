import { accessSync, constants, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { readKeys } from "./keys.ts";
import { checkPorts } from "./listen.ts";
import type { HubFile, Office } from "./office.ts";
import { demoPassword, startOffice } from "./office.ts";
import { paperTray } from "./paper.ts";
import { demoSettings, readBeside } from "./settings.ts";

/** The demo office: see README.md. Ends with Ctrl-C. */
const say = (text: string) => process.stdout.write(`${text}\n`);

function fail(error: unknown, code: number): never {
  process.stderr.write(`wartemarke: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(code);
}

let settings: ReturnType<typeof demoSettings>;
let hub: HubFile;
try {
  settings = demoSettings(process.env);
  hub = readBeside(settings.office) as HubFile;
} catch (error) {
  fail(error, 78);
}
const paperFolder = join(settings.data, "paper");
const here = (path: string) => relative(process.cwd(), path) || ".";

/** Not recursive: Node's own way of making several folders never ends where the system lets none be made (/proc). */
function makeDataFolder(): void {
  try {
    if (!existsSync(settings.data)) mkdirSync(settings.data);
    accessSync(settings.data, constants.W_OK);
    readdirSync(settings.data);
  } catch (error) {
    fail(`WARTEMARKE_DATA (data in deploy/demo/demo.json): ${error instanceof Error ? error.message : error}`, 78);
  }
}

let office: Office | undefined;
let starting: Promise<Office> | undefined;
const abort = new AbortController();
const stop = async (code: number) => {
  if (abort.signal.aborted) return;
  abort.abort();
  keys.stop();
  // A start that is under way clears its own things away; one that had come to its end leaves an office to stop.
  await starting?.then(
    (started) => started.stop(),
    () => {},
  );
  process.exit(code);
};
process.on("SIGINT", () => void stop(0));
process.on("SIGTERM", () => void stop(0));
process.on("SIGHUP", () => void stop(0));
const keys = readKeys(
  () => office?.peripherals,
  hub.services.map(({ id }) => id),
  say,
  () => void stop(0),
);

try {
  await checkPorts(settings);
  makeDataFolder();
  abort.signal.throwIfAborted();
  starting = startOffice({
    hub,
    folder: settings.data,
    log: settings.log,
    httpPort: settings.httpPort,
    screenPort: settings.screenPort,
    boardPort: settings.boardPort,
    broker: { port: settings.mqttPort },
    onPaper: paperTray(
      paperFolder,
      (file) => say(`  printed  ${here(file)}`),
      (error) => process.stderr.write(`wartemarke: a ticket's paper was not kept: ${error.message}\n`),
    ),
    restarted: (name, how) => say(`  ${name} ended (${how}) and is started again`),
    signal: abort.signal,
  });
  office = await starting;
  abort.signal.throwIfAborted();
} catch (error) {
  // `stop` has the last word when it is what ended the start.
  if (abort.signal.aborted) await new Promise<never>(() => {});
  fail(error, 1);
}
const { ports, peripherals } = office;
let lit = "";
peripherals.sign.onChange(({ pages }) => {
  const text = pages.join(" | ");
  if (text !== lit) say(`  LED sign [${text}]`);
  lit = text;
});

say(`
wartemarke demo office "${hub.name}", ready

  Terminal    http://127.0.0.1:${ports.screen}/
  Board       http://127.0.0.1:${ports.board}/
  Desks       ${hub.desks.map(({ id }) => `http://127.0.0.1:${ports.http}/desk/${id}`).join("   ")}
              sign in as clerk, manager or admin, password ${demoPassword}
  MQTT        127.0.0.1:${ports.mqtt}, user visitor-tools, password ${demoPassword}
  Paper       ${here(paperFolder)}/
  Data        ${here(settings.data)}/

${keys.help}
`);
