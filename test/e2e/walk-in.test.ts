// time limit: 240 s
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { HubFile, Office } from "../../deploy/demo/office.ts";
import { demoPassword, startOffice } from "../../deploy/demo/office.ts";
import type { Role } from "../../protocol/messages.ts";
import type { BrokerKind } from "../brokers.ts";
import { startBroker } from "../brokers.ts";
import { launchChromium } from "../chromium.ts";
import { decodeAlpha } from "../emulators/alpha-decoder.ts";
import { decodeEscpos } from "../emulators/escpos-decoder.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";

/** How long a step may take on a busy machine, in milliseconds; a cut link is noticed after the short one. */
const stepMs = 15_000;
const cutStepMs = 4_000;

const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

/** The demo's office with names, letters, texts and desks that nobody could have foreseen. */
function randomOffice(): HubFile & { name: string; users: { name: string; role: Role; desks?: string[] }[] } {
  const file = JSON.parse(readFileSync(new URL("../../deploy/demo/hub.json", import.meta.url), "utf8")) as HubFile;
  // Its staff are for its own desks.
  const { staff: _, ...demo } = file;
  const letters = [..."ABCDEFGHJKLMNPQRSUVWXYZ"].sort(() => Math.random() - 0.5);
  const words = ["Führerschein", "Größe", "Straßenfest", "Änderung", "Übergabe", "ÖPNV", "Gebühr €", "Maß", "Käse"];
  const services = [0, 1, 2].map((n) => ({
    id: `service-${n}-${Math.floor(Math.random() * 1000)}`,
    letter: letters[n] ?? "A",
    names: { de: `${pick(words)} & ${pick(words)} ${Math.floor(Math.random() * 100)}` },
    minutes: 1 + Math.floor(Math.random() * 20),
  }));
  const offset = 1 + Math.floor(Math.random() * 80);
  const desks = [0, 1].map((n) => ({
    id: String(offset + n),
    name: `${pick(["Platz", "Zimmer", "Schalter"])} ${offset + n}`,
    services: services.map(({ id }) => id),
  }));
  const passwords = demo.users as { name: string; role: Role; passwordHash: string }[];
  const [hash] = passwords.map(({ passwordHash }) => passwordHash);
  const users = [
    { name: "terminal-foyer", role: "terminal" as const },
    { name: "board-1", role: "board" as const },
    { name: "admin", role: "admin" as const },
    ...desks.map(({ id }) => ({ name: `desk-${id}`, role: "desk" as const, desks: [id] })),
  ].map((user) => ({ ...user, passwordHash: hash }));
  const name = `Bürgerbüro ${pick(["Süßen", "Überlingen", "Höxter", "Großräschen"])}`;
  return { ...demo, site: `site-${offset}`, name, services, desks, boards: [], users };
}

type Link = "panel" | "printer" | "sign" | "page";

