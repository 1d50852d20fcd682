-- Checklists from a template, the trial with its check-ins, the way back, reviews, and why an import ended something.

ALTER TABLE accounts ADD COLUMN status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'closed', 'sold', 'merged'));
ALTER TABLE accounts ADD COLUMN merged_into TEXT;

ALTER TABLE submissions ADD COLUMN cause TEXT CHECK (cause IN ('rep_left', 'account_reassigned', 'account_merged', 'account_sold', 'account_closed', 'crm_refused'));

ALTER TABLE proposals ADD COLUMN cause TEXT CHECK (cause IN ('rep_left', 'account_reassigned', 'account_merged', 'account_sold', 'account_closed', 'crm_refused'));
-- When the change of owner, or the one back, went out; and when somebody was told that it takes too long.
ALTER TABLE proposals ADD COLUMN sent_at TIMESTAMP;
ALTER TABLE proposals ADD COLUMN alarmed_at TIMESTAMP;
-- The last day on which a submission of one of its accounts says that the account bounces.
ALTER TABLE proposals ADD COLUMN bounces_until DATE;

-- The way back has a checklist of its own. SQLite changes no constraint of a table, so the table is made anew.
CREATE TABLE handover_steps_by_phase (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    phase TEXT NOT NULL CHECK (phase IN ('handover', 'undo')),
    leg INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('tell_customer', 'joint_call', 'open_deals', 'notes', 'effective_date')),
    -- The template's row when the checklist was made: a change of settings changes no checklist.
    position INTEGER NOT NULL,
    doer TEXT NOT NULL CHECK (doer IN ('giver', 'receiver', 'either')),
    may_skip BOOLEAN NOT NULL,
    needs_note BOOLEAN NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'skipped', 'waived')),
    done_by TEXT,
    done_at TIMESTAMP,
    note TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (proposal_id, phase, leg, kind)
);
INSERT INTO handover_steps_by_phase
    SELECT proposal_id, 'handover', leg, kind, 0, 'either', FALSE, FALSE, state, done_by, done_at, note, version
    FROM handover_steps;
DROP TABLE handover_steps;
ALTER TABLE handover_steps_by_phase RENAME TO handover_steps;

-- What the parties of a trial ask, each at most once; only who asked and the managers see it.
CREATE TABLE undo_requests (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    rep_id TEXT NOT NULL REFERENCES reps (id),
    reason TEXT NOT NULL CHECK (reason IN ('customer_asked', 'no_better', 'facts_were_wrong', 'workload', 'other')),
    note TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    PRIMARY KEY (proposal_id, rep_id)
);

CREATE TABLE undos (
    proposal_id TEXT NOT NULL PRIMARY KEY REFERENCES proposals (id),
    state TEXT NOT NULL CHECK (state IN ('asked', 'refused', 'granted', 'executing', 'done')),
    decided_by TEXT,
    effective_on DATE,
    version TEXT NOT NULL
);

-- How a person would settle a handover that needs attention; two of them have to say the same.
CREATE TABLE settlements (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    person_id TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('manager', 'admin')),
    outcome TEXT NOT NULL CHECK (outcome IN ('on_trial', 'undone')),
    note TEXT NOT NULL CHECK (note <> ''),
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (proposal_id, person_id)
);

-- A row stands from the day the accounts change hands; it is filled once.
CREATE TABLE check_ins (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    rep_id TEXT NOT NULL REFERENCES reps (id),
    days INTEGER NOT NULL CHECK (days >= 0),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    due_on DATE NOT NULL,
    stars_hundredths INTEGER CHECK (stars_hundredths BETWEEN 100 AND 500),
    note TEXT NOT NULL,
    made_at TIMESTAMP,
    reminded_at TIMESTAMP,
    PRIMARY KEY (proposal_id, rep_id, days),
    CHECK ((made_at IS NULL) = (stars_hundredths IS NULL))
);
CREATE INDEX check_ins_by_account ON check_ins (account_id, rep_id);
CREATE INDEX check_ins_to_come ON check_ins (due_on) WHERE made_at IS NULL AND reminded_at IS NULL;

CREATE TABLE reviews (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    leg INTEGER NOT NULL,
    days INTEGER NOT NULL CHECK (days >= 0),
    rep_id TEXT NOT NULL REFERENCES reps (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    due_on DATE NOT NULL,
    stars_hundredths INTEGER CHECK (stars_hundredths BETWEEN 100 AND 500),
    revenue_cents BIGINT CHECK (revenue_cents >= 0),
    visits_planned INTEGER CHECK (visits_planned >= 0),
    visits_kept INTEGER CHECK (visits_kept BETWEEN 0 AND visits_planned),
    complaint BOOLEAN,
    made_at TIMESTAMP,
    reminded_at TIMESTAMP,
    PRIMARY KEY (proposal_id, leg, days),
    CHECK ((made_at IS NULL) = (stars_hundredths IS NULL)),
    CHECK ((made_at IS NULL) = (revenue_cents IS NULL)),
    CHECK ((made_at IS NULL) = (visits_planned IS NULL)),
    CHECK ((made_at IS NULL) = (visits_kept IS NULL)),
    CHECK ((made_at IS NULL) = (complaint IS NULL))
);
CREATE INDEX reviews_by_account ON reviews (account_id, rep_id);
CREATE INDEX reviews_to_come ON reviews (due_on) WHERE made_at IS NULL AND reminded_at IS NULL;
CREATE INDEX legs_by_account ON legs (account_id, proposal_id);
