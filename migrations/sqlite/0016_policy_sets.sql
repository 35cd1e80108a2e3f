-- The sets of rules and data that decided, by the digest that evidence names: an old decision is read with the set that made it.

CREATE TABLE policy_sets (
    digest BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    -- Name and text of every file.
    files  TEXT    NOT NULL CHECK (json_valid(files)),
    since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER policy_sets_stay BEFORE UPDATE ON policy_sets
BEGIN SELECT RAISE(ABORT, 'a set that decided stays as it was'); END;
CREATE TRIGGER policy_sets_kept BEFORE DELETE ON policy_sets
BEGIN SELECT RAISE(ABORT, 'a set that decided stays as it was'); END;
