-- When its asker took a question back. The state goes on saying what the colleague answered.
ALTER TABLE direct_swaps ADD COLUMN withdrawn_at TIMESTAMP;
