// Package outbound is the way out: one transport for every HTTP request that
// billferry sends, to NetSuite, m3ter, webhooks and collectors of traces.
//
// It remembers each secret that it sends, and takes it out of all that comes
// back: bodies after they are unpacked, headers, the status line, and the
// errors of net/http, which quote what they could not read. What an answer
// repeats would else stand in runs, logs, events and backups. A secret is
// found whole or in part, as it is, in base64, and escaped for URLs, JSON or
// HTML, also where it straddles two reads.
//
// It bounds answers too, and what answers may hold of the memory together.
package outbound
