DROP TABLE open_deals;
DROP TABLE money_entries;
ALTER TABLE legs DROP COLUMN money;
