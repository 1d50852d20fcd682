-- Meetings, direct swaps, and reviews of overrides.

CREATE TABLE meetings (
    id TEXT NOT NULL PRIMARY KEY,
    team_id TEXT NOT NULL REFERENCES teams (id),
    started_by TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'published', 'closed')),
    business_date DATE NOT NULL,
    started_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    policy TEXT NOT NULL,
    -- The market of the moment it began, how often each account had changed hands then, and the moves as they stand.
    snapshot BYTEA NOT NULL,
    ownerships BYTEA NOT NULL,
    moves BYTEA NOT NULL,
    wishes TEXT NOT NULL,
    proposals TEXT NOT NULL,
    version TEXT NOT NULL
);
CREATE UNIQUE INDEX meetings_one_open_team ON meetings (team_id) WHERE state = 'open';

CREATE TABLE direct_swaps (
    id TEXT NOT NULL PRIMARY KEY,
    asker_id TEXT NOT NULL REFERENCES reps (id),
    submission_id TEXT NOT NULL REFERENCES submissions (id),
    colleague_id TEXT NOT NULL REFERENCES reps (id),
    state TEXT NOT NULL CHECK (state IN ('asked', 'looked', 'found', 'nothing_found', 'declined', 'expired')),
    month DATE NOT NULL,
    turn INTEGER NOT NULL CHECK (turn > 0),
    asked_at TIMESTAMP NOT NULL,
    answer_by TIMESTAMP NOT NULL,
    revealed_at TIMESTAMP,
    proposal_id TEXT REFERENCES proposals (id),
    asker_version TEXT NOT NULL,
    colleague_version TEXT NOT NULL,
    CHECK (asker_id <> colleague_id),
    CHECK ((state = 'found') = (proposal_id IS NOT NULL))
);
-- By what the asker knows, and not by the state: else a second question would tell whether the first was declined.
CREATE UNIQUE INDEX direct_swaps_one_pair ON direct_swaps (asker_id, colleague_id) WHERE revealed_at IS NULL;
CREATE UNIQUE INDEX direct_swaps_one_turn ON direct_swaps (asker_id, month, turn);
CREATE INDEX direct_swaps_by_colleague ON direct_swaps (colleague_id, id);
CREATE INDEX direct_swaps_unrevealed ON direct_swaps (answer_by) WHERE revealed_at IS NULL;

CREATE TABLE override_reviews (
    override_id TEXT NOT NULL PRIMARY KEY REFERENCES overrides (id),
    reviewer_id TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('justified', 'avoidable', 'wrong')),
    note TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX overrides_by_age ON overrides (created_at);
