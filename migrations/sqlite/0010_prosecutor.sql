-- What prosecutors ended (OI 25(2)3)), what began before their sanction (OI 12(7)), and what they are still to be told.

CREATE TABLE resolutions (
    digest BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    ended  TEXT    NOT NULL CHECK (ended IN ('case', 'sanction')),
    target BLOB    NOT NULL CHECK (length(target) = 32),
    since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER resolutions_stay BEFORE UPDATE ON resolutions
BEGIN SELECT RAISE(ABORT, 'a resolution is never taken back'); END;
CREATE TRIGGER resolutions_kept BEFORE DELETE ON resolutions
BEGIN SELECT RAISE(ABORT, 'a resolution is never taken back'); END;

-- One clock for each case and subject: a second decision does not begin it anew.
CREATE TABLE urgent_measures (
    case_ref   BLOB    NOT NULL CHECK (length(case_ref) = 32),
    subject    BLOB    NOT NULL CHECK (length(subject) = 32),
    origin     TEXT    NOT NULL,
    request    BLOB    NOT NULL CHECK (length(request) = 16),
    agency     TEXT    NOT NULL,
    decided    INTEGER NOT NULL,
    deadline   INTEGER NOT NULL,
    sanctioned INTEGER,
    flagged    INTEGER,
    PRIMARY KEY (case_ref, subject)
) STRICT, WITHOUT ROWID;

-- The grants made on it, for the flag.
CREATE TABLE urgent_grants (
    request  BLOB NOT NULL CHECK (length(request) = 16),
    agency   TEXT NOT NULL,
    case_ref BLOB NOT NULL,
    subject  BLOB NOT NULL,
    PRIMARY KEY (request, agency)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
    id        BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    body      TEXT    NOT NULL CHECK (json_valid(body)),
    made      INTEGER NOT NULL,
    due       INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    delivered INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (due) WHERE delivered IS NULL;
