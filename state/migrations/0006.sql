-- What runs have left undone, and why: the journal holds what was sent. Runs that leave
-- the same undone share one row.
CREATE TABLE leftovers (
    digest TEXT PRIMARY KEY,                       -- of body
    body   TEXT NOT NULL CHECK (json_valid(body))  -- JSON: the caller's
) STRICT, WITHOUT ROWID;

ALTER TABLE runs ADD COLUMN leftovers TEXT NOT NULL DEFAULT ''; -- leftovers.digest; '': nothing was left, or it is not known
