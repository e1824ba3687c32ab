// Package reconcile holds three populations side by side, Bills of the source,
// what was made of them here, and documents that the destination holds, and
// tells to the last unit where the money of a period is, and what of it is not
// as it should be.
//
// It does no IO of its own and knows no destination by name: Ledger is our side,
// Books is the destination's, and both are asked in pages, so that a period of
// any size takes bounded memory.
package reconcile
