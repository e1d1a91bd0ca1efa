-- Appointments. `appointment` is what the core works with, without a name in it; `person` and `mail` hold what is personal
-- and are erased as soon as nobody needs it: they are the only tables that do.

CREATE TABLE appointment (
  id   TEXT NOT NULL PRIMARY KEY,
  day  TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX appointment_day ON appointment (day);

CREATE TABLE person (
  appointment TEXT NOT NULL PRIMARY KEY,
  body        TEXT NOT NULL
) STRICT;

-- Mails that are not sent yet, each with a copy of its address. One that is sent or given up is deleted. `due` is when it
-- is tried next; behind `drop_at` it is of no use.
CREATE TABLE mail (
  id          TEXT NOT NULL PRIMARY KEY,
  appointment TEXT NOT NULL,
  kind        TEXT NOT NULL,
  due         INTEGER NOT NULL,
  drop_at     INTEGER NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  error       TEXT,
  body        TEXT NOT NULL
) STRICT;
CREATE INDEX mail_due ON mail (due);
CREATE INDEX mail_appointment ON mail (appointment);

-- Wrong birth dates, by terminal.
CREATE TABLE wrong_entry (
  client TEXT NOT NULL,
  at     INTEGER NOT NULL
) STRICT;
