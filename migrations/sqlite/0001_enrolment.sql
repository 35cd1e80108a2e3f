-- Who is registered, and for what (SLS 16-2(1), 16-3(4)).
-- Lists of words are kept as text with single spaces between the words; instants are milliseconds since 1970.

CREATE TABLE agencies (
    bin   TEXT NOT NULL PRIMARY KEY CHECK (length(bin) = 12),
    code  TEXT NOT NULL UNIQUE CHECK (code <> ''),
    name  TEXT NOT NULL,
    kind  TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended'))
) STRICT, WITHOUT ROWID;

CREATE TABLE systems (
    certificate BLOB NOT NULL PRIMARY KEY CHECK (length(certificate) = 32),
    agency      TEXT NOT NULL REFERENCES agencies (bin),
    name        TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('exchange', 'case-feed', 'console')),
    -- The source a case feed speaks for; the capacity of a console.
    detail      TEXT NOT NULL CHECK ((role = 'exchange') = (detail = '')),
    state       TEXT NOT NULL CHECK (state IN ('active', 'suspended'))
) STRICT, WITHOUT ROWID;

CREATE INDEX systems_agency ON systems (agency);

CREATE TABLE officials (
    agency TEXT    NOT NULL REFERENCES agencies (bin),
    iin    TEXT    NOT NULL CHECK (length(iin) = 12),
    duty   TEXT    NOT NULL CHECK (duty IN ('head', 'responsible')),
    name   TEXT    NOT NULL,
    since  INTEGER NOT NULL,
    until  INTEGER CHECK (until > since),
    PRIMARY KEY (agency, iin, duty)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    iin     TEXT    NOT NULL PRIMARY KEY CHECK (length(iin) = 12),
    agency  TEXT    NOT NULL REFERENCES agencies (bin),
    name    TEXT    NOT NULL,
    role    TEXT    NOT NULL,
    grounds TEXT    NOT NULL,
    state   TEXT    NOT NULL CHECK (state IN ('active', 'suspended')),
    since   INTEGER NOT NULL,
    until   INTEGER CHECK (until > since)
) STRICT, WITHOUT ROWID;

CREATE INDEX users_agency ON users (agency);
