-- What an administrator has said of a person: in what roles they may ask, and whether at all.

CREATE TABLE people (
    id TEXT NOT NULL PRIMARY KEY,
    -- A JSON list; NULL where the issuer of their tokens says it.
    roles TEXT,
    state TEXT NOT NULL CHECK (state IN ('active', 'deactivated')),
    since TIMESTAMP NOT NULL,
    changed_by TEXT NOT NULL,
    version TEXT NOT NULL
);

-- Whether the record says that this person is no rep here, whatever the CRM says.
ALTER TABLE reps ADD COLUMN barred BOOLEAN NOT NULL DEFAULT FALSE;
