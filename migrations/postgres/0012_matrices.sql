-- The matrix under four eyes (SLS 13(3), 16-3(4)): a row is a proposal, and in force once another official approved it.

CREATE TABLE matrices (
    set_digest BYTEA  NOT NULL PRIMARY KEY CHECK (length(set_digest) = 32),
    matrix     TEXT   NOT NULL CHECK (matrix::json IS NOT NULL),
    proposer   BYTEA  NOT NULL CHECK (length(proposer) = 32),
    proposed   BIGINT NOT NULL,
    approver   BYTEA CHECK (length(approver) = 32 AND approver <> proposer),
    approved   BIGINT,
    CHECK ((approver IS NULL) = (approved IS NULL))
);

GRANT SELECT, INSERT, UPDATE ON matrices TO negiz_gateway;
