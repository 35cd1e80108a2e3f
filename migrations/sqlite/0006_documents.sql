-- Documents that many entries rely on and that name no person: certificates of authorities, revocation lists, policy
-- sets. Each is kept once, by digest (SLS 16-2(2): all that is needed to check a signature years later).

CREATE TABLE documents (
    digest BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    bytes  BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER documents_kept_update BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'journal rows are never changed or removed'); END;
CREATE TRIGGER documents_kept_delete BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'journal rows are never changed or removed'); END;
