import { execFileSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { need } from "../needs.ts";
import { run } from "./run-cli.ts";

if (need("zsh")) {
  const { out: script } = await run(1, ["completion", "zsh"]);

  /** What zsh would describe for a line of which the last word is not finished yet. */
  const described = (line: string): string[] => {
    const words = line.split(" ");
    const asked = `autoload -Uz compinit && compinit -D -u
_describe() { local name=\${@[-1]}; print -rl -- "\${(@P)name}" }
${script}
[[ \${_comps[wartemarke]} == _wartemarke ]] || exit 9
words=(${words.map((word) => `'${word}'`).join(" ")})
CURRENT=${words.length}
_wartemarke`;
    return execFileSync("zsh", ["-f", "-c", asked], { encoding: "utf8" }).split("\n").filter(Boolean);
  };

  test("zsh reads the script and describes commands and options", () => {
    assert.ok(described("wartemarke ").includes("close:close a desk"));
    const closure = described("wartemarke --user desk-1 closure ");
    assert.ok(closure.includes("remove:take a closure back; one of the hub's configuration stays"), closure.join());
    assert.not.ok(closure.some((line) => line.startsWith("close:")));
    assert.ok(described("wartemarke stats ").some((line) => line.startsWith("--csv:every service")));
    assert.equal(described("wartemarke ticket --priority "), []);
  });
}

test.run();
