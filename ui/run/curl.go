package run

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"billferry/internal/integration"
)

// request is the exchange of an attempt that matters most: the last that
// wrote, else the last; never the one for the token.
func request(a *integration.Attempt) *integration.Exchange {
	if a == nil {
		return nil
	}
	var last *integration.Exchange
	for i := range a.Exchanges {
		if x := &a.Exchanges[i]; x.Writes() || x.Purpose != "token" && (last == nil || !last.Writes()) {
			last = x
		}
	}
	return last
}

// Curl is the request of an attempt that matters most as a command for a shell; "" when
// there is none.
func Curl(a *integration.Attempt) string {
	if x := request(a); x != nil {
		return curl(*x)
	}
	return ""
}

// hiddenHeaders never leave the program, whoever recorded them.
var hiddenHeaders = []string{"authorization", "cookie", "set-cookie", "proxy-authorization"}

// curl writes a request as a command for a shell. The token is left to a
// variable of the shell: the command can be shared.
func curl(x integration.Exchange) string {
	parts := []string{"curl -X " + quote(x.Method) + " " + quote(bareURL(x.URL)), `-H "Authorization: Bearer $TOKEN"`}
	for _, name := range slices.Sorted(maps.Keys(x.ReqHead)) {
		if !slices.Contains(hiddenHeaders, strings.ToLower(name)) {
			parts = append(parts, "-H "+quote(name+": "+x.ReqHead[name]))
		}
	}
	if len(x.ReqBody) > 0 && x.Purpose != "token" {
		parts = append(parts, "--data-raw "+quote(string(x.ReqBody)))
	}
	return strings.Join(parts, " \\\n  ")
}

// bareURL takes out a name and password that stand in an address.
func bareURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.User == nil {
		return s
	}
	u.User = nil
	return u.String()
}

// quote makes one word of a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
