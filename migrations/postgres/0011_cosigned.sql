-- The newest checkpoint of each log that enough witnesses cosigned, with their lines (C2SP tlog-witness).

CREATE TABLE log_cosigned (
    origin     TEXT   NOT NULL PRIMARY KEY,
    size       BIGINT NOT NULL CHECK (size > 0),
    root       BYTEA  NOT NULL CHECK (length(root) = 32),
    checkpoint TEXT   NOT NULL
) WITH (fillfactor = 20);

CREATE TRIGGER log_cosigned_stay BEFORE DELETE OR TRUNCATE ON log_cosigned
FOR EACH STATEMENT EXECUTE FUNCTION journal_kept();
CREATE TRIGGER log_cosigned_grow BEFORE UPDATE ON log_cosigned FOR EACH ROW
WHEN (NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root))
EXECUTE FUNCTION log_heads_grow();

GRANT SELECT, INSERT, UPDATE ON log_cosigned TO negiz_gateway;
