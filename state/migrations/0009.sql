-- What failed in a run, in the order in which it is shown.
DROP INDEX journal_failed;
CREATE INDEX journal_failed ON journal (run_id, action, name) WHERE state = 'failed';
