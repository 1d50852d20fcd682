ALTER TABLE direct_swaps DROP COLUMN withdrawn_at;
