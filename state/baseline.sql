-- What the migrations 1 to 11 make of an empty file.
-- Written by: go test ./state -run TestBaseline -update

CREATE TABLE migrations (
    version    INTEGER PRIMARY KEY, -- PRAGMA user_version after it
    build      TEXT    NOT NULL,    -- version of the program that ran it
    applied_at INTEGER NOT NULL     -- unix milliseconds
) STRICT;

CREATE TABLE resources (
    rowid          INTEGER PRIMARY KEY,
    type           TEXT    NOT NULL CHECK (type IN ('User', 'Group')),
    source_id      TEXT    NOT NULL CHECK (source_id <> ''), -- id in Okta
    target_id      TEXT    NOT NULL,                  -- id in WalkMe; '' while it never landed
    active         INTEGER NOT NULL CHECK (active IN (0, 1)),
    name           TEXT    NOT NULL,                  -- userName or displayName, in WalkMe's case
    origin         TEXT    NOT NULL CHECK (origin = '' OR origin = 'created' OR origin = 'linked'), -- '' while it never landed
    source_digest  TEXT    NOT NULL,                  -- of what Okta said at the last acknowledgement
    mapping_digest TEXT    NOT NULL,                  -- mappings.digest that made the attributes
    attempts       INTEGER NOT NULL,                  -- failures in a row; 0: healthy
    next_try       INTEGER,                           -- unix milliseconds; NULL: at the next run
    last_error     TEXT    NOT NULL,                  -- '' when healthy
    last_status    INTEGER NOT NULL,                  -- HTTP status of the last failure; 0: no answer
    failed_change  TEXT    NOT NULL,                  -- digest of the change that failed; '' when healthy
    partial        INTEGER NOT NULL CHECK (partial IN (0, 1)), -- 1: not all membership batches acknowledged
    updated_at     INTEGER,                           -- unix milliseconds of the last acknowledgement; NULL: none
    attributes     TEXT    NOT NULL,                  -- JSON object: SCIM path to value
    members        TEXT    NOT NULL                   -- Okta ids, sorted, one a line; '' for users
, missing TEXT NOT NULL DEFAULT '' CHECK (missing = '' OR missing = 'refresh' OR missing = 'write'), doubtful TEXT NOT NULL DEFAULT '') STRICT;

CREATE UNIQUE INDEX resources_source ON resources (type DESC, source_id);

CREATE INDEX resources_target ON resources (type, target_id) WHERE target_id <> '';

