package suitetalk

import (
	"net/http"
	"strconv"
	"strings"

	"billferry/internal/pattern"
	"billferry/internal/sandbox/tree"
)

// list serves GET of a collection: ids and links only.
func (s *Server) list(r request, kind *recordType) *reply {
	if s.denied[PermitSuiteAnalytics] {
		return noPermission()
	}
	query := r.URL.Query()
	limit, offset, no := window(query.Get("limit"), query.Get("offset"))
	if no != nil {
		return no
	}
	match, ok := parseQ(query.Get("q"))
	if !ok {
		return badQ()
	}
	var ids []string
	total := 0
	for id, row := range s.db.rows(kind) {
		if match(row) {
			if total >= offset && len(ids) < limit {
				ids = append(ids, id)
			}
			total++
		}
	}
	items := make([]tree.Value, len(ids))
	for i, id := range ids {
		items[i] = tree.Obj(self(s.href(kind, id)), tree.M("id", tree.Str(id)))
	}
	v := s.listing(r, items, limit, offset, total)
	return &reply{status: http.StatusOK, ctype: typeCollection, body: v.JSON()}
}

// listing is the envelope that collections and SuiteQL share.
func (s *Server) listing(r request, items []tree.Value, limit, offset, total int) tree.Value {
	base := s.o.Origin + r.URL.Path
	more := offset+len(items) < total
	links := []tree.Value{link("self", s.o.Origin+r.URL.RequestURI())}
	if more {
		q := r.URL.Query()
		q.Set("limit", strconv.Itoa(limit))
		q.Set("offset", strconv.Itoa(offset+limit))
		links = append(links, link("next", base+"?"+q.Encode()))
	}
	num := func(n int) tree.Value { return tree.Num(strconv.Itoa(n)) }
	return tree.Obj(tree.M("links", tree.List(links...)), tree.M("count", num(len(items))), tree.M("hasMore", tree.Boolean(more)),
		tree.M("items", tree.List(items...)), tree.M("offset", num(offset)), tree.M("totalResults", num(total)))
}

// window reads limit and offset: at most 1000, and whole pages.
func window(limitText, offsetText string) (limit, offset int, no *reply) {
	limit = 1000
	bad := func(name string) *reply {
		return envelope(http.StatusBadRequest, tree.Obj(
			tree.M("detail", tree.Str("Invalid query parameter '"+name+"'. The limit is at most 1000, and the offset a multiple of the limit.")),
			tree.M("o:errorQueryParam", tree.Str(name)), tree.M("o:errorCode", tree.Str("INVALID_PARAMETER"))))
	}
	var err error
	if limitText != "" {
		if limit, err = strconv.Atoi(limitText); err != nil || limit < 1 || limit > 1000 {
			return 0, 0, bad("limit")
		}
	}
	if offsetText != "" {
		if offset, err = strconv.Atoi(offsetText); err != nil || offset < 0 || offset%limit != 0 {
			return 0, 0, bad("offset")
		}
	}
	return limit, offset, nil
}

func badQ() *reply {
	return envelope(http.StatusBadRequest, tree.Obj(
		tree.M("detail", tree.Str("Invalid search query. Provide a valid search query.")),
		tree.M("o:errorQueryParam", tree.Str("q")), tree.M("o:errorCode", tree.Str("INVALID_PARAMETER"))))
}

var condition = pattern.New(
	`(?i)^\s*(\w+)\s+(IS_NOT|IS|START_WITH|CONTAIN|ANY_OF|EMPTY|EMPTY_NOT)\b\s*(?:"([^"]*)"|\[([^\]]*)\]|(\d+))?`)

type test func(row func(string) string) bool

// parseQ reads the filter language of collections: conditions tied by AND,
// which binds before OR. Texts stand in double quotes; single ones are refused,
// as live accounts do.
func parseQ(q string) (test, bool) {
	if strings.TrimSpace(q) == "" {
		return func(func(string) string) bool { return true }, true
	}
	var any []test
	all, rest, ok := conjunction(q)
	for ok {
		any = append(any, all)
		if strings.TrimSpace(rest) == "" {
			return func(row func(string) string) bool {
				for _, t := range any {
					if t(row) {
						return true
					}
				}
				return false
			}, true
		}
		if rest, ok = keyword(rest, "OR"); ok {
			all, rest, ok = conjunction(rest)
		}
	}
	return nil, false
}

func conjunction(q string) (test, string, bool) {
	var all []test
	for {
		t, rest, ok := comparison(q)
		if !ok {
			return nil, "", false
		}
		all = append(all, t)
		next, and := keyword(rest, "AND")
		if !and {
			return func(row func(string) string) bool {
				for _, t := range all {
					if !t(row) {
						return false
					}
				}
				return true
			}, rest, true
		}
		q = next
	}
}

func keyword(q, word string) (string, bool) {
	t := strings.TrimLeft(q, " ")
	if len(t) > len(word) && strings.EqualFold(t[:len(word)], word) && t[len(word)] == ' ' {
		return t[len(word):], true
	}
	return q, false
}

func comparison(q string) (test, string, bool) {
	m := condition().FindStringSubmatch(q)
	if m == nil {
		return nil, "", false
	}
	field, op, arg := lower(m[1]), strings.ToUpper(m[2]), lower(m[3]+m[5])
	set := map[string]bool{}
	for v := range strings.SplitSeq(m[4], ",") {
		set[lower(strings.Trim(v, ` "`))] = true
	}
	return func(row func(string) string) bool {
		v := lower(row(field))
		switch op {
		case "IS":
			return v == arg
		case "IS_NOT":
			return v != arg
		case "START_WITH":
			return strings.HasPrefix(v, arg)
		case "CONTAIN":
			return strings.Contains(v, arg)
		case "ANY_OF":
			return set[v]
		case "EMPTY":
			return v == ""
		}
		return v != ""
	}, q[len(m[0]):], true
}
