-- What changes hands with each account of a proposal, as its reps were shown it: JSON.
ALTER TABLE legs ADD COLUMN money TEXT NOT NULL DEFAULT '[]';

-- The same once it took effect. A row is one amount from one rep to another, so the table nets to zero whatever it holds;
-- a swap that is undone keeps its rows, which then count for nothing.
CREATE TABLE money_entries (
    proposal_id TEXT NOT NULL REFERENCES proposals (id),
    leg INTEGER NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 0),
    kind TEXT NOT NULL CHECK (kind IN ('commission', 'ramp', 'open_deal', 'quota')),
    giver_id TEXT NOT NULL REFERENCES reps (id),
    receiver_id TEXT NOT NULL REFERENCES reps (id),
    -- From the giver to the receiver; negative where it goes back.
    cents BIGINT NOT NULL,
    deal_id TEXT,
    -- After this day the deal is all the receiver's.
    kept_until DATE,
    effective_on DATE NOT NULL,
    reversed_at TIMESTAMP,
    PRIMARY KEY (proposal_id, leg, number),
    CHECK (giver_id <> receiver_id),
    CHECK ((kind = 'open_deal') = (deal_id IS NOT NULL))
);
CREATE INDEX money_entries_by_day ON money_entries (effective_on);

-- Deals under way, as the CRM has them.
CREATE TABLE open_deals (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    amount_cents BIGINT NOT NULL CHECK (amount_cents >= 0),
    commission_cents BIGINT CHECK (commission_cents >= 0),
    closes_on DATE,
    treatment TEXT CHECK (treatment IN ('exempt', 'shared', 'transferred')),
    closed BOOLEAN NOT NULL
);
CREATE INDEX open_deals_by_account ON open_deals (account_id, id);
