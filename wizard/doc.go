// Package wizard is the three-stage create flow as a pure state machine: what
// is chosen so far, which stage is on, what Next and Back do, what is wrong.
// It does no IO and draws nothing; a screen, a line prompt and a test drive it
// alike.
package wizard
