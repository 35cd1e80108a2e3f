-- What happened. Rows are added, never changed and never removed.

-- A request id is used once per signer, on every node. The id comes first: new ids are close to each other in time.
CREATE TABLE claims (
    request UUID  NOT NULL,
    signer  BYTEA NOT NULL CHECK (length(signer) = 32),
    PRIMARY KEY (request, signer)
);

CREATE TABLE entries (
    origin    TEXT   NOT NULL,
    idx       BIGINT NOT NULL CHECK (idx >= 0),
    kind      TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    request   UUID,
    agency    TEXT,
    code      TEXT,
    -- The grant this entry is the outcome of, in the same log.
    grant_idx BIGINT CHECK (grant_idx < idx),
    leaf      BYTEA  NOT NULL,
    content   BYTEA  NOT NULL,
    case_ref  BYTEA CHECK (length(case_ref) = 32),
    PRIMARY KEY (origin, idx)
);

-- What is encrypted does not compress, and a row of a few kilobytes is cheaper whole than in pieces.
ALTER TABLE entries ALTER COLUMN leaf SET STORAGE EXTERNAL, ALTER COLUMN content SET STORAGE EXTERNAL;
ALTER TABLE entries SET (toast_tuple_target = 8160);

CREATE INDEX entries_request ON entries (request) WHERE request IS NOT NULL;
CREATE INDEX entries_grant ON entries (origin, idx) WHERE kind = 'grant';
-- A grant has one outcome.
CREATE UNIQUE INDEX entries_outcome ON entries (origin, grant_idx) WHERE grant_idx IS NOT NULL;

CREATE TABLE log_nodes (
    origin TEXT   NOT NULL,
    idx    BIGINT NOT NULL CHECK (idx >= 0),
    hash   BYTEA  NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (origin, idx)
);

-- Rewritten with every batch: room on the page keeps the new version beside the old one.
CREATE TABLE log_heads (
    origin     TEXT   NOT NULL PRIMARY KEY,
    size       BIGINT NOT NULL CHECK (size > 0),
    root       BYTEA  NOT NULL CHECK (length(root) = 32),
    checkpoint TEXT   NOT NULL
) WITH (fillfactor = 20);

CREATE FUNCTION journal_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'journal rows are never changed or removed';
END
$$;

CREATE TRIGGER claims_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON claims
FOR EACH STATEMENT EXECUTE FUNCTION journal_kept();
CREATE TRIGGER entries_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION journal_kept();
CREATE TRIGGER log_nodes_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON log_nodes
FOR EACH STATEMENT EXECUTE FUNCTION journal_kept();
CREATE TRIGGER log_heads_stay BEFORE DELETE OR TRUNCATE ON log_heads
FOR EACH STATEMENT EXECUTE FUNCTION journal_kept();

CREATE FUNCTION log_heads_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a log never shrinks, and a size has one root';
END
$$;

CREATE TRIGGER log_heads_grow BEFORE UPDATE ON log_heads FOR EACH ROW
WHEN (NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root))
EXECUTE FUNCTION log_heads_grow();

GRANT SELECT, INSERT ON claims, entries, log_nodes TO negiz_gateway;
GRANT SELECT, INSERT, UPDATE ON log_heads TO negiz_gateway;
