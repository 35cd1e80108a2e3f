-- What happened. Rows are added, never changed and never removed.

-- A request id is used once per signer, on every node. The id comes first: new ids are close to each other in time.
CREATE TABLE claims (
    request BLOB NOT NULL CHECK (length(request) = 16),
    signer  BLOB NOT NULL CHECK (length(signer) = 32),
    PRIMARY KEY (request, signer)
) STRICT, WITHOUT ROWID;

-- With a row id of its own: rows are large, and a tree keyed by them would be deep.
CREATE TABLE entries (
    origin    TEXT    NOT NULL,
    idx       INTEGER NOT NULL CHECK (idx >= 0),
    kind      TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    request   BLOB CHECK (length(request) = 16),
    agency    TEXT,
    code      TEXT,
    -- The grant this entry is the outcome of, in the same log.
    grant_idx INTEGER CHECK (grant_idx < idx),
    leaf      BLOB    NOT NULL,
    content   BLOB    NOT NULL,
    case_ref  BLOB CHECK (length(case_ref) = 32),
    UNIQUE (origin, idx)
) STRICT;

CREATE INDEX entries_request ON entries (request) WHERE request IS NOT NULL;
CREATE INDEX entries_grant ON entries (origin, idx) WHERE kind = 'grant';
-- A grant has one outcome.
CREATE UNIQUE INDEX entries_outcome ON entries (origin, grant_idx) WHERE grant_idx IS NOT NULL;

CREATE TABLE log_nodes (
    origin TEXT    NOT NULL,
    idx    INTEGER NOT NULL CHECK (idx >= 0),
    hash   BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (origin, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE log_heads (
    origin     TEXT    NOT NULL PRIMARY KEY,
    size       INTEGER NOT NULL CHECK (size > 0),
    root       BLOB    NOT NULL CHECK (length(root) = 32),
    checkpoint TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER claims_kept BEFORE UPDATE ON claims
BEGIN SELECT RAISE(ABORT, 'journal rows are never changed'); END;
CREATE TRIGGER claims_stay BEFORE DELETE ON claims
BEGIN SELECT RAISE(ABORT, 'journal rows are never removed'); END;

CREATE TRIGGER entries_kept BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'journal rows are never changed'); END;
CREATE TRIGGER entries_stay BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'journal rows are never removed'); END;

CREATE TRIGGER log_nodes_kept BEFORE UPDATE ON log_nodes
BEGIN SELECT RAISE(ABORT, 'journal rows are never changed'); END;
CREATE TRIGGER log_nodes_stay BEFORE DELETE ON log_nodes
BEGIN SELECT RAISE(ABORT, 'journal rows are never removed'); END;

-- Forward only: a log never shrinks, and a size has one root.
CREATE TRIGGER log_heads_grow BEFORE UPDATE ON log_heads
WHEN NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
BEGIN SELECT RAISE(ABORT, 'a log never shrinks'); END;
CREATE TRIGGER log_heads_stay BEFORE DELETE ON log_heads
BEGIN SELECT RAISE(ABORT, 'journal rows are never removed'); END;