CREATE TABLE generation (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;

CREATE TRIGGER resources_inserted AFTER INSERT ON resources BEGIN
    UPDATE generation SET value = value + 1;
END;

CREATE TRIGGER resources_updated AFTER UPDATE ON resources BEGIN
    UPDATE generation SET value = value + 1;
END;

CREATE TRIGGER resources_deleted AFTER DELETE ON resources BEGIN
    UPDATE generation SET value = value + 1;
END;

CREATE TABLE journal (
    id          INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again after pruning
    run_id      TEXT    NOT NULL,                  -- runs.id
    seq         INTEGER NOT NULL,                  -- place in the run's plan
    type        TEXT    NOT NULL CHECK (type IN ('User', 'Group')),
    source_id   TEXT    NOT NULL,                  -- id in Okta
    target_id   TEXT    NOT NULL,                  -- id in WalkMe; '' while unknown
    name        TEXT    NOT NULL,                  -- userName or displayName
    action      TEXT    NOT NULL,                  -- as in the plan: create, update, …
    cause       TEXT    NOT NULL,                  -- as in the plan: okta, mapping, …
    reason      TEXT    NOT NULL,                  -- for people
    change      TEXT    CHECK (json_valid(change)), -- JSON: attributes old and new, members; NULL: none
    state       TEXT    NOT NULL CHECK (state = 'pending' OR state = 'applied' OR state = 'failed' OR state = 'abandoned' OR state = 'held' OR state = 'skipped'),
    http_status INTEGER NOT NULL,                  -- of the deciding answer; 0: none
    error       TEXT    NOT NULL,                  -- '' when none
    started_at  INTEGER NOT NULL,                  -- unix milliseconds
    finished_at INTEGER                            -- unix milliseconds; NULL while pending
, decision INTEGER) STRICT;

CREATE INDEX journal_pending ON journal (id) WHERE state = 'pending';

CREATE INDEX journal_applied ON journal (action, finished_at) WHERE state = 'applied';

CREATE INDEX journal_source ON journal (source_id);

CREATE INDEX journal_name ON journal (name COLLATE NOCASE);

CREATE TABLE runs (
    seq           INTEGER PRIMARY KEY AUTOINCREMENT, -- order of beginning
    id            TEXT    NOT NULL UNIQUE,
    trigger       TEXT    NOT NULL,
    started_at    INTEGER NOT NULL,                  -- unix milliseconds
    finished_at   INTEGER,                           -- unix milliseconds; NULL while it runs, and for ever when it was cut off
    outcome       TEXT    NOT NULL,                  -- '' while it runs
    planned       INTEGER NOT NULL,                  -- changes, like the next five
    applied       INTEGER NOT NULL,
    failed        INTEGER NOT NULL,
    held          INTEGER NOT NULL,
    rejected      INTEGER NOT NULL,
    skipped       INTEGER NOT NULL,
    error         TEXT    NOT NULL,                  -- why the run failed; '' when it did not
    health        TEXT    NOT NULL,                  -- health verdict as JSON; '' when there is none
    source_digest TEXT    NOT NULL,                  -- of the snapshot; '' when there is none
    okta_requests INTEGER NOT NULL,
    scim_requests INTEGER NOT NULL
, leftovers TEXT NOT NULL DEFAULT '') STRICT;

CREATE TABLE holds (
    seq         INTEGER PRIMARY KEY AUTOINCREMENT, -- order of creation
    id          TEXT    NOT NULL UNIQUE,
    kind        TEXT    NOT NULL,                  -- which limit
    digest      TEXT    NOT NULL,                  -- of the set
    count       INTEGER NOT NULL,                  -- changes in the set
    items       TEXT    CHECK (json_valid(items)), -- JSON, for people; NULL: none
    created_at  INTEGER NOT NULL,                  -- unix milliseconds
    closed_at   INTEGER                            -- unix milliseconds at which the set was gone; NULL: open
, scope TEXT NOT NULL DEFAULT '', threshold TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', forced INTEGER NOT NULL DEFAULT 0 CHECK (forced IN (0, 1))) STRICT;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mappings (
    digest      TEXT    PRIMARY KEY,
    expressions TEXT    NOT NULL CHECK (json_valid(expressions)), -- JSON object: SCIM path to expression
    saved_at    INTEGER NOT NULL                                  -- unix milliseconds
) STRICT;

CREATE TABLE source_groups (
    id      TEXT PRIMARY KEY, -- id in Okta
    digest  BLOB NOT NULL,    -- of body and members; read without them
    body    TEXT NOT NULL,    -- JSON: everything but the members
    members TEXT NOT NULL     -- Okta user ids, sorted, one a line
) STRICT;

CREATE TABLE source_users (
    id     TEXT PRIMARY KEY, -- id in Okta
    digest BLOB NOT NULL,    -- of body
    body   TEXT NOT NULL     -- JSON: the whole assignment
) STRICT;

CREATE INDEX source_users_digest ON source_users (id, digest);

CREATE INDEX resources_failing ON resources (type DESC, source_id) WHERE attempts > 0;

CREATE INDEX resources_managed ON resources (type) WHERE active = 1 AND target_id <> '';

CREATE INDEX resources_names ON resources (type, name COLLATE NOCASE);

CREATE INDEX journal_groups ON journal (id) WHERE type = 'Group';

CREATE TABLE decisions (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT, -- order of the decisions
    hold_id    TEXT    NOT NULL,                  -- holds.id, like the next seven as it was when it was decided
    kind       TEXT    NOT NULL,
    digest     TEXT    NOT NULL,                  -- of the set that was seen
    scope      TEXT    NOT NULL,
    threshold  TEXT    NOT NULL,
    hold_reason TEXT   NOT NULL,
    forced     INTEGER NOT NULL CHECK (forced IN (0, 1)),
    held_at    INTEGER NOT NULL,                  -- unix milliseconds at which the hold was opened
    verdict    TEXT    NOT NULL CHECK (verdict IN ('approved', 'rejected')),
    decided_by TEXT    NOT NULL,
    reason     TEXT    NOT NULL,                  -- '' when none was given
    decided_at INTEGER NOT NULL,                  -- unix milliseconds
    ended_at   INTEGER                            -- unix milliseconds; NULL: in force
) STRICT;

CREATE INDEX decisions_in_force ON decisions (seq) WHERE ended_at IS NULL;

CREATE INDEX decisions_hold ON decisions (hold_id);

CREATE TABLE decided_items (
    decision INTEGER NOT NULL REFERENCES decisions (seq) ON DELETE CASCADE,
    item     TEXT    NOT NULL,                              -- Okta id; GROUP/PERSON for a membership
    detail   TEXT    NOT NULL CHECK (json_valid(detail)),   -- as in holds.items
    ended_at INTEGER,                                       -- unix milliseconds; NULL: in force
    PRIMARY KEY (decision, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX journal_decision ON journal (decision) WHERE decision IS NOT NULL;

CREATE VIEW people_words AS
SELECT id AS source_id, lower(id || ' ' || coalesce(body ->> '$.UserName', '') || ' ' || coalesce(body ->> '$.Profile.login', '')
    || ' ' || coalesce(body ->> '$.Profile.firstName', '') || ' ' || coalesce(body ->> '$.Profile.lastName', '')
    || ' ' || coalesce(body ->> '$.Profile.displayName', '')) AS words
FROM source_users
UNION ALL
SELECT source_id, lower(source_id || ' ' || name || ' ' || coalesce(attributes ->> '$."name.givenName"', '')
    || ' ' || coalesce(attributes ->> '$."name.familyName"', '') || ' ' || coalesce(attributes ->> '$.displayName', ''))
FROM resources WHERE type = 'User' AND NOT EXISTS (SELECT 1 FROM source_users WHERE id = resources.source_id);

CREATE TABLE people_search (
    source_id TEXT PRIMARY KEY, -- id in Okta
    words     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER source_users_lost AFTER DELETE ON source_users BEGIN
    DELETE FROM people_search WHERE source_id = old.id;
    INSERT INTO people_search (source_id, words) SELECT source_id, words FROM people_words WHERE source_id = old.id;
END;

CREATE TRIGGER resources_found AFTER INSERT ON resources
WHEN new.type = 'User' AND NOT EXISTS (SELECT 1 FROM source_users WHERE id = new.source_id) BEGIN
    INSERT INTO people_search (source_id, words) SELECT source_id, words FROM people_words WHERE source_id = new.source_id
    ON CONFLICT (source_id) DO UPDATE SET words = excluded.words;
END;

CREATE TRIGGER resources_found_anew AFTER UPDATE OF name, attributes ON resources
WHEN new.type = 'User' AND (old.name <> new.name OR old.attributes <> new.attributes)
AND NOT EXISTS (SELECT 1 FROM source_users WHERE id = new.source_id) BEGIN
    INSERT INTO people_search (source_id, words) SELECT source_id, words FROM people_words WHERE source_id = new.source_id
    ON CONFLICT (source_id) DO UPDATE SET words = excluded.words;
END;

CREATE TRIGGER resources_lost AFTER DELETE ON resources
WHEN old.type = 'User' AND NOT EXISTS (SELECT 1 FROM source_users WHERE id = old.source_id) BEGIN
    DELETE FROM people_search WHERE source_id = old.source_id;
END;

CREATE INDEX journal_run ON journal (run_id, action, name);

CREATE INDEX runs_started ON runs (started_at, finished_at, outcome, applied, failed, held);

CREATE TABLE leftovers (
    digest TEXT PRIMARY KEY,                       -- of body
    body   TEXT NOT NULL CHECK (json_valid(body))  -- JSON: the caller's
) STRICT, WITHOUT ROWID;

CREATE TABLE in_step (
    id   TEXT PRIMARY KEY, -- id in Okta
    mark BLOB NOT NULL     -- 64 bytes, see state.Mark
) STRICT, WITHOUT ROWID;

CREATE TRIGGER resources_inserted_in_step AFTER INSERT ON resources WHEN new.type = 'User' BEGIN
    DELETE FROM in_step WHERE id = new.source_id;
END;

CREATE TRIGGER resources_updated_in_step AFTER UPDATE ON resources WHEN new.type = 'User' BEGIN
    DELETE FROM in_step WHERE id = new.source_id;
END;

CREATE TRIGGER resources_deleted_in_step AFTER DELETE ON resources WHEN old.type = 'User' BEGIN
    DELETE FROM in_step WHERE id = old.source_id;
END;

CREATE INDEX journal_failed ON journal (run_id, action, name) WHERE state = 'failed';

INSERT INTO generation (id, value) VALUES (1, 0);
