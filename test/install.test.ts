import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

const script = join(import.meta.dirname, "../deploy/install.mjs");
const manifest = JSON.stringify({ dependencies: { node: "24.1.0" } });
const lock = (left: string) => {
  const optional = { "node_modules/other-platform": { version: "1.0.0", optional: true } };
  return JSON.stringify({ packages: { "": {}, [`node_modules/${left}`]: { version: "2.0.0" }, ...optional } });
};
const node = (version: string) => `#!/bin/sh\necho v${version}\n`;

/** What is in node_modules when all is well. */
const installed = { "node_modules/.package-lock.json": lock("left"), "node_modules/.bin/node": node("24.1.0") };
/** An npm that installs all of it and notes that it was called. */
const goodNpm = `#!/bin/sh
echo "$@" > called
mkdir -p node_modules/.bin
echo '${lock("left")}' > node_modules/.package-lock.json
printf '#!/bin/sh\\necho v24.1.0\\n' > node_modules/.bin/node
chmod +x node_modules/.bin/node`;

interface Ran {
  code: number | null;
  output: string;
  npmCalled: boolean;
}

/** Runs the script in a project of its own, with this `npm` in the path. */
function install(files: Record<string, string>, npm: string | undefined): Ran {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-install-"));
  try {
    const all: Record<string, string> = { "package.json": manifest, "package-lock.json": lock("left"), ...files };
    if (npm !== undefined) all["bin/npm"] = npm;
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
      if (text.startsWith("#!")) chmodSync(join(folder, path), 0o755);
    }
    mkdirSync(join(folder, "deploy"));
    copyFileSync(script, join(folder, "deploy/install.mjs"));
    const path = [
      join(folder, "node_modules/.bin"),
      join(folder, "bin"),
      ...(npm === undefined ? [] : ["/usr/bin", "/bin"]),
    ];
    const ran = spawnSync(process.execPath, [join(folder, "deploy/install.mjs")], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: path.join(":") },
    });
    return { code: ran.status, output: ran.stdout + ran.stderr, npmCalled: existsSync(join(folder, "called")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("nothing is done and nothing is said when all is there", () => {
  assert.equal(install(installed, goodNpm), { code: 0, output: "", npmCalled: false });
});

const reasons: Record<string, [files: Record<string, string>, says: string]> = {
  "nothing is installed": [{}, "no packages are installed yet"],
  "a package is missing": [{ ...installed, "node_modules/.package-lock.json": lock("right") }, "left is not at 2.0.0"],
  "a package has another version": [
    { ...installed, "package-lock.json": lock("left").replace("2.0.0", "2.0.1") },
    "left is not at 2.0.1",
  ],
  "the lock cannot be read": [
    { ...installed, "node_modules/.package-lock.json": "{" },
    "no packages are installed yet",
  ],
  "Node is another": [
    { ...installed, "node_modules/.bin/node": node("20.0.0") },
    "the pinned Node 24.1.0 does not run",
  ],
};

for (const [name, [files, says]] of Object.entries(reasons)) {
  test(`${name}: npm ci is run`, () => {
    const wrongLock = files["package-lock.json"];
    const npm = wrongLock ? goodNpm.replace(lock("left"), wrongLock) : goodNpm;
    const { code, output, npmCalled } = install(files, npm);
    assert.is(code, 0, output);
    assert.ok(npmCalled);
    assert.match(output, says);
    assert.match(output, /^Packages installed in \d+ s\.$/m);
  });
}

const faults: Record<string, [npm: string | undefined, says: string]> = {
  "npm is missing": [undefined, "npm was not found: install Node 20 or later together with npm."],
  "the network is missing": [
    "#!/bin/sh\necho 'npm error code ENOTFOUND' >&2; exit 1",
    "the network or the npm registry is not reachable",
  ],
  "npm fails": ["#!/bin/sh\necho 'npm error the disk is full'; exit 1", "npm error the disk is full"],
  "npm does nothing": ["#!/bin/sh\n", "The installation is not complete: no packages are installed yet."],
};

for (const [name, [npm, says]] of Object.entries(faults)) {
  test(`${name}: said clearly, and the exit code tells`, () => {
    const { code, output } = install({}, npm);
    assert.is(code, 1, output);
    assert.match(output, says);
  });
}

/** A project to install into, and how to start the script in it. */
function project(npm: string) {
  const folder = mkdtempSync(join(tmpdir(), "wartemarke-install-"));
  for (const part of ["bin", "deploy", "tmp", "node_modules/.bin", "my node_modules tools"]) {
    mkdirSync(join(folder, part), { recursive: true });
  }
  writeFileSync(join(folder, "package.json"), manifest);
  writeFileSync(join(folder, "package-lock.json"), lock("left"));
  writeFileSync(join(folder, "bin/npm"), npm, { mode: 0o755 });
  copyFileSync(script, join(folder, "deploy/install.mjs"));
  const path = ["node_modules/.bin/", "my node_modules tools", "bin"].map((part) => join(folder, part));
  const env = { PATH: [...path, "/usr/bin", "/bin"].join(":"), TMPDIR: join(folder, "tmp") };
  const start = () =>
    new Promise<{ code: number | null; output: string; pid: number }>((resolve) => {
      const child = spawn(process.execPath, [join(folder, "deploy/install.mjs")], { cwd: folder, env });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += part));
      child.once("close", (code) => resolve({ code, output, pid: child.pid ?? 0 }));
    });
  return { folder, start };
}

test("two at once: one installs and the other waits for it", async () => {
  const { folder, start } = project(goodNpm.replace('echo "$@" > called', 'echo "$@" >> called; sleep 1'));
  const both = await Promise.all([start(), start()]);
  const said = both.map(({ output }) => output);
  assert.equal(
    both.map(({ code }) => code),
    [0, 0],
    said.join("\n"),
  );
  assert.is(readFileSync(join(folder, "called"), "utf8").trim().split("\n").length, 1, "npm was run once");
  assert.is(said.filter((text) => text.includes("being installed by another process, waiting")).length, 1);
  assert.equal(readdirSync(join(folder, "tmp")), [], "the lock is gone");
  rmSync(folder, { recursive: true });
});

test("a lock whose process is gone holds up nobody", async () => {
  // This npm ends the installation that called it, as a kill does, and the next one works.
  const { folder, start } = project(`#!/bin/sh\nkill -9 $PPID`);
  const first = await start();
  assert.is(first.code, null);
  assert.is(readdirSync(join(folder, "tmp")).length, 1, "it left its lock");
  writeFileSync(join(folder, "bin/npm"), goodNpm);
  const second = await start();
  assert.is(second.code, 0, second.output);
  assert.equal(readdirSync(join(folder, "tmp")), []);
  rmSync(folder, { recursive: true });
});

test("npm runs without the project's own programs in its path, and with all others", async () => {
  const { folder, start } = project(`${goodNpm}\necho "$PATH" > path`);
  assert.is((await start()).code, 0);
  const path = readFileSync(join(folder, "path"), "utf8").trim().split(":");
  assert.equal(path, [join(folder, "my node_modules tools"), join(folder, "bin"), "/usr/bin", "/bin"]);
  rmSync(folder, { recursive: true });
});

test.run();
