// Package details is the page of one integration: what it is, whether it is
// connected, how it is configured, what it did last, and the keys that change
// that.
package details
