-- What the runs of each month of a Bill's period add up to. A change adds one row, to tally, which has its
-- month; folding keeps the sums of months here, and those of all months there, without one.
ALTER TABLE tally ADD COLUMN month text COLLATE "C"; -- as period in run; null: folded
CREATE TABLE tally_month (LIKE tally);
ALTER TABLE tally_month ALTER COLUMN month SET NOT NULL;
CREATE INDEX tally_month_month ON tally_month (month, integration_id);
