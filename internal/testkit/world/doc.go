// Package world is a test: the real poller, engine, sender, governor, proofs,
// notifier, REST API and store with the simulators of m3ter and NetSuite in one process, in
// the clock of testing/synctest, over wires of memory. A seed decides all that goes
// wrong, so that a history can be repeated. docs/TORTURE.md says what it tries and
// what must hold.
package world
