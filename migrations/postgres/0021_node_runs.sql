-- Nodes of a log's tree come in runs: those that one batch completed stand in one row, `idx` being that of the first. A row
-- for each cost more than its hash. Rows written before are runs of one.

ALTER TABLE log_nodes RENAME COLUMN hash TO hashes;
ALTER TABLE log_nodes DROP CONSTRAINT log_nodes_hash_check;
ALTER TABLE log_nodes ADD CONSTRAINT log_nodes_hashes_check CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0);
-- Hashes do not compress.
ALTER TABLE log_nodes ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE log_nodes SET (toast_tuple_target = 8160);
