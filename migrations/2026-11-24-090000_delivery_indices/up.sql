-- What is due of one endpoint, in the order in which it is attempted; what somebody holds of it; and the events of a time,
-- for who asks for them again.
CREATE INDEX deliveries_by_turn ON deliveries (webhook_id, next_attempt_at, seq) WHERE settled_at IS NULL;
CREATE INDEX deliveries_held ON deliveries (webhook_id, leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX outbox_events_by_time ON outbox (created_at) WHERE event IS NOT NULL;
