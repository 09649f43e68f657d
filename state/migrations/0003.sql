-- Decisions of people about holds, object by object: an approval stays good for
-- what is left of its set when a run ends early, and a rejection is remembered.

-- What a person needs in order to decide, and which runs may close the hold.
ALTER TABLE holds ADD COLUMN scope TEXT NOT NULL DEFAULT '';         -- what a decision is about beyond the items; '': them alone
ALTER TABLE holds ADD COLUMN threshold TEXT NOT NULL DEFAULT '';     -- the limit in words
ALTER TABLE holds ADD COLUMN reason TEXT NOT NULL DEFAULT '';        -- how it is exceeded, in words
ALTER TABLE holds ADD COLUMN forced INTEGER NOT NULL DEFAULT 0 CHECK (forced IN (0, 1)); -- 1: of a resync

-- Items were texts. Now each says what it is, with the name that the register knows.
UPDATE holds SET items = (
    SELECT json_group_array(json_object('key', i.value, 'type', 'User', 'action', 'deactivate', 'okta_id', i.value,
        'name', coalesce((SELECT name FROM resources WHERE type = 'User' AND source_id = i.value), '')))
    FROM json_each(holds.items) AS i)
WHERE kind = 'deactivations' AND items IS NOT NULL;

UPDATE holds SET items = (
    SELECT json_group_array(json_object('key', i.value, 'type', 'Group', 'action', 'group_delete', 'okta_id', i.value,
        'name', coalesce((SELECT name FROM resources WHERE type = 'Group' AND source_id = i.value), '')))
    FROM json_each(holds.items) AS i)
WHERE kind = 'group_deletes' AND items IS NOT NULL;

UPDATE holds SET items = (
    SELECT json_group_array(json_object('key', i.value, 'type', 'Group', 'action', 'group_members',
        'okta_id', substr(i.value, 1, instr(i.value, '/') - 1),
        'name', coalesce((SELECT name FROM resources WHERE type = 'Group' AND source_id = substr(i.value, 1, instr(i.value, '/') - 1)), ''),
        'member_id', substr(i.value, instr(i.value, '/') + 1),
        'member', coalesce((SELECT name FROM resources WHERE type = 'User' AND source_id = substr(i.value, instr(i.value, '/') + 1)), '')))
    FROM json_each(holds.items) AS i)
WHERE kind = 'member_removals' AND items IS NOT NULL;

-- One row for each decision. The newest one about an item counts.
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

-- What a decision is about.
CREATE TABLE decided_items (
    decision INTEGER NOT NULL REFERENCES decisions (seq) ON DELETE CASCADE,
    item     TEXT    NOT NULL,                              -- Okta id; GROUP/PERSON for a membership
    detail   TEXT    NOT NULL CHECK (json_valid(detail)),   -- as in holds.items
    ended_at INTEGER,                                       -- unix milliseconds; NULL: in force
    PRIMARY KEY (decision, item)
) STRICT, WITHOUT ROWID;

-- Approvals were columns of the hold. Those that no run has closed are in force.
INSERT INTO decisions (hold_id, kind, digest, scope, threshold, hold_reason, forced, held_at, verdict, decided_by, reason, decided_at, ended_at)
SELECT id, kind, digest, '', '', '', 0, created_at, 'approved', released_by, '', released_at, closed_at
FROM holds WHERE released_at IS NOT NULL ORDER BY seq;

INSERT INTO decided_items (decision, item, detail, ended_at)
SELECT d.seq, i.value ->> '$.key', i.value, d.ended_at
FROM decisions AS d JOIN holds AS h ON h.id = d.hold_id JOIN json_each(h.items) AS i
WHERE h.items IS NOT NULL;

UPDATE holds SET closed_at = released_at WHERE released_at IS NOT NULL AND closed_at IS NULL;
ALTER TABLE holds DROP COLUMN released_at;
ALTER TABLE holds DROP COLUMN released_by;

-- Which decision let a change through; NULL: none was needed.
ALTER TABLE journal ADD COLUMN decision INTEGER;
CREATE INDEX journal_decision ON journal (decision) WHERE decision IS NOT NULL;
