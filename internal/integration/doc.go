// Package integration holds the domain types that every package speaks: the
// integration an operator configures, its credentials, the external mappings,
// the runs with their attempts, and the events. It is a leaf: data, the words
// for it, and nothing that does IO.
//
// Field names in JSON are those of m3ter's API wherever it has the thing;
// what is ours stands beside them.
package integration
