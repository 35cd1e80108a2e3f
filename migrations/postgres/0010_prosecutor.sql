-- What prosecutors ended (OI 25(2)3)), what began before their sanction (OI 12(7)), and what they are still to be told.

CREATE TABLE resolutions (
    digest BYTEA  NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    ended  TEXT   NOT NULL CHECK (ended IN ('case', 'sanction')),
    target BYTEA  NOT NULL CHECK (length(target) = 32),
    since  BIGINT NOT NULL
);

CREATE FUNCTION resolutions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a resolution is never taken back';
END
$$;

CREATE TRIGGER resolutions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON resolutions
FOR EACH STATEMENT EXECUTE FUNCTION resolutions_stay();

-- One clock for each case and subject: a second decision does not begin it anew.
CREATE TABLE urgent_measures (
    case_ref   BYTEA  NOT NULL CHECK (length(case_ref) = 32),
    subject    BYTEA  NOT NULL CHECK (length(subject) = 32),
    origin     TEXT   NOT NULL,
    request    UUID   NOT NULL,
    agency     TEXT   NOT NULL,
    decided    BIGINT NOT NULL,
    deadline   BIGINT NOT NULL,
    sanctioned BIGINT,
    flagged    BIGINT,
    PRIMARY KEY (case_ref, subject)
);

-- The grants made on it, for the flag.
CREATE TABLE urgent_grants (
    request  UUID  NOT NULL,
    agency   TEXT  NOT NULL,
    case_ref BYTEA NOT NULL,
    subject  BYTEA NOT NULL,
    PRIMARY KEY (request, agency)
);

CREATE TABLE outbox (
    id        UUID   NOT NULL PRIMARY KEY,
    body      TEXT   NOT NULL CHECK (body::json IS NOT NULL),
    made      BIGINT NOT NULL,
    due       BIGINT NOT NULL,
    attempts  BIGINT NOT NULL,
    delivered BIGINT
);

CREATE INDEX outbox_due ON outbox (due) WHERE delivered IS NULL;

GRANT SELECT, INSERT ON resolutions, urgent_grants TO negiz_gateway;
GRANT SELECT, INSERT, UPDATE ON urgent_measures, outbox TO negiz_gateway;
