-- The whole line, once. One portable file for SQLite and PostgreSQL: ids are TEXT, money is BIGINT cents, times are
-- TIMESTAMP in UTC written by the program, lists are JSON text, large results are compressed BYTEA.

CREATE TABLE teams (
    id TEXT NOT NULL PRIMARY KEY,
    manager_id TEXT NOT NULL
);
CREATE INDEX teams_by_manager ON teams (manager_id);

CREATE TABLE reps (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    team_id TEXT NOT NULL REFERENCES teams (id),
    base_lat_e6 INTEGER NOT NULL CHECK (base_lat_e6 BETWEEN -90000000 AND 90000000),
    base_lon_e6 INTEGER NOT NULL CHECK (base_lon_e6 BETWEEN -180000000 AND 180000000),
    territory TEXT NOT NULL,
    country TEXT NOT NULL,
    time_zone TEXT,
    languages TEXT NOT NULL,
    industries TEXT NOT NULL,
    licences TEXT NOT NULL,
    style TEXT CHECK (style IN ('direct', 'analytical', 'relational', 'expressive')),
    tolerances TEXT NOT NULL,
    max_one_way_minutes BIGINT CHECK (max_one_way_minutes >= 0),
    max_moves_per_run INTEGER CHECK (max_moves_per_run >= 0),
    capacity_hours_a_year INTEGER CHECK (capacity_hours_a_year >= 0),
    abusive_accounts_cap INTEGER NOT NULL CHECK (abusive_accounts_cap >= 0),
    leave_from DATE,
    leave_until DATE,
    leaves_on DATE,
    active BOOLEAN NOT NULL,
    CHECK ((leave_from IS NULL) = (leave_until IS NULL)),
    CHECK (leave_from <= leave_until)
);
CREATE INDEX reps_by_team ON reps (team_id, id);

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    owner_id TEXT NOT NULL REFERENCES reps (id),
    -- Counts changes of owner, so that "still the same owner" can be told from "the same owner again".
    ownership BIGINT NOT NULL,
    last_moved_on DATE,
    lat_e6 INTEGER NOT NULL CHECK (lat_e6 BETWEEN -90000000 AND 90000000),
    lon_e6 INTEGER NOT NULL CHECK (lon_e6 BETWEEN -180000000 AND 180000000),
    region TEXT,
    country TEXT NOT NULL,
    time_zone TEXT,
    annual_value_cents BIGINT NOT NULL CHECK (annual_value_cents >= 0),
    annual_commission_cents BIGINT NOT NULL CHECK (annual_commission_cents >= 0),
    visits_a_year INTEGER NOT NULL CHECK (visits_a_year >= 0),
    visit_minutes INTEGER NOT NULL CHECK (visit_minutes >= 0),
    language TEXT,
    language_required BOOLEAN NOT NULL,
    industry TEXT,
    industry_required BOOLEAN NOT NULL,
    licences_required TEXT NOT NULL,
    style TEXT CHECK (style IN ('direct', 'analytical', 'relational', 'expressive')),
    traits TEXT NOT NULL,
    parent_id TEXT,
    conflicts TEXT NOT NULL
);
CREATE INDEX accounts_by_owner ON accounts (owner_id, id);
CREATE INDEX accounts_by_parent ON accounts (parent_id);

-- Ratings and history of pairs.
CREATE TABLE history (
    id TEXT NOT NULL PRIMARY KEY,
    rep_id TEXT NOT NULL REFERENCES reps (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    started_on DATE NOT NULL,
    ended_on DATE,
    stars_hundredths INTEGER CHECK (stars_hundredths BETWEEN 100 AND 500),
    visits_planned INTEGER NOT NULL CHECK (visits_planned >= 0),
    visits_kept INTEGER NOT NULL CHECK (visits_kept >= 0),
    CHECK (started_on <= ended_on)
);
CREATE INDEX history_by_account ON history (account_id, rep_id);

CREATE TABLE submissions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    rep_id TEXT NOT NULL REFERENCES reps (id),
    stars_hundredths INTEGER NOT NULL CHECK (stars_hundredths BETWEEN 100 AND 500),
    reasons TEXT NOT NULL,
    reasons_shared BOOLEAN NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'reserved', 'swapped', 'resolved', 'parted', 'withdrawn', 'expired', 'invalidated')),
    created_at TIMESTAMP NOT NULL,
    version TEXT NOT NULL
);
CREATE UNIQUE INDEX submissions_one_live_account ON submissions (account_id) WHERE state IN ('draft', 'open', 'reserved');
CREATE INDEX submissions_by_rep ON submissions (rep_id, id);
CREATE INDEX submissions_by_state ON submissions (state, account_id);

CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    scope TEXT NOT NULL,
    business_date DATE NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'published', 'failed')),
    -- A stale leader's fence no longer matches and it cannot write.
    fence BIGINT NOT NULL,
    lease_until TIMESTAMP NOT NULL,
    started_by TEXT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    solver_version TEXT NOT NULL,
    policy TEXT NOT NULL,
    snapshot BYTEA,
    plan BYTEA,
    report TEXT,
    failure TEXT
);
CREATE UNIQUE INDEX runs_one_scope_and_date ON runs (scope, business_date) WHERE state <> 'failed';

CREATE TABLE proposals (
    id TEXT NOT NULL PRIMARY KEY,
    run_id TEXT REFERENCES runs (id),
    state TEXT NOT NULL CHECK (state IN ('proposed', 'accepted', 'approved', 'executing', 'on_trial', 'completed', 'declined', 'expired', 'withdrawn', 'vetoed', 'superseded', 'invalidated', 'undone', 'needs_attention')),
    points BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    agreed_at TIMESTAMP,
    revealed_at TIMESTAMP,
    effective_on DATE,
    trial_ends_on DATE,
    version TEXT NOT NULL
);
CREATE INDEX proposals_by_state ON proposals (state, expires_at);
CREATE INDEX proposals_by_run ON proposals (run_id, id);

CREATE TABLE legs (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    position INTEGER NOT NULL CHECK (position >= 0),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    submission_id TEXT NOT NULL REFERENCES submissions (id),
    from_rep_id TEXT NOT NULL REFERENCES reps (id),
    to_rep_id TEXT NOT NULL REFERENCES reps (id),
    -- The account's count of owner changes when proposed.
    ownership BIGINT NOT NULL,
    annual_commission_cents BIGINT NOT NULL,
    side TEXT NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('pending', 'accepted', 'declined')),
    live BOOLEAN NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (proposal_id, position),
    CHECK (from_rep_id <> to_rep_id)
);
CREATE UNIQUE INDEX legs_one_live_account ON legs (account_id) WHERE live;
CREATE INDEX legs_by_giver ON legs (from_rep_id, proposal_id);
CREATE INDEX legs_by_receiver ON legs (to_rep_id, proposal_id);

CREATE TABLE decisions (
    id TEXT NOT NULL PRIMARY KEY,
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    action TEXT NOT NULL CHECK (action IN ('accept', 'decline', 'approve', 'veto')),
    -- Whose decision it is, and who took it; they differ where a manager accepts for an absent rep.
    for_rep_id TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    reason TEXT,
    at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX decisions_one_answer ON decisions (proposal_id, for_rep_id) WHERE action IN ('accept', 'decline');
CREATE UNIQUE INDEX decisions_one_approval ON decisions (proposal_id, for_rep_id) WHERE action = 'approve';

CREATE TABLE overrides (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('approve', 'veto', 'accept_for_absent', 'force', 'forbid', 'freeze', 'release', 'extend')),
    proposal_id TEXT REFERENCES proposals (id),
    accounts TEXT NOT NULL,
    rep_id TEXT,
    reason TEXT NOT NULL CHECK (reason IN ('absence', 'customer_request', 'safety', 'conflict_of_interest', 'workload', 'data_error', 'business_need')),
    note TEXT NOT NULL CHECK (note <> ''),
    author_id TEXT NOT NULL,
    second_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('awaiting_second', 'effective', 'refused')),
    created_at TIMESTAMP NOT NULL,
    version TEXT NOT NULL
);
CREATE INDEX overrides_by_author ON overrides (author_id, id);

CREATE TABLE frozen_accounts (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
    override_id TEXT NOT NULL REFERENCES overrides (id)
);

CREATE TABLE forbidden_pairs (
    rep_id TEXT NOT NULL REFERENCES reps (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    override_id TEXT NOT NULL REFERENCES overrides (id),
    PRIMARY KEY (rep_id, account_id)
);

CREATE TABLE handover_steps (
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

-- Ids only, never an opinion; each entry's hash covers the one before.
CREATE TABLE audit_log (
    seq BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    actor_id TEXT NOT NULL,
    actor_role TEXT NOT NULL,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, seq);
CREATE INDEX audit_log_by_subject ON audit_log (subject_kind, subject_id, seq);

CREATE TABLE audit_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');

CREATE TABLE outbox (
    seq BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    delivered_at TIMESTAMP
);
CREATE INDEX outbox_undelivered ON outbox (seq) WHERE delivered_at IS NULL;

CREATE TABLE idempotency_keys (
    principal_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status INTEGER,
    headers TEXT,
    body TEXT,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (principal_id, operation, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
