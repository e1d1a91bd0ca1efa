import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readKeys } from "./keys.ts";
import type { HubFile, Office } from "./office.ts";
import { demoPassword, startOffice } from "./office.ts";
import { paperTray } from "./paper.ts";
import { demoSettings } from "./settings.ts";

/** The demo office: see README.md. Ends with Ctrl-C. */
const say = (text: string) => process.stdout.write(`${text}\n`);

function fail(error: unknown, code: number): never {
  process.stderr.write(`wartemarke: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(code);
}

let settings: ReturnType<typeof demoSettings>;
try {
  settings = demoSettings(process.env);
} catch (error) {
  fail(error, 78);
}
const hub = JSON.parse(readFileSync(new URL(settings.office, import.meta.url), "utf8")) as HubFile;
const paperFolder = join(settings.data, "paper");
const here = (path: string) => relative(process.cwd(), path) || ".";

let office: Office | undefined;
let stopping = false;
const stop = async (code: number) => {
  if (stopping) return;
  stopping = true;
  keys.stop();
  await office?.stop();
  process.exit(code);
};
process.on("SIGINT", () => void stop(0));
process.on("SIGTERM", () => void stop(0));
const keys = readKeys(
  () => office?.peripherals,
  hub.services.map(({ id }) => id),
  say,
  () => void stop(0),
);

try {
  office = await startOffice({
    hub,
    folder: settings.data,
    log: settings.log,
    httpPort: settings.httpPort,
    screenPort: settings.screenPort,
    boardPort: settings.boardPort,
    broker: { port: settings.mqttPort },
    onPaper: paperTray(paperFolder, (file) => say(`  printed  ${here(file)}`)),
  });
} catch (error) {
  fail(error, 1);
}
if (stopping) await office.stop();
const { ports, peripherals } = office;
let lit = "";
peripherals.sign.onChange(({ pages }) => {
  const text = pages.join(" | ");
  if (text !== lit) say(`  LED sign [${text}]`);
  lit = text;
});

say(`
wartemarke demo office "${hub["name"]}", ready

  Terminal    http://127.0.0.1:${ports.screen}/
  Board       http://127.0.0.1:${ports.board}/
  Desks       ${hub.desks.map(({ id }) => `http://127.0.0.1:${ports.http}/desk/${id}`).join("   ")}
  MQTT        127.0.0.1:${ports.mqtt}, user visitor-tools, password ${demoPassword}
  Paper       ${here(paperFolder)}/
  Data        ${here(settings.data)}/

${keys.help}
`);
void office.broken.then(async ({ name, words }) => {
  process.stderr.write(`wartemarke: ${name} ended: ${words}\n`);
  await stop(1);
});
