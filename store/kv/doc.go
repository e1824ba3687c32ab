// Package kv is a file of sorted buckets on bbolt, as the store wants it: one
// writer that commits together what waits, a stage that keeps commits small
// however large the file is, a checksum behind every value, and errors that tell
// a damaged file from a fault of the program. It knows nothing of what is kept.
//
// # Durability
//
// Every change is on disk when its method returns nil. One goroutine writes: it
// takes all changes that wait and commits them together, so that ten writers
// share two fdatasyncs instead of paying for twenty. Only a change that is
// submitted as delayed waits for others; a lone writer pays for its own commit and
// nothing else.
//
// # The stage
//
// A commit costs what the pages cost that it writes, and those of big trees lie
// all over the file: each takes about a third of the two fdatasyncs. What
// changes in buckets declared Staged is kept in one record in one place, laid
// over the trees by whoever reads, and brought into them some hundred changes
// later (stage.go). Nothing of it waits for a clock, and a crash needs no repair.
//
// # Two buckets of its own
//
//	file    "version" -> version of the layout, "created" -> RFC 3339
//	staged  8-byte transaction -> a bucket with what it changed in staged buckets;
//	        its sequence is Tx.Sequence
package kv
