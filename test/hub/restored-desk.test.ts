import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { judgeBackup, putInPlace } from "../../hub/store/restore.ts";
import type { Arguments, Result, Verb } from "../../protocol/requests.ts";
import { createSession } from "../../protocol/session.ts";
import { launchChromium } from "../chromium.ts";
import { need } from "../needs.ts";
import { until } from "../until.ts";
import { next, press, says, shows } from "./desk-driver.ts";
import { demoConfig, type HubProcess, startHubProcess, temporaryFolder } from "./hub-process.ts";
import { run } from "./run-cli.ts";
import { typeSignIn } from "./staff-sign-in.ts";

/** A folder for pictures to look at. */
const pictures = process.env.WARTEMARKE_PICTURES;

async function ask<V extends Verb>(hub: HubProcess, user: string, verb: V, args: Arguments<V>): Promise<Result<V>> {
  const url = `mqtt://127.0.0.1:${hub.mqttPort}`;
  const session = createSession({ url, user, password: "demo", site: "demo", daemon: false });
  session.start();
  try {
    const answer = await session.request(verb, args);
    if (answer.state !== "done") throw new Error(`${verb}: ${JSON.stringify(answer)}`);
    return answer.result;
  } finally {
    await session.stop();
  }
}

if (need("chromium")) {
  test("after a restore the page of a desk asks its clerk to look, until he does something; so do tickets from before", async () => {
    const folder = temporaryFolder();
    let hub = await startHubProcess({ config: demoConfig(), folder });
    const browser = await launchChromium();
    try {
      for (let n = 0; n < 3; n += 1) await ask(hub, "admin", "ticket.issue", { service: "id-card" });
      await ask(hub, "admin", "desk.open", { desk: "1" });
      await ask(hub, "admin", "call.next", { desk: "1" });
      const { path } = await ask(hub, "admin", "backup.now", {});
      await hub.kill();
      const data = join(folder, "data");
      const backup = judgeBackup(path);
      putInPlace({ data, folder: join(data, "backups"), backup, skip: 50, now: Date.now() });
      hub = await startHubProcess({ config: demoConfig(), folder });

      const page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
      await page.goto(`http://127.0.0.1:${hub.httpPort}/desk/1`);
      await typeSignIn(page);
      await shows(page, "A001");
      const check = () => page.textContent("#check");
      assert.is(await check(), "Nach einer Störung: Bitte prüfen, ob stimmt, was hier steht.");
      assert.ok(await page.isVisible("#check"));
      const alarms = await page.textContent("#alarms");
      assert.match(alarms ?? "", /Eine Sicherung wurde eingespielt/);
      assert.match(alarms ?? "", /Nummern gibt es wieder, wenn die Terminals gemeldet haben/);
      const rows = await page.locator("#waiting tr").allTextContents();
      assert.equal(
        rows.map((row) => /^(A00\d).*nach Störung, bitte prüfen/.exec(row)?.[1]),
        ["A002", "A003"],
      );
      if (pictures) {
        await mkdir(pictures, { recursive: true });
        await page.screenshot({ path: join(pictures, "desk-restored.png") });
      }
      await press(page, "issue");
      await page.keyboard.press("1");
      await says(page, /^Gerade kann keine Nummer gegeben werden: nichts ist geschehen\./);
      await page.keyboard.press("Escape");

      const environment = { WARTEMARKE_MQTT_PORT: String(hub.mqttPort) };
      const cli = (command: string) => run(hub.mqttPort ?? 0, [command, "--user", "admin", "--password", "demo"], { environment }); // biome-ignore format: one line
      for (const [command, line] of [
        ["queue", /A002.*after a restore, please check/],
        ["office", /Platz 1 +open, after a restore, please check +A001/],
      ] as const) {
        // biome-ignore format: one line
        const said = await cli(command);
        assert.match(said.out, line, said.err);
      }

      await ask(hub, "terminal-foyer", "journal.report", { epoch: 2, tickets: [], done: true });
      await until("numbers are given again", async () => !/Nummern gibt es wieder/.test((await page.textContent("#alarms")) ?? "")); // biome-ignore format: one line
      await next(page, "A002");
      assert.is(await check(), "Nach einer Störung: vielleicht schon bedient, bitte prüfen.");
      await next(page, "A003");
      const { ticket } = await ask(hub, "admin", "ticket.issue", { service: "id-card" });
      await next(page, ticket.number);
      await until("there is nothing to be checked", async () => !(await page.isVisible("#check")));
    } finally {
      await browser.close();
      await hub.kill();
    }
  });
}
test.run();
