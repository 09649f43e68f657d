-- Who was in step when a run looked last, so that the next run need not look again
-- while nothing has moved.
CREATE TABLE in_step (
    id   TEXT PRIMARY KEY, -- id in Okta
    mark BLOB NOT NULL     -- 64 bytes, see state.Mark
) STRICT, WITHOUT ROWID;

-- What is recorded of a person has moved: a look is due.
CREATE TRIGGER resources_inserted_in_step AFTER INSERT ON resources WHEN new.type = 'User' BEGIN
    DELETE FROM in_step WHERE id = new.source_id;
END;

CREATE TRIGGER resources_updated_in_step AFTER UPDATE ON resources WHEN new.type = 'User' BEGIN
    DELETE FROM in_step WHERE id = new.source_id;
END;

CREATE TRIGGER resources_deleted_in_step AFTER DELETE ON resources WHEN old.type = 'User' BEGIN
    DELETE FROM in_step WHERE id = old.source_id;
END;
