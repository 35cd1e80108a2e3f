-- Who holds a credential for the console, where that is a person: nobody both administers users and reviews them (SLS 6(12-4)).

CREATE TABLE console_holders (
    certificate BLOB NOT NULL PRIMARY KEY REFERENCES systems (certificate),
    iin         TEXT NOT NULL CHECK (length(iin) = 12)
) STRICT, WITHOUT ROWID;

CREATE INDEX console_holders_iin ON console_holders (iin);
