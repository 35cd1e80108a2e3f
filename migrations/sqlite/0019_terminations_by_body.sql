-- Two bodies may number their records alike: each reports its own as terminated, once.

CREATE TABLE terminations_by_body (
    kind        TEXT    NOT NULL,
    number      TEXT    NOT NULL,
    case_ref    BLOB    NOT NULL PRIMARY KEY CHECK (length(case_ref) = 32),
    keeping     TEXT    NOT NULL CHECK (keeping IN ('unproven', 'intercepts')),
    ended_at    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    agency      TEXT    NOT NULL,
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    reported_by TEXT    NOT NULL,
    reported_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO terminations_by_body
SELECT kind, number, case_ref, keeping, ended_at, due_at, agency, reason, reported_by, reported_at FROM terminations;

DROP TABLE terminations;
ALTER TABLE terminations_by_body RENAME TO terminations;

CREATE INDEX terminations_due ON terminations (due_at);

CREATE TRIGGER terminations_stand BEFORE UPDATE ON terminations
BEGIN SELECT RAISE(ABORT, 'a reported termination stands'); END;
CREATE TRIGGER terminations_stay BEFORE DELETE ON terminations
BEGIN SELECT RAISE(ABORT, 'a reported termination stands'); END;
