// Package app is the composition root: it builds store, engine, NetSuite and
// m3ter clients from a plain Config, and implements the one service.Service
// that the terminal UI, the command line and the REST API work through. No
// other package knows all of these.
package app
