import { suite } from "uvu";
import * as assert from "uvu/assert";
import { viewOf } from "../../device/terminal/view.ts";
import type { Office } from "../../protocol/messages.ts";
import { arriveAt, touch } from "./drive.ts";
import { makeOffice } from "./terminal.ts";

const test = suite("late walk-ins at the terminal");
const from = "2026-11-24T07:00:00Z";

function keyOf(intake: Office["services"][number]["intake"], language = "de") {
  const [first, ...rest] = makeOffice().services;
  if (!first) throw new Error("the office has no service");
  const office = makeOffice({ services: [{ ...first, intake }, ...rest] });
  const drive = arriveAt("choose").feed({ type: "office", office }, touch({ do: "language", language }));
  const { screen } = viewOf(drive.state());
  if (screen.kind !== "choose") throw new Error(`shows ${screen.name}`);
  const [key] = screen.services;
  return { open: key?.open, text: key?.lines.join("\n").replaceAll("\u00a0", " ") ?? "" };
}

test("somebody who would be served after closing is warned, and told when it is better", () => {
  const german = keyOf({ stop: "warn", from });
  assert.is(german.open, true);
  assert.match(german.text, "erst nach Dienstschluss");
  assert.match(german.text, "morgen um 08:00 Uhr");
  assert.match(keyOf({ stop: "warn", from }, "en").text, "before we close. A shorter wait: tomorrow at 08:00");
});

test("where he is refused the key is shut, and says when to come back", () => {
  const german = keyOf({ stop: "refuse", from });
  assert.is(german.open, false);
  assert.match(german.text, "Heute nicht mehr möglich. Kürzer warten Sie morgen um 08:00 Uhr");
  const unknown = keyOf({ stop: "refuse", from: null });
  assert.match(unknown.text, "Heute nicht mehr möglich.");
  assert.not.match(unknown.text, /\{|Kürzer/);
});

test("nothing is said while there is time", () => assert.not.match(keyOf(undefined).text, /Dienstschluss|Heute/));

test.run();
