-- What the joint acts allow (SLS 16-1(1)¶3, 16-2(3)¶4, 16-2(5)), and who is a declared debtor (IAB 6(1)49)).
-- Importing acts raises the number of the catalogue, by which running nodes see that there is something to take up.

CREATE TABLE acts (
    number TEXT NOT NULL PRIMARY KEY CHECK (number <> ''),
    entry  TEXT NOT NULL CHECK (json_valid(entry))
) STRICT, WITHOUT ROWID;

CREATE TABLE debtors (
    number TEXT    NOT NULL PRIMARY KEY CHECK (length(number) = 12),
    since  INTEGER NOT NULL,
    until  INTEGER CHECK (until > since)
) STRICT, WITHOUT ROWID;
