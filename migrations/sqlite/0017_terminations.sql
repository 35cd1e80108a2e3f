-- Operational records that their bodies terminated, and when the prosecutor is told that their material goes (OI 5(5)).

CREATE TABLE terminations (
    kind        TEXT    NOT NULL,
    number      TEXT    NOT NULL,
    case_ref    BLOB    NOT NULL CHECK (length(case_ref) = 32),
    keeping     TEXT    NOT NULL CHECK (keeping IN ('unproven', 'intercepts')),
    ended_at    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    agency      TEXT    NOT NULL,
    reason      TEXT    NOT NULL CHECK (reason <> ''),
    reported_by TEXT    NOT NULL,
    reported_at INTEGER NOT NULL,
    PRIMARY KEY (kind, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX terminations_due ON terminations (due_at);

CREATE TRIGGER terminations_stand BEFORE UPDATE ON terminations
BEGIN SELECT RAISE(ABORT, 'a reported termination stands'); END;
CREATE TRIGGER terminations_stay BEFORE DELETE ON terminations
BEGIN SELECT RAISE(ABORT, 'a reported termination stands'); END;
