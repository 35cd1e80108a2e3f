-- When a node has looked once more, after the key was gone, for entries that came under it behind its account.

CREATE TABLE destruction_ends (
    destruction BLOB NOT NULL REFERENCES destructions (id),
    origin      TEXT NOT NULL,
    -- The entry that says what came late; null where nothing did.
    idx         INTEGER CHECK (idx >= 0),
    PRIMARY KEY (destruction, origin)
) STRICT, WITHOUT ROWID;
