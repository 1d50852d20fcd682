CREATE TABLE deliveries_without_withdrawn (
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
    outcome TEXT CHECK (outcome IN ('delivered', 'given_up')),
    settled_at TIMESTAMP,
    PRIMARY KEY (webhook_id, seq),
    CHECK ((outcome IS NULL) = (settled_at IS NULL))
);
INSERT INTO deliveries_without_withdrawn
    SELECT webhook_id, seq, ordering_key, attempts, next_attempt_at, lease, leased_until, last_attempt_at, last_status,
        last_error, CASE outcome WHEN 'withdrawn' THEN 'given_up' ELSE outcome END, settled_at
    FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_without_withdrawn RENAME TO deliveries;
CREATE INDEX deliveries_in_order ON deliveries (webhook_id, ordering_key, seq) WHERE settled_at IS NULL;
CREATE INDEX deliveries_due ON deliveries (webhook_id, next_attempt_at) WHERE settled_at IS NULL;
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL;

ALTER TABLE proposals ADD COLUMN cause_without_silence TEXT CHECK (cause_without_silence IN ('rep_left', 'account_reassigned', 'account_merged', 'account_sold', 'account_closed', 'crm_refused'));
UPDATE proposals SET cause_without_silence = CASE cause WHEN 'crm_silent' THEN 'crm_refused' ELSE cause END WHERE cause IS NOT NULL;
ALTER TABLE proposals DROP COLUMN cause;
ALTER TABLE proposals RENAME COLUMN cause_without_silence TO cause;
