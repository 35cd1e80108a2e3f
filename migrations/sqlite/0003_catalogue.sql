-- The closed catalogue of registries (SLS 16-1(1)¶2), and a number that grows whenever it is imported.

CREATE TABLE registries (
    code  TEXT NOT NULL PRIMARY KEY CHECK (code <> ''),
    entry TEXT NOT NULL CHECK (json_valid(entry))
) STRICT, WITHOUT ROWID;

CREATE TABLE catalogue (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO catalogue (id, version) VALUES (1, 0);

CREATE TRIGGER catalogue_grows BEFORE UPDATE ON catalogue WHEN NEW.version <= OLD.version
BEGIN
    SELECT RAISE(ABORT, 'the number of the catalogue only grows');
END;

CREATE TRIGGER catalogue_stays BEFORE DELETE ON catalogue
BEGIN
    SELECT RAISE(ABORT, 'the number of the catalogue only grows');
END;
