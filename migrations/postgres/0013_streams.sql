-- How far each stream to the security teams has got in each log: the first entry that was not delivered for certain.

CREATE TABLE stream_cursors (
    stream TEXT   NOT NULL,
    origin TEXT   NOT NULL,
    next   BIGINT NOT NULL CHECK (next >= 0),
    PRIMARY KEY (stream, origin)
);

GRANT SELECT, INSERT, UPDATE ON stream_cursors TO negiz_gateway;
