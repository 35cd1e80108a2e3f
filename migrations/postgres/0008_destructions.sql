-- What is to be destroyed with a case's material (SLS 16-3(3), OI 5(5)): who asked, who confirmed, and which entry of each log says so.

CREATE TABLE destructions (
    id           UUID   NOT NULL PRIMARY KEY,
    case_ref     BYTEA  NOT NULL UNIQUE CHECK (length(case_ref) = 32),
    kind         TEXT   NOT NULL,
    number       TEXT   NOT NULL,
    cause        TEXT   NOT NULL CHECK (cause IN ('material-destroyed', 'retention-ended')),
    reason       TEXT   NOT NULL CHECK (reason <> ''),
    asked_by     TEXT   NOT NULL,
    asked_at     BIGINT NOT NULL,
    confirmed_by TEXT,
    confirmed_at BIGINT,
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    -- Two persons, never one in two steps.
    CHECK (confirmed_by IS NULL OR confirmed_by <> asked_by)
);

-- Each node says in its own log what of it is gone.
CREATE TABLE destruction_entries (
    destruction UUID NOT NULL REFERENCES destructions (id),
    origin      TEXT NOT NULL,
    -- Null where nothing of the case was in that log.
    idx         BIGINT CHECK (idx >= 0),
    PRIMARY KEY (destruction, origin)
);

-- Cases that have ended, since when, and when notice was given that their content goes (OI 5(5)).
CREATE TABLE retention_clocks (
    kind       TEXT   NOT NULL,
    number     TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    noticed_at BIGINT,
    PRIMARY KEY (kind, number)
);

CREATE FUNCTION destructions_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a confirmed destruction stands';
END
$$;

CREATE TRIGGER destructions_stand BEFORE UPDATE ON destructions FOR EACH ROW
WHEN (OLD.confirmed_at IS NOT NULL OR NEW.case_ref <> OLD.case_ref OR NEW.reason <> OLD.reason OR NEW.asked_by <> OLD.asked_by)
EXECUTE FUNCTION destructions_stand();
CREATE TRIGGER destructions_stay BEFORE DELETE OR TRUNCATE ON destructions
FOR EACH STATEMENT EXECUTE FUNCTION destructions_stand();

GRANT SELECT, INSERT, UPDATE ON destructions TO negiz_gateway;
GRANT SELECT, INSERT ON destruction_entries TO negiz_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_clocks TO negiz_gateway;
