import { test } from "uvu";
import * as assert from "uvu/assert";
import { withHub } from "./run-cli.ts";

test("a recorded day under other policies, as a table and as JSON", () =>
  withHub(async (hub, wartemarke) => {
    const today = new Date().toLocaleDateString("sv", { timeZone: "Europe/Berlin" });
    const nobody = await wartemarke("replay", today, "--policy", "ours");
    assert.equal([nobody.code, nobody.out], [0, "nobody was called on that day\n"]);
    await hub.ask("desk.open", { desk: "1" });
    for (let turn = 0; turn < 30; turn += 1) await hub.ask("ticket.issue", { service: "id-card" });
    let current: string | null = null;
    for (let turn = 0; turn < 30; turn += 1) {
      const reply: { ticket: { id: string } | null } = await hub.ask("call.next", { desk: "1", current, finish: true });
      current = reply.ticket?.id ?? null;
    }
    await hub.ask("ticket.finish", { desk: "1", ticket: current ?? "" });

    const table = await wartemarke("replay", today, "--policy", "strict");
    assert.is(table.code, 0);
    assert.match(table.out, /^waiting in minutes, as it was → by strict\n/);
    assert.match(
      table.out,
      /\nwalk-in +30 +\d+\.\d +\d+\.\d .* 0\.0 0\.0 0\.0\n/,
      "without appointments it is the same",
    );
    const waits = ["--walk-in-max-wait", "20", "--walk-in-max-wait", "60"];
    const json = JSON.parse((await wartemarke("replay", today, "--policy", "ours", ...waits, "--json")).out);
    assert.is(json.date, today);
    assert.equal(json.variants.map((each: { walkInMaxWait: number }) => each.walkInMaxWait), [20, 60]); // biome-ignore format: one line
    for (const { visitors, byHand, guessed, unserved, waits: told } of json.variants) {
      assert.equal([visitors, byHand, guessed, unserved], [30, 0, 0, 0]);
      assert.equal(told.replayed, told.recorded);
      assert.is(told.recorded.all.visitors, 30);
    }

    const unknown = await wartemarke("replay", today, "--policy", "fair");
    assert.is(unknown.code, 2);
    assert.match(unknown.err, "use one of ours, strict, first-come");
    assert.is((await wartemarke("replay", "yesterday", "--policy", "ours")).code, 2);
    assert.is((await wartemarke("replay", today)).code, 2, "which policy must be said");
    const none = await wartemarke("replay", "2020-01-01", "--policy", "ours");
    assert.equal([none.code, none.out], [0, "nobody was called on that day\n"]);
  }));

test.run();
