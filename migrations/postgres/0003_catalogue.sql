-- The closed catalogue of registries (SLS 16-1(1)¶2), and a number that grows whenever it is imported.

-- The entry is text, not jsonb: its canonical bytes are what was approved.
CREATE TABLE registries (
    code  TEXT NOT NULL PRIMARY KEY CHECK (code <> ''),
    entry TEXT NOT NULL CHECK (entry::json IS NOT NULL)
);

CREATE TABLE catalogue (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);

INSERT INTO catalogue (id, version) VALUES (1, 0);

CREATE FUNCTION catalogue_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the number of the catalogue only grows';
END
$$;

CREATE TRIGGER catalogue_grows BEFORE UPDATE ON catalogue FOR EACH ROW
WHEN (NEW.version <= OLD.version) EXECUTE FUNCTION catalogue_grows();

GRANT SELECT, INSERT, UPDATE ON registries TO negiz_gateway;
GRANT SELECT, UPDATE ON catalogue TO negiz_gateway;
