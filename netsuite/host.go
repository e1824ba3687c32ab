package netsuite

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"billferry/internal/pattern"
	"billferry/mapping"
)

const (
	suiteTalk = ".suitetalk.api.netsuite.com"
	appHost   = ".app.netsuite.com"

	tokenPath  = "/services/rest/auth/oauth2/v1/token"
	recordPath = "/services/rest/record/v1"
	queryPath  = "/services/rest/query/v1/suiteql"
)

// accountShape is what an account id may look like. It is put into a host
// name, so anything else could send a signed assertion to a stranger.
var accountShape = pattern.New(`^[A-Za-z0-9]([A-Za-z0-9_-]{0,40}[A-Za-z0-9])?$`)

// ErrAccountID is returned, wrapped, for an account id that cannot be part of a host name.
var ErrAccountID = errors.New("not a NetSuite account id")

// Host returns the SuiteTalk host of an account: 1234567_SB1 is served by
// 1234567-sb1.suitetalk.api.netsuite.com.
func Host(accountID string) (string, error) {
	if !accountShape().MatchString(accountID) {
		return "", fmt.Errorf("%w: %q; use the Account ID of Setup > Company > Company Information, such as 1234567 or 1234567_SB1: "+
			"letters, digits and _ only",
			ErrAccountID, accountID)
	}
	return strings.ReplaceAll(strings.ToLower(accountID), "_", "-") + suiteTalk, nil
}

// checkURL refuses an address that tokens and invoices should not travel to:
// plain http beyond this machine, or one with a user, query or fragment.
func checkURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not a URL; write it like https://1234567%s", raw, suiteTalk)
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "", u.Hostname() == "":
		return nil, fmt.Errorf("%q is not a web address; write it like https://1234567%s", raw, suiteTalk)
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return nil, fmt.Errorf("%q must not hold a user, a query or a fragment", u.Redacted())
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("%q is not encrypted; use https (http is for a sandbox on this machine)", raw)
	}
	return u, nil
}

// checkOrigin is checkURL for a URL that must end after the host.
func checkOrigin(raw string) (*url.URL, error) {
	u, err := checkURL(raw)
	if err != nil {
		return nil, err
	}
	if strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("%q must end after the host: write %s://%s", raw, u.Scheme, u.Host)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// pageURL is where a person sees a record. A simulator serves it on its own
// origin; NetSuite serves the user interface on another host than the API.
func pageURL(origin *url.URL, kind mapping.Kind, id string) string {
	page := "custinvc.nl"
	if kind == mapping.CreditMemo {
		page = "custcred.nl"
	}
	host := origin.Host
	if account, ok := strings.CutSuffix(host, suiteTalk); ok {
		host = account + appHost
	}
	return origin.Scheme + "://" + host + "/app/accounting/transactions/" + page + "?id=" + url.QueryEscape(id)
}
