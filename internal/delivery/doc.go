// Package delivery is the engine: it knows what is due, makes one attempt at a
// time for a Bill, keeps the pace an account allows, and recovers after
// a crash. It has no UI and no HTTP server; docs/DELIVERY.md has the rules.
package delivery
