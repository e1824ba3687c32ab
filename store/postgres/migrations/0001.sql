-- Texts that come from outside have U+FFFD in place of what PostgreSQL cannot
-- hold; a reader compares with the record.

CREATE SEQUENCE run_seq AS bigint CYCLE MAXVALUE 4294967295;

-- One row for each Bill of an integration: who changes any of its runs locks it.
CREATE TABLE bill (
    integration_id text COLLATE "C" NOT NULL,
    bill_id        text COLLATE "C" NOT NULL,
    needs          boolean NOT NULL DEFAULT false, -- a person
    PRIMARY KEY (bill_id, integration_id)
);

CREATE TABLE run (
    id             uuid PRIMARY KEY,
    integration_id text COLLATE "C" NOT NULL,
    bill_id        text COLLATE "C" NOT NULL,
    version        bigint NOT NULL, -- of the hash of Run.Key
    status         text COLLATE "C" NOT NULL,
    outcome        text COLLATE "C" NOT NULL,
    proof          text COLLATE "C" NOT NULL,
    cause          text COLLATE "C" NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    payment        text COLLATE "C" NOT NULL, -- and whether the document rests
    state          bigint NOT NULL, -- hash of integration and the six before
    period         text COLLATE "C" NOT NULL, -- month
    account_id     text COLLATE "C" NOT NULL,
    account_code   text COLLATE "C" NOT NULL,
    due_at         bigint, -- nanoseconds since 1970; null when it is not to be sent
    timed          boolean NOT NULL, -- due at a time of its own
    record         bytea NOT NULL
);
CREATE INDEX run_bill ON run (bill_id);
CREATE INDEX run_version ON run (version);
CREATE INDEX run_integration ON run (integration_id, id);
CREATE INDEX run_state ON run (state, id);
CREATE INDEX run_period ON run (period, id);
CREATE INDEX run_started ON run (id) WHERE status = 'STARTED';
CREATE INDEX run_account ON run (account_id, id);
CREATE INDEX run_code ON run (account_code, id);
CREATE INDEX run_due ON run (integration_id, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE run_bill_body (id uuid PRIMARY KEY, body bytea NOT NULL);
CREATE TABLE attempt (id uuid, n int, body bytea NOT NULL, PRIMARY KEY (id, n));

-- Sums: what each change adds, folded now and then. Nobody waits for a row.
CREATE TABLE tally (
    integration_id text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL, outcome text COLLATE "C" NOT NULL, proof text COLLATE "C" NOT NULL,
    cause text COLLATE "C" NOT NULL, currency text COLLATE "C" NOT NULL, payment text COLLATE "C" NOT NULL,
    state bigint NOT NULL, -- as in run
    runs bigint NOT NULL,
    amount_in numeric NOT NULL, amount_out numeric NOT NULL, excluded numeric NOT NULL, rounding numeric NOT NULL,
    unproven numeric NOT NULL, unposted numeric NOT NULL, tax numeric NOT NULL
);
CREATE INDEX tally_integration ON tally (integration_id);

-- Kind n: Bills that need a person. e: events nobody acted on. h: Bills whose newest run is of an hour.
CREATE TABLE tally_count (integration_id text COLLATE "C" NOT NULL, kind "char" NOT NULL, hour int NOT NULL, n bigint NOT NULL);
CREATE INDEX tally_count_integration ON tally_count (integration_id, kind, hour);

CREATE TABLE integration (
    id text COLLATE "C" PRIMARY KEY, name bytea NOT NULL UNIQUE, credentials_id text NOT NULL, record bytea NOT NULL
);
CREATE TABLE credentials (id text COLLATE "C" PRIMARY KEY, record bytea NOT NULL);
CREATE TABLE source (id text COLLATE "C" PRIMARY KEY, record bytea NOT NULL);
CREATE TABLE draft (id text COLLATE "C" PRIMARY KEY, record bytea NOT NULL);
CREATE TABLE mapping (
    id text COLLATE "C" PRIMARY KEY, key bytea NOT NULL UNIQUE, integration_id text COLLATE "C" NOT NULL, record bytea NOT NULL
);
CREATE TABLE note (key bytea PRIMARY KEY, value bytea NOT NULL);
CREATE TABLE report (id text COLLATE "C" PRIMARY KEY, record bytea NOT NULL);
CREATE TABLE resolution (id text COLLATE "C" PRIMARY KEY, record bytea NOT NULL);

-- Whoever changes events locks the head, so that ids are in the order of commits.
CREATE TABLE event_head (one boolean PRIMARY KEY DEFAULT true CHECK (one), last uuid NOT NULL);
INSERT INTO event_head (last) VALUES ('00000000-0000-0000-0000-000000000000');
CREATE TABLE event (
    id uuid PRIMARY KEY, integration_id text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL,
    grp text COLLATE "C" NOT NULL,
    open boolean NOT NULL,
    leads boolean NOT NULL, -- it is the open one of its group
    record bytea NOT NULL
);
CREATE UNIQUE INDEX event_group ON event (integration_id, grp) WHERE leads;
CREATE INDEX event_open ON event (id) WHERE open;

CREATE TABLE audit_head (one boolean PRIMARY KEY DEFAULT true CHECK (one), seq bigint NOT NULL, hash bytea NOT NULL);
INSERT INTO audit_head (seq, hash) VALUES (0, '');
CREATE TABLE audit (seq bigint PRIMARY KEY, hash bytea NOT NULL, entry bytea NOT NULL);

-- Processes that serve the database, and the NetSuite account that each sends into: see lease.go.
CREATE TABLE node (id uuid PRIMARY KEY, expires_at timestamptz NOT NULL);
CREATE TABLE account (account text COLLATE "C" PRIMARY KEY, node uuid, epoch bigint NOT NULL DEFAULT 0);
CREATE INDEX account_node ON account (node);
