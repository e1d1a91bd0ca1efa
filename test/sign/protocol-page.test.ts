import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SerialPort } from "serialport";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { encodeCommand, type LineCommand } from "../../device/sign/line.ts";
import { openLineSign } from "../emulators/sign-line.ts";
import { until } from "../until.ts";

const page = readFileSync(join(import.meta.dirname, "../../deploy/docs/sign-protocol.md"), "utf8");
/** The example dialogues of the page: fenced blocks whose lines begin with `>` or `<`. */
const dialogues = [...page.matchAll(/```\n((?:[<>] .*\n)+)```/g)].map(([, block = ""]) => block.trim().split("\n"));

test("a sign built from the page answers every example as the page says", async () => {
  assert.is(dialogues.length, 4);
  for (const dialogue of dialogues) {
    const sign = openLineSign({ columns: 8 });
    const port = new SerialPort({ path: sign.path, baudRate: 115_200 });
    let heard = "";
    port.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
    });
    let expected = "";
    for (const line of dialogue) {
      const bytes = `${line.slice(2)}\n`;
      if (line.startsWith(">")) port.write(bytes);
      else {
        expected += bytes;
        await until(`an answer like ${line}`, () => heard.length >= expected.length);
        assert.is(heard, expected);
      }
    }
    await new Promise((resolve) => port.close(resolve));
    sign.close();
  }
});

test("the driver's encoder makes the very lines of the page", () => {
  const made: [number, LineCommand][] = [
    [1, { verb: "LIGHT", brightness: 8 }],
    [2, { verb: "SHOW", text: "A017  1" }],
    [3, { verb: "FLASH", text: "B042  2" }],
    [4, { verb: "BEAT" }],
  ];
  const written = dialogues[0]?.filter((line) => line.startsWith(">")).map((line) => `${line.slice(2)}\n`);
  assert.equal(
    made.map(([sequence, command]) => Buffer.from(encodeCommand(sequence, command)).toString("latin1")),
    written,
  );
  const dump = /as bytes: `([0-9A-F ]+)`/.exec(page)?.[1]?.replaceAll(" ", "") ?? "";
  assert.is(Buffer.from(dump, "hex").toString("latin1"), written?.[1]);
});

test.run();
