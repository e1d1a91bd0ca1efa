/**
 * The hub as it is shipped, but for one thing: it kills itself when it records that a mail was sent, right `before` or
 * right `after` that is in its file. Called with that word and a configuration.
 */
import { systemClock } from "../../hub/clock.ts";
import { loadConfig } from "../../hub/config.ts";
import { startHub } from "../../hub/hub.ts";
import { createLog } from "../../hub/log.ts";
import { openStore } from "../../hub/store/store.ts";

const [, , when = "", path = ""] = process.argv;
const loaded = loadConfig(path, process.env);
if (!loaded.ok) throw new Error(loaded.message);
process.env.TZ = loaded.config.timeZone;
const store = openStore(loaded.config.data);
const dying = {
  ...store,
  mailSent(id: string) {
    if (when === "before") process.kill(process.pid, "SIGKILL");
    store.mailSent(id);
    if (when === "after") process.kill(process.pid, "SIGKILL");
  },
};
const hub = await startHub(loaded.config, dying, systemClock, createLog("warn"));
await hub.ready;
process.stdout.write("up\n");
