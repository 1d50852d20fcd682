-- What nobody waits for any more is withdrawn; and a CRM that says nothing has refused nothing. SQLite changes no constraint
-- of a table, so the small table is made anew, and of the large one the column.
CREATE TABLE deliveries_with_withdrawn (
    webhook_id TEXT NOT NULL REFERENCES webhooks (id),
    seq BIGINT NOT NULL REFERENCES outbox (seq),
    ordering_key TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at TIMESTAMP NOT NULL,
    lease TEXT,
    leased_until TIMESTAMP,
    last_attempt_at TIMESTAMP,
    last_status INTEGER,
    last_error TEXT,
    outcome TEXT CHECK (outcome IN ('delivered', 'given_up', 'withdrawn')),
    settled_at TIMESTAMP,
    PRIMARY KEY (webhook_id, seq),
    CHECK ((outcome IS NULL) = (settled_at IS NULL))
);
INSERT INTO deliveries_with_withdrawn
    SELECT webhook_id, seq, ordering_key, attempts, next_attempt_at, lease, leased_until, last_attempt_at, last_status,
        last_error, outcome, settled_at
    FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_with_withdrawn RENAME TO deliveries;
CREATE INDEX deliveries_in_order ON deliveries (webhook_id, ordering_key, seq) WHERE settled_at IS NULL;
CREATE INDEX deliveries_due ON deliveries (webhook_id, next_attempt_at) WHERE settled_at IS NULL;
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL;

ALTER TABLE proposals ADD COLUMN cause_or_silence TEXT CHECK (cause_or_silence IN ('rep_left', 'account_reassigned', 'account_merged', 'account_sold', 'account_closed', 'crm_refused', 'crm_silent'));
UPDATE proposals SET cause_or_silence = cause WHERE cause IS NOT NULL;
ALTER TABLE proposals DROP COLUMN cause;
ALTER TABLE proposals RENAME COLUMN cause_or_silence TO cause;
