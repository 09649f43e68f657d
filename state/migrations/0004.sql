-- How WalkMe was last seen not to have an account that the register has: before, two
-- texts in last_error said so.
ALTER TABLE resources ADD COLUMN missing TEXT NOT NULL DEFAULT '' CHECK (missing IN ('', 'refresh', 'write'));

UPDATE resources SET missing = 'refresh' WHERE type = 'User' AND last_error = 'the account is gone in WalkMe';
UPDATE resources SET missing = 'write' WHERE type = 'User' AND last_error = 'Matching user not found';
