-- The keys of sealed content, one per case, so that content is destroyed with its case's material (SLS 16-3(3)).

CREATE TABLE case_keys (
    case_ref     BYTEA  NOT NULL PRIMARY KEY CHECK (length(case_ref) = 32),
    wrapped      BYTEA,
    made_at      BIGINT NOT NULL,
    destroyed_at BIGINT,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

-- What is destroyed stays destroyed: neither written again nor forgotten, which would let it be made anew.
CREATE FUNCTION case_keys_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a destroyed key is never made again';
END
$$;

CREATE TRIGGER case_keys_end BEFORE UPDATE ON case_keys FOR EACH ROW
WHEN (OLD.destroyed_at IS NOT NULL OR NEW.case_ref <> OLD.case_ref)
EXECUTE FUNCTION case_keys_end();
CREATE TRIGGER case_keys_stay BEFORE DELETE OR TRUNCATE ON case_keys
FOR EACH STATEMENT EXECUTE FUNCTION case_keys_end();

GRANT SELECT, INSERT, UPDATE ON case_keys TO negiz_gateway;
