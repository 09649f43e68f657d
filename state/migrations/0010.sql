-- A CHECK with IN of three texts or more builds a table of them for each row that is
-- written; the same test by comparisons does not. What is in the file stays as it is, so
-- that the text of the tables may be edited
-- (https://sqlite.org/lang_altertable.html#otheralter).
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(replace(sql,
    'CHECK (origin IN ('''', ''created'', ''linked''))',
    'CHECK (origin = '''' OR origin = ''created'' OR origin = ''linked'')'),
    'CHECK (missing IN ('''', ''refresh'', ''write''))',
    'CHECK (missing = '''' OR missing = ''refresh'' OR missing = ''write'')')
WHERE type = 'table' AND name = 'resources';

UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (state IN (''pending'', ''applied'', ''failed'', ''abandoned'', ''held'', ''skipped''))',
    'CHECK (state = ''pending'' OR state = ''applied'' OR state = ''failed'' OR state = ''abandoned'' OR state = ''held'' OR state = ''skipped'')')
WHERE type = 'table' AND name = 'journal';

PRAGMA writable_schema = RESET;

-- Connections that know the tables as they were read them anew.
CREATE TABLE reread (id INTEGER PRIMARY KEY);
DROP TABLE reread;
