-- Documents that many entries rely on and that name no person: certificates of authorities, revocation lists, policy
-- sets. Each is kept once, by digest (SLS 16-2(2): all that is needed to check a signature years later).

CREATE TABLE documents (
    digest BYTEA NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    bytes  BYTEA NOT NULL
);

CREATE TRIGGER documents_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON documents
FOR EACH STATEMENT EXECUTE FUNCTION journal_kept();

GRANT SELECT, INSERT ON documents TO negiz_gateway;
