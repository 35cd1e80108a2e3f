-- How far each node is with a destruction: its first look, and its last one once the key was gone.

-- What goes, decided once for all nodes.
CREATE TABLE destruction_scopes (
    destruction BLOB    NOT NULL PRIMARY KEY REFERENCES destructions (id),
    -- Whether the key goes too that bodies had in common before each had its own.
    shared      INTEGER NOT NULL CHECK (shared IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE destruction_looks (
    destruction BLOB    NOT NULL REFERENCES destructions (id),
    origin      TEXT    NOT NULL,
    -- Entries of the log then. The account names what stood below; what came later is for the last look.
    size        INTEGER NOT NULL CHECK (size >= 0),
    at          INTEGER NOT NULL,
    PRIMARY KEY (destruction, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE destruction_ends (
    destruction BLOB NOT NULL REFERENCES destructions (id),
    origin      TEXT NOT NULL,
    -- The entry that says what came late; null where nothing did.
    idx         INTEGER CHECK (idx >= 0),
    PRIMARY KEY (destruction, origin)
) STRICT, WITHOUT ROWID;

INSERT INTO destruction_ends (destruction, origin) SELECT destruction, origin FROM destruction_entries;
