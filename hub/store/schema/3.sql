-- What the visits of each day that is over come to, for the figures: see `insight/cells.ts` for `body`. It can be reckoned
-- again from the events; how far they have been counted stands in `meta` under `figures`.

CREATE TABLE figure (
  day  TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;
