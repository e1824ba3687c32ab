// Package world is a test: the real engine, sender, governor and store with the
// NetSuite simulator in one process, in the clock of testing/synctest, over
// wires of memory. A seed decides all that goes wrong, so that a history can be
// repeated. docs/TORTURE.md says what it tries and what must hold.
package world
