package m3terapi

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/sandbox/tree"
)

// The largest pages m3ter gives.
const (
	pageMax        = 100
	mappingPageMax = 200
)

// paged cuts a list, newest first, to the page asked for. The token names the
// last thing shown, so that new things do not shift the pages that follow.
func paged[T any](r *http.Request, list []T, limit int, id func(T) string, write func([]byte, T) []byte) (int, []byte) {
	q := r.URL.Query()
	size := limit
	if text := q.Get("pageSize"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > limit {
			return http.StatusBadRequest, message("pageSize must be a number from 1 to " + strconv.Itoa(limit))
		}
		size = n
	}
	if token := q.Get("nextToken"); token != "" {
		last, err := base64.RawURLEncoding.DecodeString(token)
		at := slices.IndexFunc(list, func(t T) bool { return id(t) == string(last) })
		if err != nil || at < 0 {
			return http.StatusBadRequest, message("nextToken is not valid")
		}
		list = list[at+1:]
	}
	more := len(list) > size
	list = list[:min(size, len(list))]
	out := []byte(`{"data":[`)
	for i, t := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = write(out, t)
	}
	out = append(out, ']')
	if more {
		out = append(out, `,"nextToken":`...)
		out = tree.AppendString(out, base64.RawURLEncoding.EncodeToString([]byte(id(list[size-1]))))
	}
	return http.StatusOK, append(out, '}')
}

// values reads a list parameter: joined by commas, as the SDKs write it, or
// repeated.
func values(q url.Values, name string) []string {
	var out []string
	for _, v := range q[name] {
		for one := range strings.SplitSeq(v, ",") {
			if one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

// oneOf tells whether the parameter is absent or lists the value.
func oneOf(q url.Values, name, value string) bool {
	list := values(q, name)
	return len(list) == 0 || slices.Contains(list, value)
}

// between tells whether a civil date lies in the range of two parameters: the
// start belongs to it, the end does not.
func between(q url.Values, name, date string) bool {
	from, to := q.Get(name+"Start"), q.Get(name+"End")
	return (from == "" || date >= from) && (to == "" || date < to)
}

func idOf(v tree.Value) string { return v.TextOf("id") }

func appendTree(out []byte, v tree.Value) []byte { return v.Append(out) }

func keep[T any](list []T, ok func(T) bool) []T {
	var out []T
	for _, v := range list {
		if ok(v) {
			out = append(out, v)
		}
	}
	return out
}
