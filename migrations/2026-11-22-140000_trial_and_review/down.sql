DROP INDEX legs_by_account;
DROP TABLE reviews;
DROP TABLE check_ins;
DROP TABLE settlements;
DROP TABLE undos;
DROP TABLE undo_requests;

CREATE TABLE handover_steps_without_phase (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    leg INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('tell_customer', 'joint_call', 'open_deals', 'notes')),
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'waived')),
    done_by TEXT,
    done_at TIMESTAMP,
    note TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (proposal_id, leg, kind)
);
INSERT INTO handover_steps_without_phase
    SELECT proposal_id, leg, kind, CASE WHEN state = 'skipped' THEN 'done' ELSE state END, done_by, done_at, note, version
    FROM handover_steps WHERE phase = 'handover' AND kind <> 'effective_date';
DROP TABLE handover_steps;
ALTER TABLE handover_steps_without_phase RENAME TO handover_steps;

ALTER TABLE proposals DROP COLUMN bounces_until;
ALTER TABLE proposals DROP COLUMN alarmed_at;
ALTER TABLE proposals DROP COLUMN sent_at;
ALTER TABLE proposals DROP COLUMN cause;
ALTER TABLE submissions DROP COLUMN cause;
ALTER TABLE accounts DROP COLUMN merged_into;
ALTER TABLE accounts DROP COLUMN status;
