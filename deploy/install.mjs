import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Puts the packages of package-lock.json into node_modules, unless they are there already. It is run before
 * `npm start` and `npm test` by whatever Node the machine has (20 or later), so it is plain JavaScript.
 */

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
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
    .filter((folder) => !folder.includes("node_modules"))
    .join(delimiter);
}

function fail(message, output = "") {
  process.stderr.write(`${output}\n${message}\n`);
  process.exit(1);
}

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
