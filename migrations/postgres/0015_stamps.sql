-- Checkpoints of logs that an authority time-stamped (RFC 3161), with what says who it is: documents by digest.

CREATE TABLE log_stamps (
    origin     TEXT   NOT NULL,
    size       BIGINT NOT NULL CHECK (size > 0),
    root       BYTEA  NOT NULL CHECK (length(root) = 32),
    checkpoint TEXT   NOT NULL,
    token      BYTEA  NOT NULL,
    relied_on  TEXT   NOT NULL CHECK (relied_on::json IS NOT NULL),
    PRIMARY KEY (origin, size)
);

CREATE TRIGGER log_stamps_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON log_stamps
FOR EACH STATEMENT EXECUTE FUNCTION journal_kept();

GRANT SELECT, INSERT ON log_stamps TO negiz_gateway;
