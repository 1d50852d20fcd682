ALTER TABLE accounts DROP COLUMN place_is_approximate;
ALTER TABLE reps DROP COLUMN base_is_approximate;
