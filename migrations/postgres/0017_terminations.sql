-- Operational records that their bodies terminated, and when the prosecutor is told that their material goes (OI 5(5)).

CREATE TABLE terminations (
    kind        TEXT   NOT NULL,
    number      TEXT   NOT NULL,
    case_ref    BYTEA  NOT NULL CHECK (length(case_ref) = 32),
    keeping     TEXT   NOT NULL CHECK (keeping IN ('unproven', 'intercepts')),
    ended_at    BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    agency      TEXT   NOT NULL,
    reason      TEXT   NOT NULL CHECK (reason <> ''),
    reported_by TEXT   NOT NULL,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (kind, number)
);

CREATE INDEX terminations_due ON terminations (due_at);

CREATE FUNCTION terminations_stand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a reported termination stands';
END
$$;

CREATE TRIGGER terminations_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON terminations
FOR EACH STATEMENT EXECUTE FUNCTION terminations_stand();

GRANT SELECT, INSERT ON terminations TO negiz_gateway;
