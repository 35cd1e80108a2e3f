-- The sets of rules and data that decided, by the digest that evidence names: an old decision is read with the set that made it.

CREATE TABLE policy_sets (
    digest BYTEA  NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    -- Name and text of every file.
    files  TEXT   NOT NULL CHECK (files::json IS NOT NULL),
    since  BIGINT NOT NULL
);

CREATE FUNCTION policy_sets_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a set that decided stays as it was';
END
$$;

CREATE TRIGGER policy_sets_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_sets
FOR EACH STATEMENT EXECUTE FUNCTION policy_sets_stay();

GRANT SELECT, INSERT ON policy_sets TO negiz_gateway;
