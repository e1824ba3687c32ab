-- What transactions changed, for the other processes: see feed.go. Rows are gone after a minute.
CREATE TABLE outbox (
    xid     xid8 NOT NULL DEFAULT pg_current_xact_id(),
    origin  bigint NOT NULL, -- the process
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    changes text NOT NULL
);
CREATE INDEX outbox_xid ON outbox (xid);
CREATE INDEX outbox_at ON outbox (at);

-- How a process does, for those who ask another: JSON.
ALTER TABLE node ADD COLUMN status text NOT NULL DEFAULT '';
