// Package mapping turns a m3ter Bill, a configuration and look-ups into the
// document the destination is to hold: an invoice, or a credit memo for a negative
// Bill. It is pure: no IO, no clock, the same input gives the same bytes.
//
// The rules are written down in docs/MAPPING.md.
package mapping
