-- What the case registries say, between two of their feeds (SLS 16-2(3)¶2).

CREATE TABLE case_sources (
    code    TEXT   NOT NULL PRIMARY KEY CHECK (code <> ''),
    kinds   TEXT   NOT NULL,
    -- Where a live source is asked; null for a source that feeds the replica.
    url     TEXT,
    max_age BIGINT NOT NULL CHECK (max_age > 0),
    as_of   BIGINT CHECK (url IS NULL OR as_of IS NULL)
);

-- The number comes first in the key: a request is looked up by it alone.
CREATE TABLE cases (
    number  TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    source  TEXT   NOT NULL REFERENCES case_sources (code),
    status  TEXT   NOT NULL CHECK (status IN ('open', 'suspended', 'closed')),
    agency  TEXT   NOT NULL CHECK (agency ~ '^[0-9]{12}$'),
    holders TEXT   NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (number, kind)
);

-- An older state never overwrites a newer one, whoever writes.
CREATE FUNCTION cases_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a case moves forward only, and stays with its source';
END
$$;

CREATE TRIGGER cases_forward BEFORE UPDATE ON cases FOR EACH ROW
WHEN (NEW.version <= OLD.version OR NEW.source <> OLD.source)
EXECUTE FUNCTION cases_forward();

CREATE FUNCTION case_sources_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the instant a source spoke of moves forward only';
END
$$;

CREATE TRIGGER case_sources_forward BEFORE UPDATE ON case_sources FOR EACH ROW
WHEN (NEW.url IS NULL AND OLD.as_of IS NOT NULL AND (NEW.as_of IS NULL OR NEW.as_of < OLD.as_of))
EXECUTE FUNCTION case_sources_forward();

GRANT SELECT, INSERT, UPDATE ON case_sources, cases TO negiz_gateway;
