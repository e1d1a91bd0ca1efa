import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { createProgram } from "../../hub/cli/program.ts";
import type { Verb } from "../../protocol/requests.ts";
import { verbs } from "../../protocol/requests.ts";

/** What only terminals and boards have to say, though an admin may. */
const ofDevices: readonly Verb[] = ["ticket.printed", "command.done"];

test("every verb that a person may need has a command", () => {
  const folder = join(import.meta.dirname, "../../hub/cli");
  const code = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  for (const verb of Object.keys(verbs) as Verb[]) {
    const roles: readonly string[] = verbs[verb].roles;
    if (!roles.includes("desk") && !roles.includes("admin")) continue;
    if (ofDevices.includes(verb)) continue;
    assert.ok(code.some((text) => text.includes(`"${verb}"`)), `${verb} has no command: add one in hub/cli`); // biome-ignore format: one line
  }
});

function commandsOf(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...commandsOf(child)]);
}

/** The help of a command as it is printed. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

test("the help of every command has one example, which is a line of that command", () => {
  const program = createProgram({});
  const commands = commandsOf(program);
  assert.ok(commands.length > 30);
  for (const command of commands) {
    const names: string[] = [];
    for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name());
    const examples = helpOf(command).match(/^ {2}wartemarke .*$/gm) ?? [];
    assert.is(examples.length, 1, names.join(" "));
    assert.ok(examples[0]?.startsWith(`  wartemarke ${names.join(" ")}`), examples[0]);
    assert.ok(command.description().length > 10, names.join(" "));
  }
});

test("every example is a command line that the program takes", async () => {
  for (const command of commandsOf(createProgram({}))) {
    if (command.commands.length > 0) continue;
    const [example = ""] = helpOf(command).match(/^ {2}wartemarke .*$/m) ?? [];
    const words = [...example.replace(/ [#<>].*$/, "").matchAll(/'([^']*)'|([^ ']+)/g)].map(([, a, b]) => a ?? b ?? "");
    const program = createProgram({});
    let isTaken = false;
    const take = () => {
      isTaken = true;
    };
    for (const each of commandsOf(program)) each.exitOverride().action(take);
    await program.parseAsync(words.slice(1), { from: "user" });
    assert.ok(isTaken, example);
  }
});

test.run();
