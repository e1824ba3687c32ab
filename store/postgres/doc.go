// Package postgres keeps in PostgreSQL what package store keeps in a file, for
// teams that outgrow one machine. *Store implements app.Store, and the same suite
// holds it to that.
//
// Records are the bytes that the file has (store.PackRun and others); columns
// beside them are for searching. A Bill of an integration has one row, which
// whoever changes any of its runs locks, several in their order: the rules of
// package integration then work on all runs of the Bill, in memory. Sums are rows
// that each change adds and that are folded now and then, so that two writers
// never wait for one counter. Each commit asks for the lock of the one process that
// has the database (lock.go). Entries of the audit trail are chained through one
// row that is locked last. docs/STORE.md has the rest.
package postgres
