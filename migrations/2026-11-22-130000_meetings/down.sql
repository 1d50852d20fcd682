DROP INDEX overrides_by_age;
DROP TABLE override_reviews;
DROP TABLE direct_swaps;
DROP TABLE meetings;
