// time limit: 240 s
import { stripVTControlCharacters } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { verifyPassword } from "../../hub/accounts.ts";
import { openPty } from "../emulators/pty.ts";
import { until } from "../until.ts";
import { follow, withHub } from "./run-cli.ts";

test("watch: lines where the output is no terminal, and every message as JSON", () =>
  withHub(async (hub, _) => {
    const lines = follow(hub.mqttPort, ["watch"]);
    const json = follow(hub.mqttPort, ["watch", "--json"]);
    const events = follow(hub.mqttPort, ["events", "--follow", "--after", "0"]);
    await until(
      "all are connected",
      () => /hub online/.test(lines.said()) && /"topic"/.test(json.said()) && /office\.opened/.test(events.said()),
      20_000,
    );
    await hub.ask("desk.open", { desk: "1" });
    await hub.ask("ticket.issue", { service: "id-card" });
    await hub.ask("call.next", { desk: "1" });
    for (const each of [lines, events]) {
      await until("the call is said", () =>
        /^\d\d:\d\d:\d\d {2}ticket\.called +A001 → Platz 1 {2}service id-card/m.test(each.said()),
      );
    }
    await until("the event, the display and the queue", () =>
      ["event/ticket.called", "display/all", "queue/id-card"].every((topic) => json.said().includes(`/demo/${topic}"`)),
    );
    const seen = json
      .said()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.ok(seen.every(({ topic, payload }) => typeof topic === "string" && typeof payload === "object"));
    assert.is(events.said().match(/ticket\.issued/g)?.length, 1, "an event is said once");
    for (const each of [lines, json, events]) each.end();
    await Promise.all([lines.ended, json.ended, events.ended]);
  }));

test("watch on a terminal: a screen that stays up to date, says when it is not live, and is left tidily", () =>
  withHub(async (hub, _) => {
    const pty = openPty();
    let raw = "";
    pty.onData((bytes) => (raw += bytes));
    const screen = () => stripVTControlCharacters(raw.slice(raw.lastIndexOf("\x1b[H")));
    const watch = follow(hub.mqttPort, ["watch"], pty);
    await until("it is live", () => /Bürgerbüro Dorsten {2}open {2}live/.test(screen()), 20_000);
    await hub.ask("desk.open", { desk: "2" });
    await hub.ask("ticket.issue", { service: "id-card" });
    await hub.ask("ticket.issue", { service: "id-card" });
    await hub.ask("call.next", { desk: "2" });
    await until("queue and call", () => /id-card +1 /.test(screen()) && /A001 +Platz 2 /.test(screen()));
    assert.match(screen(), /ticket\.called +A001 → Platz 2/);
    hub.signal("SIGSTOP");
    await until("it is not live", () => /NOT LIVE|NO CONNECTION/.test(screen()), 30_000);
    hub.signal("SIGCONT");
    await until("it is live again", () => /open {2}live/.test(screen()), 30_000);
    pty.write(Buffer.from("q"));
    assert.is(await watch.ended, 0);
    await until("the first screen is back", () => raw.endsWith("\x1b[?7h\x1b[?25h\x1b[?1049l"));
    pty.unplug();
  }));

test("watch fits itself to the window, also when that changes, and Ctrl-C leaves the terminal as it was", () =>
  withHub(async (hub, _) => {
    const pty = openPty();
    let raw = "";
    pty.onData((bytes) => (raw += bytes));
    const rows = () =>
      stripVTControlCharacters(raw.slice(raw.lastIndexOf("\x1b[H")))
        .split("\r\n")
        .map((line) => line.trimEnd());
    const watch = follow(hub.mqttPort, ["watch"], pty);
    await until("two columns", () => rows().some((line) => /^desk +state +visitor +since +device/.test(line)), 20_000);
    await until("the desks", () => rows().some((line) => /^Platz 1 +closed/.test(line)), 20_000);
    pty.resize(50, 20);
    watch.end("SIGWINCH");
    await until("one column", () => rows().some((line) => /^desk +state +visitor +since$/.test(line)), 20_000);
    assert.ok(rows().length <= 20 && rows().every((line) => line.length <= 50), rows().join("\n"));
    await hub.ask("desk.open", { desk: "1" });
    await until("the desk is open", () => rows().some((line) => /^Platz 1 +open/.test(line)), 20_000);
    await hub.stop();
    await until("it says that the hub is gone", () => /NO CONNECTION/.test(rows()[0] ?? ""), 30_000);
    pty.write(Buffer.from("\x03"));
    assert.is(await watch.ended, 0);
    await until("as it was", () => raw.endsWith("\x1b[?7h\x1b[?25h\x1b[?1049l"));
    assert.is(raw.split("\x1b[?1049h").length, 2, "it went to the other screen once");
    pty.unplug();
  }));

test("a password typed at a terminal is asked for twice and never shown", async () => {
  for (const [second, code] of [
    ["geheim", 0],
    ["anders", 2],
  ] as const) {
    const pty = openPty();
    let shown = "";
    pty.onData((bytes) => (shown += bytes));
    const asking = follow(1, ["hash-password"], pty);
    await until("it asks", () => shown.endsWith("Password: "));
    pty.write(Buffer.from("geheix\x7fm\r"));
    await until("it asks again", () => shown.endsWith("Once more: "));
    pty.write(Buffer.from(`${second}\r`));
    assert.is(await asking.ended, code);
    await until("it has answered", () => /Once more: \r\n.+\r\n$/.test(shown));
    assert.not.match(shown, /geheim|anders/);
    const [hash = ""] = /\$7\$\S+/.exec(shown) ?? [];
    assert.is(await verifyPassword("geheim", hash), code === 0);
    pty.unplug();
  }
});

test.run();
