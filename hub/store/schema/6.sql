-- Numbers that terminals may print while the hub is away: once granted they are never given by the hub itself. `lost`: the
-- terminal no longer knows which of them it has given, and has others now.

CREATE TABLE reserve (
  day    TEXT NOT NULL,
  letter TEXT NOT NULL,
  digits INTEGER NOT NULL,
  first  INTEGER NOT NULL,
  last   INTEGER NOT NULL,
  client TEXT NOT NULL,
  lost   INTEGER NOT NULL,
  PRIMARY KEY (day, letter, digits, first)
) STRICT;
