-- Who holds a credential for the console, where that is a person: nobody both administers users and reviews them (SLS 6(12-4)).

CREATE TABLE console_holders (
    certificate BYTEA NOT NULL PRIMARY KEY REFERENCES systems (certificate),
    iin         TEXT  NOT NULL CHECK (iin ~ '^[0-9]{12}$')
);

CREATE INDEX console_holders_iin ON console_holders (iin);

GRANT SELECT, INSERT, UPDATE ON console_holders TO negiz_gateway;
