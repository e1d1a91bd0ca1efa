import { createJournal } from "../../device/journal.ts";

/** Stores one touch, says so, and waits to be killed. */
const [path = "", touch = ""] = process.argv.slice(2);
const journal = createJournal(path, console);
journal.open();
journal.store(JSON.parse(touch));
process.send?.("stored");
setInterval(() => {}, 1_000);
