-- When a node has looked once more, after the key was gone, for entries that came under it behind its account.

CREATE TABLE destruction_ends (
    destruction UUID NOT NULL REFERENCES destructions (id),
    origin      TEXT NOT NULL,
    -- The entry that says what came late; null where nothing did.
    idx         BIGINT CHECK (idx >= 0),
    PRIMARY KEY (destruction, origin)
);

GRANT SELECT, INSERT ON destruction_ends TO negiz_gateway;
