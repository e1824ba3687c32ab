// Package connect is the modal that authenticates an integration: NetSuite's
// client credentials, a private key from a file, a paste or made on the spot,
// and the checks that tick off while NetSuite is asked. It stays open until
// the connection works or the operator leaves it.
package connect
