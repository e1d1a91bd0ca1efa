import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Puts the packages of package-lock.json into node_modules, unless they are there already. It is run before
 * `npm start` and `npm test` by whatever Node the machine has (20 or later), so it is plain JavaScript.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
/** A folder that exists while packages are being installed here; outside of what npm clears away. */
const lock = join(tmpdir(), `wartemarke-install-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`);
/** How often a lock is looked at that another installation holds, in milliseconds. */
const lookMs = 250;
/** No installation takes this long, in milliseconds: the number of its process has gone to another one since. */
const lockMaxMs = 15 * 60_000;
/** Whoever made the lock has written its process's number into it by then, in milliseconds. */
const unnamedMaxMs = 5_000;
const pinnedNode = readJson("package.json").dependencies.node;

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/** Why the packages must be installed; undefined when all of them are there. */
function reasonToInstall() {
  const wanted = readJson("package-lock.json").packages;
  let installed;
  try {
    installed = readJson("node_modules/.package-lock.json").packages;
  } catch {
    return "no packages are installed yet";
  }
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    // The entry without a path is this project itself; an optional package may be one for another platform.
    if (path === "" || (optional && !installed[path])) continue;
    if (installed[path]?.version !== version) return `${path.replace(/^.*node_modules\//, "")} is not at ${version}`;
  }
  const node = spawnSync(join(modules, ".bin", "node"), ["--version"], { encoding: "utf8" }).stdout?.trim();
  if (node !== `v${pinnedNode}`) return `the pinned Node ${pinnedNode} does not run`;
}

/** The machine's own Node must run npm: npm removes the one in node_modules while it works. */
function pathWithoutModules() {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => !/[\\/]node_modules[\\/]\.bin$/.test(resolve(folder)))
    .join(delimiter);
}

/** Whether the installation that made the lock has ended without taking it away. */
function isStale() {
  let age;
  try {
    age = Date.now() - statSync(lock).mtimeMs;
    process.kill(Number(readFileSync(join(lock, "pid"), "utf8")), 0);
    return age > lockMaxMs;
  } catch (error) {
    // A process of another user is alive as well.
    if (error.code === "EPERM") return age > lockMaxMs;
    return error.code === "ESRCH" || age > unnamedMaxMs;
  }
}

/** Returns once this process alone may install; the lock goes with the process. */
function takeLock() {
  for (let told = false; ; ) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, "pid"), String(process.pid));
      process.once("exit", () => rmSync(lock, { recursive: true, force: true }));
      return;
    } catch (error) {
      if (error.code !== "EEXIST") fail(`The lock ${lock} cannot be made: ${error.message}`);
    }
    if (isStale()) {
      rmSync(lock, { recursive: true, force: true });
      continue;
    }
    if (!told) process.stdout.write(`Packages are being installed by another process, waiting for it (${lock}) …\n`);
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lookMs);
  }
}

function fail(message, output = "") {
  process.stderr.write(`${output}\n${message}\n`);
  process.exit(1);
}

if (reasonToInstall()) takeLock();
// The one that was waited for may have done it.
const reason = reasonToInstall();
if (reason) {
  process.stdout.write(`Installing packages (${reason}), this takes about 15 seconds …\n`);
  const started = Date.now();
  const npm = spawnSync("npm", ["ci", "--include=dev", "--include=optional"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, PATH: pathWithoutModules() },
    maxBuffer: 64 * 1024 * 1024,
  });
  const output = `${npm.stdout ?? ""}${npm.stderr ?? ""}`;
  if (npm.error?.code === "ENOENT") fail("npm was not found: install Node 20 or later together with npm.");
  if (npm.error) fail(`npm could not be started: ${npm.error.message}`, output);
  if (
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/.test(output) &&
    npm.status
  ) {
    fail("The packages could not be downloaded: the network or the npm registry is not reachable.", output);
  }
  if (npm.status !== 0) fail("npm could not install the packages; its words are above.", output);
  const still = reasonToInstall();
  if (still) fail(`The installation is not complete: ${still}. Are npm's install scripts switched off?`, output);
  process.stdout.write(`Packages installed in ${Math.round((Date.now() - started) / 1000)} s.\n`);
}
