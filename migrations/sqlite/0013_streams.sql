-- How far each stream to the security teams has got in each log: the first entry that was not delivered for certain.

CREATE TABLE stream_cursors (
    stream TEXT   NOT NULL,
    origin TEXT   NOT NULL,
    next   INTEGER NOT NULL CHECK (next >= 0),
    PRIMARY KEY (stream, origin)
) STRICT, WITHOUT ROWID;
