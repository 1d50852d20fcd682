-- Runs in shadow, which publish nothing and stand in no live run's way; and keys whose work shows signs of life.

ALTER TABLE runs ADD COLUMN mode TEXT NOT NULL DEFAULT 'live' CHECK (mode IN ('live', 'shadow'));
DROP INDEX runs_one_scope_and_date;
CREATE UNIQUE INDEX runs_one_scope_and_date ON runs (scope, business_date) WHERE state <> 'failed' AND mode = 'live';
-- A shadow may be cast again once the one before has ended.
CREATE UNIQUE INDEX runs_one_shadow_at_a_time ON runs (scope, business_date) WHERE state = 'running' AND mode = 'shadow';

-- Until when whoever works at length under the key counts as alive; absent where key, effect and answer are one transaction.
ALTER TABLE idempotency_keys ADD COLUMN lease_until TIMESTAMP;
