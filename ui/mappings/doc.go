// Package mappings lists, edits, imports and exports external mappings, and
// suggests them for accounts that have none.
package mappings
