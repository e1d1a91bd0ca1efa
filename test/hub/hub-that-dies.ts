/**
 * The hub as it is shipped, but for one thing: after SIGUSR2 it kills itself at one of its next commits, right after
 * that commit and before anything of it is said. Called with a configuration.
 */
import { systemClock } from "../../hub/clock.ts";
import { loadConfig } from "../../hub/config.ts";
import { startHub } from "../../hub/hub.ts";
import { createLog } from "../../hub/log.ts";
import { openStore } from "../../hub/store/store.ts";

/** Commits that are survived after SIGUSR2, at most. */
const commitsSurvivedMax = 40;

const [, , path = ""] = process.argv;
const loaded = loadConfig(path, process.env);
if (!loaded.ok) throw new Error(loaded.message);
process.env.TZ = loaded.config.timeZone;
let left = 0;
process.on("SIGUSR2", () => {
  left = 1 + Math.floor(Math.random() * commitsSurvivedMax);
});
const store = openStore(loaded.config.data);
const dying = {
  ...store,
  commit(changes: Parameters<typeof store.commit>[0]) {
    store.commit(changes);
    if (changes.replies.length === 0 || left === 0) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, "SIGKILL");
  },
};
const hub = await startHub(loaded.config, dying, systemClock, createLog("warn"));
await hub.ready;
process.stdout.write("up\n");
