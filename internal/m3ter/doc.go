// Package m3ter reads Bills, accounts and external mappings from m3ter's API,
// and polls it for Bills that changed.
//
// It keeps to 10 requests a second, well below the 50 that m3ter allows an
// organisation, and renews its token early. A 403 is answered with a new token
// once, since m3ter says 403, not 401, to one that has expired.
package m3ter
