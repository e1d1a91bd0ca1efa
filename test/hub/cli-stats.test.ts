import { test } from "uvu";
import * as assert from "uvu/assert";
import { withHub } from "./run-cli.ts";

/** A reader of RFC 4180 that knows nothing of who wrote it. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  assert.ok(text.endsWith("\r\n"), "the last line ends too");
  for (const line of text.slice(0, -2).split("\r\n")) {
    assert.not.match(line, /[\r\n]/);
    const fields = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)];
    rows.push(fields.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ""));
  }
  return rows;
}

test("figures as tables, as JSON and as CSV", () =>
  withHub(async (hub, wartemarke) => {
    const today = new Date().toLocaleDateString("sv", { timeZone: "Europe/Berlin" });
    const empty = await wartemarke("stats");
    assert.equal([empty.code, empty.out], [0, `${today}\nnobody came\n`]);
    await hub.ask("desk.open", { desk: "1" });
    await hub.ask("ticket.issue", { service: "id-card" });
    await hub.ask("ticket.issue", { service: "pick-up", persons: 3 });
    const { ticket } = await hub.ask("call.next", { desk: "1" });
    await hub.ask("ticket.finish", { desk: "1", ticket: ticket?.id });

    const shown = (await wartemarke("stats")).out;
    assert.match(shown, new RegExp(`^${today}\\n\\nservice +arrivals +served +wait +90 % +service `));
    assert.match(shown, /\nid-card +1 +1 +0\.0 +0\.0 +0\.\d +0\.\d +0 +0 +0 +0 +100 %\n/);
    assert.match(shown, /\npick-up +1 +0 +0 +0 +0 +0\n/);
    assert.match(shown, /\nall +2 +1 /);
    assert.match(shown, /\n\nfrom +arrivals .*\n\d\d:[03]0 +\d /);

    const json = JSON.parse((await wartemarke("stats", today, today, "--json")).out);
    assert.equal([json.from, json.to, json.days, json.total.persons], [today, today, 1, 4]);
    const day = JSON.parse((await wartemarke("stats", today, "--json")).out);
    assert.equal(day.cells, json.cells, "a day is a range of one");

    const [heads = [], ...rows] = readCsv((await wartemarke("stats", "--csv")).out);
    assert.ok(rows.length >= 2 && rows.every((row) => row.length === heads.length));
    const column = (name: string) => rows.map((row) => row[heads.indexOf(name)]);
    assert.equal(column("service").sort(), ["id-card", "pick-up"]);
    assert.is(
      column("arrivals").reduce((sum, text) => sum + Number(text), 0),
      2,
    );
    assert.equal(column("wait_median_minutes").sort(), ["", "0"]);
    assert.ok(column("from").every((text) => text === today));

    const rowsOf = async (...args: string[]) => (await wartemarke(...args)).code;
    assert.is(await rowsOf("stats", today, "2020-01-01"), 2, "the wrong way round");
    assert.is(await rowsOf("stats", "yesterday"), 1);
    assert.is(await rowsOf("stats", "--user", "desk-1"), 1);
  }));

test.run();
