import type Database from "better-sqlite3";
import type { RecordedEvent } from "../office/events.ts";
import type { OfficeState, UserRecord } from "../office/state.ts";

/** The table of those who may log in besides the users of the configuration. */
export interface UserTable {
  /** Writes what the events changed, within a transaction; tells whether a password's hash was given up. */
  write(events: RecordedEvent[], state: OfficeState): boolean;
  all(): UserRecord[];
}

export function createUserTable(db: Database.Database): UserTable {
  const set = db.prepare("INSERT INTO user VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body");
  const remove = db.prepare("DELETE FROM user WHERE name = ?");
  const all = db.prepare("SELECT body FROM user");
  return {
    write(events, state) {
      let erased = false;
      for (const event of events) {
        if (event.type !== "office.changed" || event.what !== "user") continue;
        const user = state.users.get(event.user);
        if (user) set.run(user.name, JSON.stringify(user));
        else remove.run(event.user);
        erased ||= event.change !== "added";
      }
      return erased;
    },
    all: () => (all.all() as { body: string }[]).map(({ body }) => JSON.parse(body) as UserRecord),
  };
}
