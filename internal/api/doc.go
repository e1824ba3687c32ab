// Package api is service.Service over HTTP, both ways: Server offers it,
// Client is it.
//
// A request arrives by one of two doors. The unix socket beside the store
// (ListenUnix) is for the same user of the same machine: the kernel vouches
// for the peer and no key is asked for. TCP (ListenTCP) is for everybody else:
// an API key buys a short-lived token, and the token a scope.
//
// Two surfaces are served through both doors. /organizations/{orgId}/... speaks
// m3ter's shapes, so that m3ter's SDKs work against it by changing the base
// URL. /organizations/{orgId}/billferry/... is our own and carries the whole of
// service.Service, errors included; Client speaks that one. docs/API.md
// describes both and lists where we depart from m3ter.
package api
