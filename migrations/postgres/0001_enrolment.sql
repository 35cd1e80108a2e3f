-- The gateway runs as a role that can do what it must and no more; these tables belong to the role that migrates.
-- Grants follow table by table. `docs/database.md` shows how a login is made a member of this role.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'negiz_gateway') THEN
        CREATE ROLE negiz_gateway NOLOGIN;
    END IF;
EXCEPTION
    -- Roles are shared by all databases of a server: another one may be migrated at this moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role negiz_gateway does not exist and may not be created by this user'
            USING HINT = 'as an administrator: CREATE ROLE negiz_gateway NOLOGIN';
END
$$;

-- To see at start-up whether the schema is the one the program was built for.
GRANT SELECT ON _sqlx_migrations TO negiz_gateway;

-- Who is registered, and for what (SLS 16-2(1), 16-3(4)).
-- Lists of words are kept as text with single spaces between the words; instants are milliseconds since 1970.

CREATE TABLE agencies (
    bin   TEXT NOT NULL PRIMARY KEY CHECK (bin ~ '^[0-9]{12}$'),
    code  TEXT NOT NULL UNIQUE CHECK (code <> ''),
    name  TEXT NOT NULL,
    kind  TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspended'))
);

CREATE TABLE systems (
    certificate BYTEA NOT NULL PRIMARY KEY CHECK (length(certificate) = 32),
    agency      TEXT  NOT NULL REFERENCES agencies (bin),
    name        TEXT  NOT NULL,
    role        TEXT  NOT NULL CHECK (role IN ('exchange', 'case-feed', 'console')),
    -- The source a case feed speaks for; the capacity of a console.
    detail      TEXT  NOT NULL CHECK ((role = 'exchange') = (detail = '')),
    state       TEXT  NOT NULL CHECK (state IN ('active', 'suspended'))
);

CREATE INDEX systems_agency ON systems (agency);

CREATE TABLE officials (
    agency TEXT   NOT NULL REFERENCES agencies (bin),
    iin    TEXT   NOT NULL CHECK (iin ~ '^[0-9]{12}$'),
    duty   TEXT   NOT NULL CHECK (duty IN ('head', 'responsible')),
    name   TEXT   NOT NULL,
    since  BIGINT NOT NULL,
    until  BIGINT CHECK (until > since),
    PRIMARY KEY (agency, iin, duty)
);

CREATE TABLE users (
    iin     TEXT   NOT NULL PRIMARY KEY CHECK (iin ~ '^[0-9]{12}$'),
    agency  TEXT   NOT NULL REFERENCES agencies (bin),
    name    TEXT   NOT NULL,
    role    TEXT   NOT NULL,
    grounds TEXT   NOT NULL,
    state   TEXT   NOT NULL CHECK (state IN ('active', 'suspended')),
    since   BIGINT NOT NULL,
    until   BIGINT CHECK (until > since)
);

CREATE INDEX users_agency ON users (agency);

GRANT SELECT, INSERT, UPDATE ON agencies, systems, officials, users TO negiz_gateway;
