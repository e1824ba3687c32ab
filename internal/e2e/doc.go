// Package e2e drives the built program in a real terminal: a pseudo terminal
// on this side, an emulator that knows what stands on the screen, and the
// program as an operator starts it, with the simulators of NetSuite and m3ter
// behind it. It holds tests and the latency benchmark alone.
package e2e
