import { execFileSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { run } from "./run-cli.ts";

const { out: script, code } = await run(1, ["completion", "bash"]);

/** What bash offers for a line of which the last word is not finished yet, after it has read the script. */
function completed(line: string): string[] {
  const words = line.split(" ");
  const asked = `${script}
[[ $(complete -p wartemarke) == 'complete -F _wartemarke wartemarke' ]] || exit 9
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_wartemarke
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const shell = ["--norc", "--noprofile", "-eu", "-c", asked];
  return execFileSync("bash", shell, { encoding: "utf8", cwd: import.meta.dirname })
    .split("\n")
    .filter(Boolean);
}

const table: [line: string, offers: string[]][] = [
  ["wartemarke clo", ["close", "closure"]],
  ["wartemarke closure ", ["preview", "add", "remove"]],
  ["wartemarke closure a", ["add"]],
  ["wartemarke closure add --can", ["--cancel-appointments"]],
  ["wartemarke --user desk-1 closure r", ["remove"]],
  ["wartemarke --user closure clos", ["close", "closure"]],
  ["wartemarke --json special-hours p", ["preview"]],
  ["wartemarke stats --c", ["--csv"]],
  ["wartemarke stats 2026-11-01 --js", ["--json"]],
  ["wartemarke ticket id-card --re", ["--reason"]],
  ["wartemarke ticket --priority ", []],
  ["wartemarke --password-file cli-completion.t", ["cli-completion.test.ts"]],
  ["wartemarke nonsense --u", ["--url", "--user"]],
  ["wartemarke xyz", []],
];

test("bash reads the script and completes commands, options and files", () => {
  assert.is(code, 0);
  for (const [line, offers] of table) {
    const found = completed(line);
    if (line.endsWith(" ")) for (const word of offers) assert.ok(found.includes(word), `${line}: ${found}`);
    else assert.equal(found, offers, line);
    if (offers.length === 0) assert.equal(found, [], line);
  }
});

test("every command is offered, and only what help shows", async () => {
  const help = (await run(1, ["--help"])).out;
  const offered = completed("wartemarke ").filter((word) => !word.startsWith("-"));
  const shown = [...help.matchAll(/^ {2}([a-z][a-z-]*) .*$/gm)].map(([, name]) => name ?? "");
  const commands = shown.filter((name) => name !== "wartemarke");
  assert.ok(commands.length > 20);
  assert.equal([...offered].sort(), [...new Set(commands)].sort());
});

test("another shell is refused with those that there are", async () => {
  const ended = await run(1, ["completion", "fish"]);
  assert.is(ended.code, 2);
  assert.match(ended.err, /fish: there is a script for bash and one for zsh/);
});

test.run();
