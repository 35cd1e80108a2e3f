-- Nodes of a log's tree come in runs: those that one batch completed stand in one row, `idx` being that of the first. A row
-- for each cost more than its hash. Rows written before are runs of one.

DROP TRIGGER log_nodes_kept;
DROP TRIGGER log_nodes_stay;
ALTER TABLE log_nodes RENAME TO log_nodes_before;

-- With a row id of its own, as entries have: a run of many nodes is kilobytes.
CREATE TABLE log_nodes (
    origin TEXT    NOT NULL,
    idx    INTEGER NOT NULL CHECK (idx >= 0),
    hashes BLOB    NOT NULL CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0),
    UNIQUE (origin, idx)
) STRICT;

INSERT INTO log_nodes (origin, idx, hashes) SELECT origin, idx, hash FROM log_nodes_before ORDER BY origin, idx;
DROP TABLE log_nodes_before;

CREATE TRIGGER log_nodes_kept BEFORE UPDATE ON log_nodes
BEGIN SELECT RAISE(ABORT, 'journal rows are never changed'); END;
CREATE TRIGGER log_nodes_stay BEFORE DELETE ON log_nodes
BEGIN SELECT RAISE(ABORT, 'journal rows are never removed'); END;

-- A node is read from the run it falls into, so that one more run could hide it: each begins where the one before it ends.
CREATE TRIGGER log_nodes_follow BEFORE INSERT ON log_nodes
WHEN NEW.idx <> coalesce((SELECT idx + length(hashes) / 32 FROM log_nodes WHERE origin = NEW.origin
                          ORDER BY idx DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'the nodes of a log follow on each other'); END;
