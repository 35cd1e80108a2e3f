-- The register of requests: an index over the journal for those who review it. It is derived: emptied, it is made again from
-- the journal. Persons and cases stand in it as the first 16 bytes of keyed commitments, never in clear.

CREATE TABLE register_logs (
    number INTEGER NOT NULL PRIMARY KEY,
    origin TEXT    NOT NULL UNIQUE,
    -- The first entry of the log that is not in the register yet.
    next   INTEGER NOT NULL DEFAULT 0 CHECK (next >= 0)
) STRICT;

CREATE TABLE register (
    -- number of the log * 2^48 + index of the grant or refusal: a log has at most 2^48 entries.
    place     INTEGER NOT NULL PRIMARY KEY,
    at        INTEGER NOT NULL,
    -- 0 pending, 1 answered, 2 refused, 3 failed
    outcome   INTEGER NOT NULL,
    -- 0 ordinary, 1 operational (OI 14(3), 25: for its overseers alone)
    track     INTEGER NOT NULL,
    request   BLOB CHECK (length(request) = 16),
    officer   BLOB CHECK (length(officer) = 16),
    subject   BLOB CHECK (length(subject) = 16),
    case_key  BLOB CHECK (length(case_key) = 16),
    agency    TEXT,
    registry  TEXT,
    operation TEXT,
    code      TEXT
) STRICT;

-- One for each filter, in the order of the pages: newest first is read backwards.
CREATE INDEX register_at ON register (at, place);
CREATE INDEX register_operational ON register (at, place) WHERE track = 1;
CREATE INDEX register_officer ON register (officer, at, place) WHERE officer IS NOT NULL;
CREATE INDEX register_subject ON register (subject, at, place) WHERE subject IS NOT NULL;
CREATE INDEX register_case ON register (case_key, at, place) WHERE case_key IS NOT NULL;
CREATE INDEX register_agency ON register (agency, at, place);
CREATE INDEX register_registry ON register (registry, at, place);
CREATE INDEX register_code ON register (code, at, place) WHERE code IS NOT NULL;
-- Most are answered: those are found by time.
CREATE INDEX register_outcome ON register (outcome, at, place) WHERE outcome <> 1;
CREATE INDEX register_request ON register (request) WHERE request IS NOT NULL;
