-- Whether a place is only known to be somewhere around its coordinates, as where a postal code was all there was.
ALTER TABLE reps ADD COLUMN base_is_approximate BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE accounts ADD COLUMN place_is_approximate BOOLEAN NOT NULL DEFAULT FALSE;
