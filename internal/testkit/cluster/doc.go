// Package cluster is a test: several processes of the built program on one
// PostgreSQL, in front of simulators of NetSuite, while processes are killed or
// stopped, the database restarts and the network parts. docs/CLUSTER.md says what
// must hold, and how to run the long form.
package cluster
