// Package store keeps everything in one bbolt file: integrations, sealed
// credentials, external mappings, runs with their Bills and attempts, events,
// drafts and the audit trail. *Store implements delivery.Ledger.
//
// Package kv has the file: one writer, the stage, checksums, damage. This one has
// the records, their indexes and counters.
//
// # Buckets
//
// A key is a 16-byte UUIDv7 (time, counter, random) unless the table says
// otherwise. "hash" is the first bytes of a SHA-256: it makes keys short and of
// one length, and a reader compares the record before it believes a hash.
//
//	integrations  id text -> JSON
//	names         name in lower case -> integration id
//	credentials   id text -> JSON with the private key sealed
//	source        "m3ter" -> JSON with the API secret sealed
//	drafts        id text -> JSON
//	mappings      id text -> JSON
//	mapping.key   system 0 table 0 entity 0 m3ter id 0 integration -> mapping id
//	meta          the engine's and other packages' small things; under event.group/ the
//	              open event of a group (eventgroups.go)
//	audit         8-byte sequence -> 32-byte hash, JSON; see AuditEntry
//
//	runs          key -> codec byte, fields of the run (record.go, runfields.go)
//	bills         key -> the Bill of that run, packed (codec.go)
//	attempts      key, 4-byte number -> the attempt, packed
//	run.bill      hash8 of Bill id, key -> hash8 of Run.Key, hash8 of integration id
//	run.state     hash8 of a state, key -> nothing
//	run.due       hash8 of integration id, 8-byte time, key -> nothing; runs
//	              that wait for a time of their own (those due at once are states)
//	run.account   hash8 of account id, key -> nothing
//	account.code  hash8 of account code, hash8 of account id -> 1; what once was so
//	states        hash8 of integration id, whether in run.due, status, outcome,
//	              cause, currency -> how many runs, and their money; see states.go
//	run.month     hash8 of the month of the Bill's period, key -> nothing
//	months        hash8 of integration id, hash8 of a month, then as in states -> as
//	              in states; see months.go
//	hours         integration id 0 4-byte hour -> runs created in it
//	counters      integration id 0 kind -> number; see counters.go
//
//	events        key -> JSON
//	event.open    key -> integration id; events nobody acted on
//
//	reconciled    report id text -> the report of a period, packed
//	resolved      break id text -> JSON; what a person made of a break
//
// Every run.* bucket, states, months, hours and counters can be rebuilt from runs; Check does
// that. They change in the transaction that changes the run, so they are never
// wrong after a crash.
//
// # Why this layout
//
// A commit costs what the pages cost that it writes, and these lie all over the
// file: each takes about a third of the two fdatasyncs. So a change touches
// few: the five fields that a run is filtered by most are one list (states.go),
// nothing is written again that did not change, small buckets lie inside the
// root page, and what changes in the big trees is staged (package kv): one
// record in one place, laid over the trees by whoever reads, and brought into
// them some hundred changes later. A change of status writes five pages, the
// meta page among them, however many runs there are; without the stage it is
// nine at two thousand runs and fifteen at a million.
//
// Records over 1,900 bytes waste half a page of 4 KiB, so runs are packed and
// bodies stand apart; the freelist stays on disk, because without it a file of
// a million runs takes seconds to open; nothing is ever counted by walking
// records. Lists are in the order of time, so that a filter over several
// fields is a merge of such lists and decodes only what it returns.
// docs/SPEED.md has the figures.
package store
