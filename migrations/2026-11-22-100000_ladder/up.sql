-- The ladder: triages, abuse on record, partings; what an account was worth before; what a rep has opted in to; and the
-- groups of whom a manager has seen a figure.

-- One round of the ladder. Answers and facts are their rep's own; path is the rep's choice, whatever was advised.
CREATE TABLE triages (
    submission_id TEXT NOT NULL REFERENCES submissions (id),
    round INTEGER NOT NULL CHECK (round > 0),
    answers TEXT NOT NULL,
    facts TEXT NOT NULL,
    advice TEXT NOT NULL CHECK (advice IN ('reset', 'educate', 'swap', 'part_ways')),
    rule TEXT NOT NULL,
    because TEXT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    path TEXT CHECK (path IN ('reset', 'educate', 'swap', 'part_ways')),
    chosen_at TIMESTAMP,
    check_back_on DATE,
    -- Whether the next round has to be asked before another path can be taken.
    is_over BOOLEAN NOT NULL,
    PRIMARY KEY (submission_id, round),
    CHECK ((path IS NULL) = (chosen_at IS NULL)),
    CHECK ((check_back_on IS NOT NULL) = (path IS NOT NULL AND path IN ('reset', 'educate')))
);
CREATE INDEX triages_to_check_back ON triages (check_back_on) WHERE NOT is_over;

-- A class of abuse somebody declared of an account, and its manager's word on it.
CREATE TABLE abuse_records (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    severity TEXT NOT NULL CHECK (severity IN ('harsh', 'abusive', 'threatening')),
    source TEXT NOT NULL CHECK (source IN ('rep', 'crm')),
    state TEXT NOT NULL CHECK (state IN ('declared', 'acknowledged', 'warned', 'dismissed')),
    declared_at TIMESTAMP NOT NULL,
    settled_by TEXT,
    settled_at TIMESTAMP,
    warned_on DATE,
    letter TEXT,
    version TEXT NOT NULL,
    CHECK (state <> 'warned' OR (warned_on IS NOT NULL AND letter IS NOT NULL))
);

-- That a party has read what is on record of the account they would get, before they answered.
CREATE TABLE disclosures (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    rep_id TEXT NOT NULL REFERENCES reps (id),
    severity TEXT NOT NULL CHECK (severity IN ('harsh', 'abusive', 'threatening')),
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (proposal_id, rep_id)
);

CREATE TABLE partings (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    submission_id TEXT NOT NULL REFERENCES submissions (id),
    rep_id TEXT NOT NULL REFERENCES reps (id),
    state TEXT NOT NULL CHECK (state IN ('requested', 'parted', 'refused', 'withdrawn', 'reinstated')),
    requested_at TIMESTAMP NOT NULL,
    hard TEXT NOT NULL,
    settled_by TEXT,
    settled_at TIMESTAMP,
    alternatives TEXT NOT NULL,
    letter TEXT,
    review_on DATE,
    is_review_told BOOLEAN NOT NULL,
    version TEXT NOT NULL,
    CHECK (state NOT IN ('parted', 'reinstated') OR (letter IS NOT NULL AND review_on IS NOT NULL))
);
CREATE UNIQUE INDEX partings_one_live_account ON partings (account_id) WHERE state IN ('requested', 'parted');
CREATE INDEX partings_by_rep ON partings (rep_id, id);
CREATE INDEX partings_to_review ON partings (review_on) WHERE state = 'parted';

-- What an account was worth a year until an import said otherwise.
CREATE TABLE account_values (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    until_on DATE NOT NULL,
    annual_value_cents BIGINT NOT NULL,
    PRIMARY KEY (account_id, until_on)
);

-- What a rep has chosen for themself, which no import touches: a class or 'none', and how many such accounts at most.
ALTER TABLE reps ADD COLUMN own_abuse_class TEXT CHECK (own_abuse_class IN ('none', 'harsh', 'abusive', 'threatening'));
ALTER TABLE reps ADD COLUMN own_abuse_cap INTEGER CHECK (own_abuse_cap >= 0);
ALTER TABLE reps ADD COLUMN own_abuse_version TEXT;

-- The last figure about a group of reps that a manager has been told, for one manager and group.
CREATE TABLE told_groups (
    manager_id TEXT NOT NULL,
    members TEXT NOT NULL,
    told_at TIMESTAMP NOT NULL,
    share_percent INTEGER NOT NULL CHECK (share_percent BETWEEN 0 AND 100),
    band TEXT CHECK (band IN ('usual', 'higher', 'much_higher')),
    PRIMARY KEY (manager_id, members)
);
CREATE INDEX submissions_by_age ON submissions (created_at, rep_id, account_id);
