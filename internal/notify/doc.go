// Package notify tells people and programs of integration events: webhooks
// signed as Standard Webhooks (standardwebhooks.com) has it, and mail.
//
// Each target follows the events of the store by a cursor that is kept there,
// so that what happened while the target or billferry was down is told later.
// A message may come twice, after a crash between sending and noting it; its id
// is the event's, so that a receiver can tell. docs/OPERATING.md has the
// settings and how to check a signature.
package notify
