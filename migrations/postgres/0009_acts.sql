-- What the joint acts allow (SLS 16-1(1)¶3, 16-2(3)¶4, 16-2(5)), and who is a declared debtor (IAB 6(1)49)).
-- Importing acts raises the number of the catalogue, by which running nodes see that there is something to take up.

CREATE TABLE acts (
    number TEXT NOT NULL PRIMARY KEY CHECK (number <> ''),
    entry  TEXT NOT NULL CHECK (entry::json IS NOT NULL)
);

CREATE TABLE debtors (
    number TEXT   NOT NULL PRIMARY KEY CHECK (number ~ '^[0-9]{12}$'),
    since  BIGINT NOT NULL,
    until  BIGINT CHECK (until > since)
);

GRANT SELECT, INSERT, UPDATE ON acts, debtors TO negiz_gateway;
