import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { demoConfig, startHubProcess, temporaryFolder } from "../hub/hub-process.ts";
import { ask, openSite, townOffice } from "./booking-site.ts";

const picture = '<svg xmlns="http://www.w3.org/2000/svg" width="96" height="48"/>';
const logoBytesMax = 512 * 1024;

test("a logo that cannot be shown is left out, and the log names the field and the file", async () => {
  const folder = temporaryFolder();
  const large = join(folder, "large.png");
  writeFileSync(large, Buffer.alloc(logoBytesMax + 1));
  const other = join(folder, "folder.svg");
  mkdirSync(other);
  const cases: [logo: string, why: RegExp][] = [
    [join(folder, "deleted.png"), /ENOENT/],
    [large, /^it has 524289 bytes, at most 524288 are allowed$/],
    [other, /^it is no file$/],
  ];
  for (const [logo, why] of cases) {
    const site = await openSite({ config: { town: { ...townOffice.town, logo } } });
    try {
      const [warning, ...more] = site.logged.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40);
      assert.equal([warning.field, warning.path, more], ["town.logo", logo, []]);
      assert.match(warning.why, why);
      const page = await site.visitor().get("/");
      assert.equal([page.status, page.body.includes("<img")], [200, false]);
      assert.is((await site.visitor().get("/booking/logo")).status, 404);
    } finally {
      await site.stop();
    }
  }
});

test("a hub whose logo was deleted starts, and shows it again after a restart with it", async () => {
  const folder = temporaryFolder();
  const logo = join(folder, "logo.svg");
  const config = { ...demoConfig(), town: { logo } };
  for (const isThere of [false, true]) {
    if (isThere) writeFileSync(logo, picture);
    const hub = await startHubProcess({ config, folder });
    try {
      assert.is(
        hub.lines().some(({ field, path }) => field === "town.logo" && path === logo),
        !isThere,
      );
      assert.is((await ask(hub.httpPort, "GET", "/booking/logo")).status, isThere ? 200 : 404);
    } finally {
      await hub.stop();
    }
  }
});

test.run();
