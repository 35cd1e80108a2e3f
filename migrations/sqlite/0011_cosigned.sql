-- The newest checkpoint of each log that enough witnesses cosigned, with their lines (C2SP tlog-witness).

CREATE TABLE log_cosigned (
    origin     TEXT    NOT NULL PRIMARY KEY,
    size       INTEGER NOT NULL CHECK (size > 0),
    root       BLOB    NOT NULL CHECK (length(root) = 32),
    checkpoint TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER log_cosigned_grow BEFORE UPDATE ON log_cosigned
WHEN NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
BEGIN SELECT RAISE(ABORT, 'a log never shrinks'); END;
CREATE TRIGGER log_cosigned_stay BEFORE DELETE ON log_cosigned
BEGIN SELECT RAISE(ABORT, 'journal rows are never removed'); END;
