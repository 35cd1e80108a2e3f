-- Checkpoints of logs that an authority time-stamped (RFC 3161), with what says who it is: documents by digest.

CREATE TABLE log_stamps (
    origin     TEXT    NOT NULL,
    size       INTEGER NOT NULL CHECK (size > 0),
    root       BLOB    NOT NULL CHECK (length(root) = 32),
    checkpoint TEXT    NOT NULL,
    token      BLOB    NOT NULL,
    relied_on  TEXT    NOT NULL CHECK (json_valid(relied_on)),
    PRIMARY KEY (origin, size)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER log_stamps_fixed BEFORE UPDATE ON log_stamps
BEGIN SELECT RAISE(ABORT, 'journal rows are never changed'); END;
CREATE TRIGGER log_stamps_stay BEFORE DELETE ON log_stamps
BEGIN SELECT RAISE(ABORT, 'journal rows are never removed'); END;
