-- For pages that are asked for while runs write: each is one look into an index.

-- What fails, and how many are managed.
CREATE INDEX resources_failing ON resources (type DESC, source_id) WHERE attempts > 0;
CREATE INDEX resources_managed ON resources (type) WHERE active = 1 AND target_id <> '';
CREATE INDEX resources_names ON resources (type, name COLLATE NOCASE);

-- Runs over time, and the changes of groups alone.
CREATE INDEX runs_started ON runs (started_at);
CREATE INDEX journal_groups ON journal (id) WHERE type = 'Group';

-- By what a person is found: the words that Okta, and WalkMe, has for them. Triggers
-- keep it, so that it never differs from the tables that it is made of.
CREATE TABLE people_search (
    source_id TEXT NOT NULL, -- id in Okta
    side      TEXT NOT NULL CHECK (side IN ('okta', 'walkme')),
    words     TEXT NOT NULL, -- id, login, names
    PRIMARY KEY (source_id, side)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER source_users_found AFTER INSERT ON source_users BEGIN
    INSERT INTO people_search (source_id, side, words) VALUES (new.id, 'okta', new.id || ' ' || coalesce(new.body ->> '$.UserName', '')
        || ' ' || coalesce(new.body ->> '$.Profile.login', '') || ' ' || coalesce(new.body ->> '$.Profile.firstName', '')
        || ' ' || coalesce(new.body ->> '$.Profile.lastName', '') || ' ' || coalesce(new.body ->> '$.Profile.displayName', ''))
    ON CONFLICT (source_id, side) DO UPDATE SET words = excluded.words;
END;

CREATE TRIGGER source_users_found_anew AFTER UPDATE OF body ON source_users WHEN old.body <> new.body BEGIN
    INSERT INTO people_search (source_id, side, words) VALUES (new.id, 'okta', new.id || ' ' || coalesce(new.body ->> '$.UserName', '')
        || ' ' || coalesce(new.body ->> '$.Profile.login', '') || ' ' || coalesce(new.body ->> '$.Profile.firstName', '')
        || ' ' || coalesce(new.body ->> '$.Profile.lastName', '') || ' ' || coalesce(new.body ->> '$.Profile.displayName', ''))
    ON CONFLICT (source_id, side) DO UPDATE SET words = excluded.words;
END;

CREATE TRIGGER source_users_lost AFTER DELETE ON source_users BEGIN
    DELETE FROM people_search WHERE source_id = old.id AND side = 'okta';
END;

CREATE TRIGGER resources_found AFTER INSERT ON resources WHEN new.type = 'User' BEGIN
    INSERT INTO people_search (source_id, side, words) VALUES (new.source_id, 'walkme', new.source_id || ' ' || new.name
        || ' ' || coalesce(new.attributes ->> '$."name.givenName"', '') || ' ' || coalesce(new.attributes ->> '$."name.familyName"', '')
        || ' ' || coalesce(new.attributes ->> '$.displayName', '') || ' ' || new.target_id)
    ON CONFLICT (source_id, side) DO UPDATE SET words = excluded.words;
END;

CREATE TRIGGER resources_found_anew AFTER UPDATE OF name, attributes, target_id ON resources
WHEN new.type = 'User' AND (old.name <> new.name OR old.attributes <> new.attributes OR old.target_id <> new.target_id) BEGIN
    INSERT INTO people_search (source_id, side, words) VALUES (new.source_id, 'walkme', new.source_id || ' ' || new.name
        || ' ' || coalesce(new.attributes ->> '$."name.givenName"', '') || ' ' || coalesce(new.attributes ->> '$."name.familyName"', '')
        || ' ' || coalesce(new.attributes ->> '$.displayName', '') || ' ' || new.target_id)
    ON CONFLICT (source_id, side) DO UPDATE SET words = excluded.words;
END;

CREATE TRIGGER resources_lost AFTER DELETE ON resources WHEN old.type = 'User' BEGIN
    DELETE FROM people_search WHERE source_id = old.source_id AND side = 'walkme';
END;

INSERT INTO people_search (source_id, side, words)
SELECT id, 'okta', id || ' ' || coalesce(body ->> '$.UserName', '') || ' ' || coalesce(body ->> '$.Profile.login', '')
    || ' ' || coalesce(body ->> '$.Profile.firstName', '') || ' ' || coalesce(body ->> '$.Profile.lastName', '')
    || ' ' || coalesce(body ->> '$.Profile.displayName', '')
FROM source_users;

INSERT INTO people_search (source_id, side, words)
SELECT source_id, 'walkme', source_id || ' ' || name || ' ' || coalesce(attributes ->> '$."name.givenName"', '')
    || ' ' || coalesce(attributes ->> '$."name.familyName"', '') || ' ' || coalesce(attributes ->> '$.displayName', '') || ' ' || target_id
FROM resources WHERE type = 'User';
