-- What lets people judge a proposal: a time of their own to answer in, an accept that can be taken back, a rule that says
-- who approves, what a decline asks of later nights, and reminders.

-- When its parties were told that all have accepted; never before an accept can no longer be taken back.
ALTER TABLE proposals ADD COLUMN shown_at TIMESTAMP;
UPDATE proposals SET shown_at = agreed_at;
-- The rule of the approval policy that fitted when it was proposed, and whose approval that rule asks for.
ALTER TABLE proposals ADD COLUMN approval_rule TEXT NOT NULL DEFAULT 'otherwise';
ALTER TABLE proposals ADD COLUMN approval_needs TEXT NOT NULL DEFAULT 'each_manager' CHECK (approval_needs IN ('nobody', 'one_manager', 'each_manager', 'two_people'));

-- The giver's last moment to answer, counted in their own working hours.
ALTER TABLE legs ADD COLUMN answer_by TIMESTAMP NOT NULL DEFAULT '1970-01-01 00:00:00';
UPDATE legs SET answer_by = (SELECT proposals.expires_at FROM proposals WHERE proposals.id = legs.proposal_id);
-- Until when the giver may take an accept back.
ALTER TABLE legs ADD COLUMN firm_at TIMESTAMP;

-- An accept that was taken back stays on record and counts no more.
ALTER TABLE decisions ADD COLUMN taken_back_at TIMESTAMP;
DROP INDEX decisions_one_answer;
CREATE UNIQUE INDEX decisions_one_answer ON decisions (proposal_id, for_rep_id) WHERE action IN ('accept', 'decline') AND taken_back_at IS NULL;

-- What a rep's decline asks of later runs. Read by the snapshot alone.
CREATE TABLE restraints (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    rep_id TEXT NOT NULL REFERENCES reps (id),
    asks TEXT NOT NULL CHECK (asks IN ('account', 'nearer', 'more_gain', 'rest')),
    account_id TEXT REFERENCES accounts (id),
    minutes BIGINT,
    -- The last business date it holds on.
    until DATE NOT NULL,
    PRIMARY KEY (proposal_id, rep_id),
    CHECK ((asks = 'account') = (account_id IS NOT NULL)),
    CHECK ((asks IN ('nearer', 'more_gain')) = (minutes IS NOT NULL))
);
CREATE INDEX restraints_by_rep ON restraints (rep_id, until);

-- Who is to be reminded when: the giver of a leg while their answer is missing, or, where the leg is -1, the managers whose
-- approval is.
CREATE TABLE reminders (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    leg INTEGER NOT NULL CHECK (leg >= -1),
    due_at TIMESTAMP NOT NULL,
    handled_at TIMESTAMP,
    PRIMARY KEY (proposal_id, leg, due_at)
);
CREATE INDEX reminders_due ON reminders (due_at) WHERE handled_at IS NULL;
