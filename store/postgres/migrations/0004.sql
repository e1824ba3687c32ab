-- A take-over changes all accounts of a process at once: without an index of who has them, and with room
-- for the new row beside the old one, no index changes.
DROP INDEX account_node;
ALTER TABLE account SET (fillfactor = 45);
