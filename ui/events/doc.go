// Package events lists the integration events, each with the button that m3ter
// has for its kind.
package events
