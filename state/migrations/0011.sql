-- The assignments of a snapshot that is still being read wait beside the file.
DROP TABLE source_users_staged;

-- Whoever stores an assignment writes the words, too: to take them out of the body
-- cost several times what it costs to store that.
DROP TRIGGER source_users_found;
DROP TRIGGER source_users_found_anew;
