-- The matrix under four eyes (SLS 13(3), 16-3(4)): a row is a proposal, and in force once another official approved it.

CREATE TABLE matrices (
    set_digest BLOB    NOT NULL PRIMARY KEY CHECK (length(set_digest) = 32),
    matrix     TEXT    NOT NULL CHECK (json_valid(matrix)),
    proposer   BLOB    NOT NULL CHECK (length(proposer) = 32),
    proposed   INTEGER NOT NULL,
    approver   BLOB CHECK (length(approver) = 32 AND approver <> proposer),
    approved   INTEGER,
    CHECK ((approver IS NULL) = (approved IS NULL))
) STRICT, WITHOUT ROWID;
