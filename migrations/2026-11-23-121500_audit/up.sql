-- Who is behind the people of the audit log. The log holds, and its chain covers, a commitment to a person's id: SHA-256 over
-- a salt and the id. Where this row is gone nobody can tell any more who it was, and the chain still holds.

CREATE TABLE audit_people (
    commitment TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL UNIQUE,
    salt TEXT NOT NULL
);

-- Since when the market and the plan of a run are gone because a person of it was erased, and what their hashes were.
ALTER TABLE runs ADD COLUMN erased_at TIMESTAMP;
ALTER TABLE runs ADD COLUMN snapshot_sha256 TEXT;
ALTER TABLE runs ADD COLUMN plan_sha256 TEXT;