/** One visitor, from the button to the boards. Throws at the first link that does not do its part. */
async function walkIn(kind: BrokerKind, cut?: Link): Promise<void> {
  const hub = randomOffice();
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-walk-in-"));
  const accounts = hub.users.map(({ name, role, desks = [] }) => ({ name, role, desks, password: demoPassword }));
  const broker = kind === "mosquitto" ? await startBroker(kind, accounts, { site: hub.site }) : undefined;
  const browser = await launchChromium();
  const patience = cut ? cutStepMs : stepMs;
  const papers: Buffer[] = [];
  let office: Office | undefined;
  try {
    office = await startOffice({
      hub,
      folder,
      log: "info",
      httpPort: 0,
      screenPort: 0,
      boardPort: 0,
      broker: broker ? { url: broker.url, hubPassword: broker.hubPassword } : { port: 0 },
      onPaper: ({ bytes }) => papers.push(bytes),
      restarted: (name, how) => console.log(`${name} ended: ${how}`),
    });
    const { peripherals, ports } = office;
    const board = await browser.newPage();
    await board.goto(`http://127.0.0.1:${ports.board}/`);
    if (cut === "panel") peripherals.panel.mute(true);
    if (cut === "printer") await peripherals.printer.close();
    if (cut === "sign") peripherals.sign.unplug();
    if (cut === "page") await board.goto("about:blank");

    // The visitor presses a button …
    const service = pick(hub.services) as HubFile["services"][number] & { names: { de: string } };
    const pressedAt = Date.now();
    peripherals.panel.press(peripherals.buttonPin(service.id));
    const paper = await until("a ticket comes out of the printer", () => papers[0], patience);
    peripherals.panel.release(peripherals.buttonPin(service.id));

    // … and has paper in hand, read here by a decoder that knows nothing of the product's encoder.
    const number = `${service.letter}001`;
    const [receipt] = decodeEscpos(paper);
    const text = receipt?.lines.join("\n") ?? "";
    for (const expected of [hub.name, service.names.de, "Sie sind als Nächstes an der Reihe"]) {
      assert.ok(text.includes(expected), `"${expected}" is not on the ticket:\n${text}`);
    }
    assert.ok(receipt?.lines.includes(number), `${number} has no line of its own:\n${text}`);
    const times = [pressedAt, Date.now()].map((at) =>
      new Intl.DateTimeFormat("de-DE", { dateStyle: "medium", timeStyle: "short", timeZone: "Europe/Berlin" })
        .format(at)
        .split(", "),
    );
    assert.ok(
      times.some((parts) => parts.every((part) => text.includes(part))),
      `neither date nor time of ${times}: ${text}`,
    );
    assert.equal(peripherals.printer.errors, []);

    // A clerk calls with nothing but Mosquitto's tools …
    const desk = pick(hub.desks) as { id: string; name: string };
    const reply = await callNext(ports.mqtt, hub.site, desk.id);
    assert.match(reply, new RegExp(`"number":"${number}"`));

    // … and the boards show where to go.
    const onSign = `${number}${` ${desk.id}`.padStart(3)}`;
    await until(
      `the LED sign shows [${onSign}]`,
      () =>
        decodeAlpha(peripherals.sign.received()).some(({ pages }) => pages.some(({ text: page }) => page === onSign)),
      patience,
    );
    assert.equal(peripherals.sign.errors, []);
    const shown = async () => [
      await board.locator("#number").allTextContents(),
      await board.locator("#desk span").allTextContents(),
    ];
    await until(
      "the page shows number and desk",
      async () => (await shown()).join() === `${number},${desk.name}`,
      patience,
    );
  } finally {
    await browser.close();
    await office?.stop();
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `call.next` by mosquitto_pub, with the reply as mosquitto_sub printed it. */
async function callNext(port: number, site: string, desk: string): Promise<string> {
  const user = ["-h", "127.0.0.1", "-p", String(port), "-u", "admin", "-P", demoPassword, "-q", "1"];
  const base = `wartemarke/1/${site}`;
  const branch = `${base}/client/admin`;
  const listener = spawn("mosquitto_sub", [
    ...user,
    "-C",
    "2",
    "-W",
    "15",
    "-t",
    `${branch}/reply`,
    "-t",
    `${base}/hub`,
  ]);
  let heard = "";
  listener.stdout.on("data", (part) => {
    heard += part;
  });
  const done = new Promise((resolve) => listener.once("close", resolve));
  await until("mosquitto_sub has subscribed: the hub's retained word is there", () => heard.includes("online"));
  const message = JSON.stringify({ id: `call-${Math.random()}`, desk });
  await new Promise<void>((resolve, reject) => {
    execFile("mosquitto_pub", [...user, "-t", `${branch}/request/call.next`, "-m", message], (error) =>
      error ? reject(error) : resolve(),
    );
  });
  await done;
  return heard;
}

if (need("mosquitto", "chromium")) {
  test("from the button to the boards, over Mosquitto", () => walkIn("mosquitto"));
  test("from the button to the boards, over the embedded broker", () => walkIn("embedded"));

  const cuts: [Link, RegExp][] = [
    ["panel", /a ticket comes out/],
    ["printer", /a ticket comes out/],
    ["sign", /the LED sign shows/],
    ["page", /the page shows/],
  ];
  for (const [link, complaint] of cuts) {
    test(`the same is seen to fail when the ${link} is cut`, async () => {
      const error = await walkIn("embedded", link).then(
        () => undefined,
        (reason: Error) => reason,
      );
      assert.match(error?.message ?? "nothing was noticed", complaint);
    });
  }
  test.run();
}
