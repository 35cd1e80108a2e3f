-- What is to be destroyed with a case's material (SLS 16-3(3), OI 5(5)): who asked, who confirmed, and which entry of each log says so.

CREATE TABLE destructions (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    case_ref     BLOB    NOT NULL UNIQUE CHECK (length(case_ref) = 32),
    kind         TEXT    NOT NULL,
    number       TEXT    NOT NULL,
    cause        TEXT    NOT NULL CHECK (cause IN ('material-destroyed', 'retention-ended')),
    reason       TEXT    NOT NULL CHECK (reason <> ''),
    asked_by     TEXT    NOT NULL,
    asked_at     INTEGER NOT NULL,
    confirmed_by TEXT,
    confirmed_at INTEGER,
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    -- Two persons, never one in two steps.
    CHECK (confirmed_by IS NULL OR confirmed_by <> asked_by)
) STRICT, WITHOUT ROWID;

-- Each node says in its own log what of it is gone.
CREATE TABLE destruction_entries (
    destruction BLOB NOT NULL REFERENCES destructions (id),
    origin      TEXT NOT NULL,
    -- Null where nothing of the case was in that log.
    idx         INTEGER CHECK (idx >= 0),
    PRIMARY KEY (destruction, origin)
) STRICT, WITHOUT ROWID;

-- Cases that have ended, since when, and when notice was given that their content goes (OI 5(5)).
CREATE TABLE retention_clocks (
    kind       TEXT    NOT NULL,
    number     TEXT    NOT NULL,
    started_at INTEGER NOT NULL,
    noticed_at INTEGER,
    PRIMARY KEY (kind, number)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER destructions_stand BEFORE UPDATE ON destructions
WHEN OLD.confirmed_at IS NOT NULL OR NEW.case_ref <> OLD.case_ref OR NEW.reason <> OLD.reason OR NEW.asked_by <> OLD.asked_by
BEGIN SELECT RAISE(ABORT, 'a confirmed destruction stands'); END;
CREATE TRIGGER destructions_stay BEFORE DELETE ON destructions
BEGIN SELECT RAISE(ABORT, 'a confirmed destruction stands'); END;
