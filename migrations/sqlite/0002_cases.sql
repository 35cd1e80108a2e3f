-- What the case registries say, between two of their feeds (SLS 16-2(3)¶2).

CREATE TABLE case_sources (
    code    TEXT    NOT NULL PRIMARY KEY CHECK (code <> ''),
    kinds   TEXT    NOT NULL,
    -- Where a live source is asked; null for a source that feeds the replica.
    url     TEXT,
    max_age INTEGER NOT NULL CHECK (max_age > 0),
    as_of   INTEGER CHECK (url IS NULL OR as_of IS NULL)
) STRICT, WITHOUT ROWID;

-- The number comes first in the key: a request is looked up by it alone.
CREATE TABLE cases (
    number  TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    source  TEXT    NOT NULL REFERENCES case_sources (code),
    status  TEXT    NOT NULL CHECK (status IN ('open', 'suspended', 'closed')),
    agency  TEXT    NOT NULL CHECK (length(agency) = 12),
    holders TEXT    NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (number, kind)
) STRICT, WITHOUT ROWID;

-- An older state never overwrites a newer one, whoever writes.
CREATE TRIGGER cases_forward BEFORE UPDATE ON cases
WHEN NEW.version <= OLD.version OR NEW.source <> OLD.source
BEGIN
    SELECT RAISE(ABORT, 'a case moves forward only, and stays with its source');
END;

CREATE TRIGGER case_sources_forward BEFORE UPDATE ON case_sources
WHEN NEW.url IS NULL AND OLD.as_of IS NOT NULL AND (NEW.as_of IS NULL OR NEW.as_of < OLD.as_of)
BEGIN
    SELECT RAISE(ABORT, 'the instant a source spoke of moves forward only');
END;
