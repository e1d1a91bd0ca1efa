-- The hub's file. `event` is the record of what happened; `ticket`, `desk`, `display` and `series` are where that led,
-- written in the same transaction, so that a start reads today and not all of the past.
--
-- Tables with long rows keep their rowid: rows then go to the end of the table and fill its pages, where a key's order
-- would split pages all the time. A commit of thirty requests writes a third as much so.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
  epoch INTEGER NOT NULL,
  seq   INTEGER NOT NULL,
  body  TEXT NOT NULL,
  PRIMARY KEY (epoch, seq)
) STRICT;

-- The id begins with the day, so a day's tickets lie together. `body` is the whole record.
CREATE TABLE ticket (
  id    TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  body  TEXT NOT NULL
) STRICT;
CREATE INDEX ticket_at_desk ON ticket (id) WHERE state = 'called';

CREATE TABLE series (
  day    TEXT NOT NULL,
  letter TEXT NOT NULL,
  last   INTEGER NOT NULL,
  PRIMARY KEY (day, letter)
) STRICT, WITHOUT ROWID;

CREATE TABLE desk (
  id   TEXT PRIMARY KEY,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE display (
  name TEXT PRIMARY KEY,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What was answered to each request. `hash` is null for a request that was withdrawn before it arrived: whatever its
-- arguments are, it is answered so.
CREATE TABLE reply (
  client TEXT NOT NULL,
  id     TEXT NOT NULL,
  at     INTEGER NOT NULL,
  verb   TEXT NOT NULL,
  hash   BLOB,
  reply  TEXT NOT NULL,
  PRIMARY KEY (client, id)
) STRICT;
CREATE INDEX reply_age ON reply (at);
