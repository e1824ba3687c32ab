package api

import (
	"cmp"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"
)

// page is how m3ter writes a part of a list; no nextToken is the end.
type page[T any] struct {
	Data []T    `json:"data"`
	Next string `json:"nextToken,omitempty"`
}

// The largest pages that m3ter gives, and what we give
// when nobody asks.
const (
	largePage   = 200 // configurations, runs, mappings
	smallPage   = 100 // events
	defaultPage = 100
)

func pageSize(q url.Values, most int) (int, error) {
	return number(q, "pageSize", min(defaultPage, most), 1, most)
}

// cut returns the part of items that the query asks for, the newest first.
// The token names the last item of the page before by time and id, so that
// what comes and goes meanwhile neither repeats nor hides another.
func cut[T any](items []T, q url.Values, most int, key func(T) (time.Time, string)) (page[T], error) {
	size, err := pageSize(q, most)
	if err != nil {
		return page[T]{}, err
	}
	older := func(a, b T) int {
		at, aid := key(a)
		bt, bid := key(b)
		return cmp.Or(bt.Compare(at), strings.Compare(bid, aid))
	}
	items = slices.SortedFunc(slices.Values(items), older)
	if token := q.Get("nextToken"); token != "" {
		t, id, err := readToken(token)
		if err != nil {
			return page[T]{}, err
		}
		start := slices.IndexFunc(items, func(x T) bool {
			xt, xid := key(x)
			return cmp.Or(t.Compare(xt), strings.Compare(id, xid)) > 0
		})
		if start < 0 {
			start = len(items)
		}
		items = items[start:]
	}
	out := page[T]{Data: append([]T{}, items[:min(size, len(items))]...)}
	if len(items) > size {
		t, id := key(items[size-1])
		out.Next = base64.RawURLEncoding.EncodeToString([]byte(t.UTC().Format(time.RFC3339Nano) + " " + id))
	}
	return out, nil
}

func readToken(token string) (time.Time, string, error) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	text, id, _ := strings.Cut(string(b), " ")
	t, timeErr := time.Parse(time.RFC3339Nano, text)
	if err != nil || timeErr != nil {
		return t, "", badRequest("nextToken %.40q is not one of ours: leave it out to start again", token)
	}
	return t, id, nil
}
