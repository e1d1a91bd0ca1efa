-- Who may log in besides the users of the configuration. `body` is the whole record, with the hash of the password.
CREATE TABLE user (
  name TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
) STRICT;
