-- Search by part of a name has to look at everybody for each letter that is typed: one
-- short row for each person, in small letters as far as ASCII goes.
DROP TRIGGER source_users_found;
DROP TRIGGER source_users_found_anew;
DROP TRIGGER source_users_lost;
DROP TRIGGER resources_found;
DROP TRIGGER resources_found_anew;
DROP TRIGGER resources_lost;
DROP TABLE people_search;

-- By what a person is found: the words that Okta has for them, or those of the record
-- when Okta has none.
CREATE VIEW people_words AS
SELECT id AS source_id, lower(id || ' ' || coalesce(body ->> '$.UserName', '') || ' ' || coalesce(body ->> '$.Profile.login', '')
    || ' ' || coalesce(body ->> '$.Profile.firstName', '') || ' ' || coalesce(body ->> '$.Profile.lastName', '')
    || ' ' || coalesce(body ->> '$.Profile.displayName', '')) AS words
FROM source_users
UNION ALL
SELECT source_id, lower(source_id || ' ' || name || ' ' || coalesce(attributes ->> '$."name.givenName"', '')
    || ' ' || coalesce(attributes ->> '$."name.familyName"', '') || ' ' || coalesce(attributes ->> '$.displayName', ''))
FROM resources WHERE type = 'User' AND NOT EXISTS (SELECT 1 FROM source_users WHERE id = resources.source_id);

-- The view as it is, kept by triggers.
CREATE TABLE people_search (
    source_id TEXT PRIMARY KEY, -- id in Okta
    words     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO people_search (source_id, words) SELECT source_id, words FROM people_words;

CREATE TRIGGER source_users_found AFTER INSERT ON source_users BEGIN
    INSERT INTO people_search (source_id, words) SELECT source_id, words FROM people_words WHERE source_id = new.id
    ON CONFLICT (source_id) DO UPDATE SET words = excluded.words;
END;

CREATE TRIGGER source_users_found_anew AFTER UPDATE OF body ON source_users WHEN old.body <> new.body BEGIN
    INSERT INTO people_search (source_id, words) SELECT source_id, words FROM people_words WHERE source_id = new.id
    ON CONFLICT (source_id) DO UPDATE SET words = excluded.words;
END;

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

-- The names and actions of one run, and what failed in it, without its bodies.
DROP INDEX journal_run;
CREATE INDEX journal_run ON journal (run_id, action, name);
CREATE INDEX journal_failed ON journal (run_id) WHERE state = 'failed';

-- All that a picture of runs over time needs.
DROP INDEX runs_started;
CREATE INDEX runs_started ON runs (started_at, finished_at, outcome, applied, failed, held);
