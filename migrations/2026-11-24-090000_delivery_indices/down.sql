DROP INDEX outbox_events_by_time;
DROP INDEX deliveries_held;
DROP INDEX deliveries_by_turn;
