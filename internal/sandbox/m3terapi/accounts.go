package m3terapi

import (
	"net/http"
	"strconv"
	"strings"

	"billferry/internal/sandbox/tree"
)

func (s *Server) listAccounts(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	list := keep(s.accounts, func(a tree.Value) bool {
		return oneOf(q, "ids", a.TextOf("id")) && oneOf(q, "codes", a.TextOf("code"))
	})
	return paged(r, list, pageMax, idOf, appendTree)
}

func (s *Server) getAccount(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return one(s.accounts, r.PathValue("id"), "Account")
}

func one(list []tree.Value, id, what string) (int, []byte) {
	for _, v := range list {
		if v.TextOf("id") == id {
			return http.StatusOK, v.JSON()
		}
	}
	return http.StatusNotFound, message(what + " with id " + id + " was not found")
}

func (s *Server) searchAccounts(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(r, s.accounts, func(a tree.Value) tree.Value { return a })
}

// found serves m3ter's search: terms split by $, a comparator between field
// and value, fromDocument for paging.
func found[T any](r *http.Request, all []T, of func(T) tree.Value) (int, []byte) {
	q := r.URL.Query()
	match, ok := search(q.Get("searchQuery"), strings.EqualFold(q.Get("operator"), "OR"))
	if !ok {
		return http.StatusBadRequest, message("searchQuery is not valid: write field:value or field~start, terms split by $")
	}
	size, from := 10, 0
	var err error
	if t := q.Get("pageSize"); t != "" {
		if size, err = strconv.Atoi(t); err != nil || size < 1 || size > pageMax {
			return http.StatusBadRequest, message("pageSize must be a number from 1 to 100")
		}
	}
	if t := q.Get("fromDocument"); t != "" {
		if from, err = strconv.Atoi(t); err != nil || from < 0 {
			return http.StatusBadRequest, message("fromDocument must be a number")
		}
	}
	var list []tree.Value
	for _, x := range all {
		if v := of(x); match(&v) {
			list = append(list, v)
		}
	}
	list = list[min(from, len(list)):min(from+size, len(list))]
	return http.StatusOK, tree.Obj(tree.M("data", tree.List(list...))).JSON()
}

// search reads a searchQuery. Texts compare without regard to letter case.
func search(query string, or bool) (func(*tree.Value) bool, bool) {
	type term struct{ field, op, value string }
	var terms []term
	for text := range strings.SplitSeq(query, "$") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		i := strings.IndexAny(text, "<>:~")
		if i <= 0 {
			return nil, false
		}
		op, n := text[i:i+1], i+1
		if n < len(text) && text[n] == '=' {
			op, n = op+"=", n+1
		}
		terms = append(terms, term{text[:i], op, strings.ToLower(text[n:])})
	}
	holds := func(t term, v string) bool {
		switch t.op {
		case ":":
			return v == t.value
		case "~":
			return strings.HasPrefix(v, t.value)
		case "<":
			return v < t.value
		case "<=":
			return v <= t.value
		case ">":
			return v > t.value
		}
		return v >= t.value
	}
	return func(v *tree.Value) bool {
		for _, t := range terms {
			if holds(t, strings.ToLower(v.TextOf(t.field))) == or {
				return or
			}
		}
		return len(terms) == 0 || !or
	}, true
}
