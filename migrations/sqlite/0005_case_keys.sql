-- The keys of sealed content, one per case, so that content is destroyed with its case's material (SLS 16-3(3)).

CREATE TABLE case_keys (
    case_ref     BLOB    NOT NULL PRIMARY KEY CHECK (length(case_ref) = 32),
    wrapped      BLOB,
    made_at      INTEGER NOT NULL,
    destroyed_at INTEGER,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What is destroyed stays destroyed: neither written again nor forgotten, which would let it be made anew.
CREATE TRIGGER case_keys_end BEFORE UPDATE ON case_keys
WHEN OLD.destroyed_at IS NOT NULL OR NEW.case_ref <> OLD.case_ref
BEGIN SELECT RAISE(ABORT, 'a destroyed key is never made again'); END;
CREATE TRIGGER case_keys_stay BEFORE DELETE ON case_keys
BEGIN SELECT RAISE(ABORT, 'a destroyed key is never made again'); END;
