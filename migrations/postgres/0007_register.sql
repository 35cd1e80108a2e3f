-- The register of requests: an index over the journal for those who review it. It is derived: emptied, it is made again from
-- the journal. Persons and cases stand in it as the first 16 bytes of keyed commitments, never in clear.

CREATE TABLE register_logs (
    number SMALLINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin TEXT     NOT NULL UNIQUE,
    -- The first entry of the log that is not in the register yet.
    next   BIGINT   NOT NULL DEFAULT 0 CHECK (next >= 0)
);

CREATE TABLE register (
    -- number of the log * 2^48 + index of the grant or refusal: a log has at most 2^48 entries.
    place     BIGINT   NOT NULL PRIMARY KEY,
    at        BIGINT   NOT NULL,
    -- 0 pending, 1 answered, 2 refused, 3 failed
    outcome   SMALLINT NOT NULL,
    -- 0 ordinary, 1 operational (OI 14(3), 25: for its overseers alone)
    track     SMALLINT NOT NULL,
    request   UUID,
    officer   UUID,
    subject   UUID,
    case_key  UUID,
    agency    TEXT,
    registry  TEXT,
    operation TEXT,
    code      TEXT
);

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

GRANT SELECT, INSERT, UPDATE ON register_logs, register TO negiz_gateway;
