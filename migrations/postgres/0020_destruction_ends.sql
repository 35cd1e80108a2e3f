-- How far each node is with a destruction: its first look, and its last one once the key was gone.

-- What goes, decided once for all nodes.
CREATE TABLE destruction_scopes (
    destruction UUID    NOT NULL PRIMARY KEY REFERENCES destructions (id),
    -- Whether the key goes too that bodies had in common before each had its own.
    shared      BOOLEAN NOT NULL
);

CREATE TABLE destruction_looks (
    destruction UUID   NOT NULL REFERENCES destructions (id),
    origin      TEXT   NOT NULL,
    -- Entries of the log then. The account names what stood below; what came later is for the last look.
    size        BIGINT NOT NULL CHECK (size >= 0),
    at          BIGINT NOT NULL,
    PRIMARY KEY (destruction, origin)
);

CREATE TABLE destruction_ends (
    destruction UUID NOT NULL REFERENCES destructions (id),
    origin      TEXT NOT NULL,
    -- The entry that says what came late; null where nothing did.
    idx         BIGINT CHECK (idx >= 0),
    PRIMARY KEY (destruction, origin)
);

INSERT INTO destruction_ends (destruction, origin) SELECT destruction, origin FROM destruction_entries;

GRANT SELECT, INSERT ON destruction_scopes, destruction_looks, destruction_ends TO negiz_gateway;
