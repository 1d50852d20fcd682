ALTER TABLE runs DROP COLUMN plan_sha256;
ALTER TABLE runs DROP COLUMN snapshot_sha256;
ALTER TABLE runs DROP COLUMN erased_at;
DROP TABLE audit_people;
