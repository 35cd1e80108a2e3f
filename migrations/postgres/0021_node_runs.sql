-- Nodes of a log's tree come in runs: those that one batch completed stand in one row, `idx` being that of the first. A row
-- for each cost more than its hash. Rows written before are runs of one.

ALTER TABLE log_nodes RENAME COLUMN hash TO hashes;
ALTER TABLE log_nodes DROP CONSTRAINT log_nodes_hash_check;
ALTER TABLE log_nodes ADD CONSTRAINT log_nodes_hashes_check CHECK (length(hashes) > 0 AND length(hashes) % 32 = 0);
-- Hashes do not compress.
ALTER TABLE log_nodes ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE log_nodes SET (toast_tuple_target = 8160);

-- A node is read from the run it falls into, so that one more run could hide it: each begins where the one before it ends.
CREATE FUNCTION log_nodes_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.idx <> coalesce((SELECT idx + length(hashes) / 32 FROM log_nodes WHERE origin = NEW.origin
                            ORDER BY idx DESC LIMIT 1), 0) THEN
        RAISE EXCEPTION 'the nodes of a log follow on each other';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER log_nodes_follow BEFORE INSERT ON log_nodes FOR EACH ROW EXECUTE FUNCTION log_nodes_follow();
