-- Whom WalkMe took as members of a group and does not show, by Okta id, one a line: they
-- may be in it, and are taken out when they leave.
ALTER TABLE resources ADD COLUMN doubtful TEXT NOT NULL DEFAULT '';
