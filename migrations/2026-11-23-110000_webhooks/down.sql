DROP TABLE callbacks;
DROP TABLE crm_legs;
DROP TABLE crm_requests;
DROP TABLE deliveries;
DROP TABLE webhook_kinds;
DROP TABLE webhooks;
ALTER TABLE outbox DROP COLUMN details;
ALTER TABLE outbox DROP COLUMN ordering_key;
ALTER TABLE outbox DROP COLUMN event;
