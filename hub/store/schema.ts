import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type Database from "better-sqlite3";

/** The layout of the file that this code reads and writes: that of the last file in `schema/`. */
export const schemaVersion = 6;
/** Bytes of the file's secret. */
const keyBytes = 32;

/**
 * Brings the file to the present layout: each step from one version to the next is a file in `schema/`, and all that are
 * needed are done in one transaction.
 *
 * @throws when a newer version wrote the file.
 */
export function migrate(db: Database.Database): void {
  const version = Number(db.pragma("user_version", { simple: true }));
  if (version === schemaVersion) return;
  if (version > schemaVersion) {
    throw new Error(`it was written by a newer version (${version}, this one knows ${schemaVersion})`);
  }
  db.transaction(() => {
    for (let next = version + 1; next <= schemaVersion; next += 1) {
      db.exec(readFileSync(new URL(`schema/${next}.sql`, import.meta.url), "utf8"));
    }
    if (version === 0) db.prepare("INSERT INTO meta VALUES ('epoch', 1), ('key', ?)").run(randomBytes(keyBytes));
    db.pragma(`user_version = ${schemaVersion}`);
  })();
}
