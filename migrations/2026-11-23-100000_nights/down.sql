ALTER TABLE idempotency_keys DROP COLUMN lease_until;
DROP INDEX runs_one_shadow_at_a_time;
DELETE FROM runs WHERE mode = 'shadow';
DROP INDEX runs_one_scope_and_date;
CREATE UNIQUE INDEX runs_one_scope_and_date ON runs (scope, business_date) WHERE state <> 'failed';
ALTER TABLE runs DROP COLUMN mode;
