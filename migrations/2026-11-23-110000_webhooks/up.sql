-- Events to other systems, and the CRM's answers to what it was asked to carry out.

-- What an entry of the outbox tells others: nothing where there is no event. Entries of one key reach each endpoint in
-- order. `delivered_at` says when the entry was handed to the endpoints that take it; one without an event has nowhere to go.
ALTER TABLE outbox ADD COLUMN event TEXT;
ALTER TABLE outbox ADD COLUMN ordering_key TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN details TEXT;
UPDATE outbox SET delivered_at = created_at;
-- For who asks for the events of a time again.
CREATE INDEX outbox_events_by_time ON outbox (created_at) WHERE event IS NOT NULL;

CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    description TEXT NOT NULL,
    -- Whether it takes every event that is open to all; beside the kinds it names.
    takes_all BOOLEAN NOT NULL,
    scheme TEXT NOT NULL CHECK (scheme IN ('v1', 'v1a')),
    -- What is sent is signed with the first pair, what comes back with the second; the older one of each counts until then.
    secret TEXT NOT NULL,
    callback_secret TEXT NOT NULL,
    previous_secret TEXT,
    previous_callback_secret TEXT,
    previous_until TIMESTAMP,
    state TEXT NOT NULL CHECK (state IN ('active', 'disabled', 'deleted')),
    disabled_because TEXT CHECK (disabled_because IN ('ordered', 'gone', 'failing')),
    failing_since TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    version TEXT NOT NULL
);

CREATE TABLE webhook_kinds (
    webhook_id TEXT NOT NULL REFERENCES webhooks (id),
    kind TEXT NOT NULL,
    PRIMARY KEY (webhook_id, kind)
);

-- One row an event and endpoint. Whoever delivers it holds a lease; the oldest unsettled row of a key goes first.
CREATE TABLE deliveries (
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
CREATE INDEX deliveries_in_order ON deliveries (webhook_id, ordering_key, seq) WHERE settled_at IS NULL;
CREATE INDEX deliveries_by_turn ON deliveries (webhook_id, next_attempt_at, seq) WHERE settled_at IS NULL;
CREATE INDEX deliveries_held ON deliveries (webhook_id, leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE settled_at IS NOT NULL;

-- What the CRM was asked to carry out, and what it said of each account.
CREATE TABLE crm_requests (
    id TEXT NOT NULL PRIMARY KEY,
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    number INTEGER NOT NULL CHECK (number >= 0),
    way TEXT NOT NULL CHECK (way IN ('there', 'back', 'restore')),
    asked_at TIMESTAMP NOT NULL,
    repeats INTEGER NOT NULL,
    -- When it is asked again; nothing where nobody waits for an answer any more.
    repeat_at TIMESTAMP
);
CREATE INDEX crm_requests_to_repeat ON crm_requests (repeat_at) WHERE repeat_at IS NOT NULL;
CREATE UNIQUE INDEX crm_requests_in_order ON crm_requests (proposal_id, number);

CREATE TABLE crm_legs (
    request_id TEXT NOT NULL REFERENCES crm_requests (id),
    leg INTEGER NOT NULL,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    expected_owner_id TEXT NOT NULL REFERENCES reps (id),
    new_owner_id TEXT NOT NULL REFERENCES reps (id),
    answer TEXT CHECK (answer IN ('applied', 'refused')),
    -- Who has it, as the CRM says; it may name somebody nobody here knows.
    owner_id TEXT,
    answered_at TIMESTAMP,
    is_contradicted BOOLEAN NOT NULL,
    PRIMARY KEY (request_id, leg),
    CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CHECK ((answer IS NULL) = (owner_id IS NULL))
);

-- Messages that were taken, so that none counts twice; kept longer than anybody repeats one.
CREATE TABLE callbacks (
    webhook_id TEXT NOT NULL REFERENCES webhooks (id),
    message_id TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    signed_at TIMESTAMP NOT NULL,
    answer TEXT NOT NULL,
    received_at TIMESTAMP NOT NULL,
    PRIMARY KEY (webhook_id, message_id)
);
CREATE INDEX callbacks_by_age ON callbacks (received_at);

-- A CRM that says nothing has refused nothing. SQLite changes no constraint, so the column is made anew.
ALTER TABLE proposals ADD COLUMN cause_or_silence TEXT CHECK (cause_or_silence IN ('rep_left', 'account_reassigned', 'account_merged', 'account_sold', 'account_closed', 'crm_refused', 'crm_silent'));
UPDATE proposals SET cause_or_silence = cause WHERE cause IS NOT NULL;
ALTER TABLE proposals DROP COLUMN cause;
ALTER TABLE proposals RENAME COLUMN cause_or_silence TO cause;
