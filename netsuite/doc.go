// Package netsuite makes a mapping.Document exist in NetSuite, exactly once,
// over SuiteTalk REST web services with OAuth 2.0 client credentials. It also
// brings the settings form of the destination, inspects and makes private
// keys, and answers look-ups of currencies, items, customers and periods.
//
// The files, in the order to read them:
//
//	form.go, check.go     what can be set, and what is refused
//	key.go, keygen.go     private keys: inspect, make
//	host.go               account id -> host, record -> page for a person
//	client.go, http.go    the client, one HTTP call, what is recorded of it
//	token.go, login.go    access tokens, and what a 401 means
//	errors.go, table.go   what an answer means: one table
//	deliver.go, update.go, others.go, batch.go   exactly once, and its proof
//	record.go, compare.go what NetSuite holds, beside what was sent
//	query.go, lookup.go, period.go, search.go   SuiteQL and the look-ups on it
//	verify.go, probe.go, doctor.go   Connect and `integration test`
//
// docs/NETSUITE.md tells how to prepare an account, docs/DELIVERY.md how exactly-once works.
package netsuite
