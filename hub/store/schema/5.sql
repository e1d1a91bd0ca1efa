-- Staff who sign in at the pages.

CREATE TABLE staff (
  name TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;

-- What of the configuration became an account: once, so that one that was removed does not come back with a restart.
CREATE TABLE staff_seed (
  name   TEXT NOT NULL PRIMARY KEY,
  digest TEXT NOT NULL
) STRICT;

-- `id` is the hash of what the browser's cookie holds.
CREATE TABLE staff_session (
  id    TEXT NOT NULL PRIMARY KEY,
  name  TEXT NOT NULL,
  began INTEGER NOT NULL,
  seen  INTEGER NOT NULL
) STRICT;

-- Wrong passwords, by the keyed hash of the account's name as it was typed, and of the address from which it came.
CREATE TABLE staff_attempt (
  id      INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX staff_attempt_subject ON staff_attempt (subject, at);

-- Who did what, without a word about visitors.
CREATE TABLE staff_audit (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  at      INTEGER NOT NULL,
  who     TEXT,
  what    TEXT NOT NULL,
  desk    TEXT,
  ticket  TEXT,
  outcome TEXT NOT NULL,
  about   TEXT
) STRICT;
CREATE INDEX staff_audit_age ON staff_audit (at);
