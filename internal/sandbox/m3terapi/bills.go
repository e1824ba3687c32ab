package m3terapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/tree"
)

// bill is a Bill as the organisation has it.
type bill struct{ seed.Bill }

func (b *bill) id() string { return b.Head.TextOf("id") }

func (b *bill) text(name string) string { return b.Head.TextOf(name) }

func (s *Server) find(id string) *bill {
	i := slices.IndexFunc(s.bills, func(b *bill) bool { return b.id() == id })
	if i < 0 {
		return nil
	}
	return s.bills[i]
}

func notFound(id string) (int, []byte) {
	return http.StatusNotFound, message("Bill with id " + id + " was not found")
}

// listBills serves /bills with its filters, and /bills/accountid/{account}.
func (s *Server) listBills(r *http.Request) (int, []byte) {
	q := r.URL.Query()
	if id := r.PathValue("account"); id != "" {
		q.Set("accountId", id)
	}
	lines, total := q.Get("excludeLineItems") != "true", q.Get("includeBillTotal") == "true"
	s.mu.Lock()
	defer s.mu.Unlock()
	list := keep(s.bills, func(b *bill) bool { return chosen(b, q) })
	return paged(r, list, pageMax, (*bill).id, func(out []byte, b *bill) []byte { return b.Append(out, lines, total) })
}

func chosen(b *bill, q url.Values) bool {
	for _, f := range []struct{ param, field string }{
		{"ids", "id"}, {"accountId", "accountId"}, {"status", "status"}, {"locked", "locked"},
		{"billDate", "billDate"}, {"billJobId", "billJobId"}, {"billingFrequency", "billingFrequency"},
	} {
		if !oneOf(q, f.param, b.text(f.field)) {
			return false
		}
	}
	return between(q, "billDate", b.text("billDate")) && between(q, "externalInvoiceDate", b.text("externalInvoiceDate"))
}

func (s *Server) getBill(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.find(r.PathValue("id"))
	if b == nil {
		return notFound(r.PathValue("id"))
	}
	return http.StatusOK, b.Append(nil, true, true)
}

// searchBills answers Bills without their line items.
func (s *Server) searchBills(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return found(r, s.bills, func(b *bill) tree.Value { return b.Head })
}

func (s *Server) latestBill(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bills {
		if b.text("accountId") == r.PathValue("account") {
			return http.StatusOK, b.Append(nil, true, true)
		}
	}
	return http.StatusNotFound, message("No Bill of Account " + r.PathValue("account") + " was found")
}

// approveBills approves the Bills of the body, narrowed by the parameters.
func (s *Server) approveBills(r *http.Request) (int, []byte) {
	body, ok := read(r)
	if !ok {
		return http.StatusBadRequest, message("Malformed JSON in the request body")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := map[string]bool{}
	if list := body.Get("billIds"); list != nil {
		for i := range list.Items {
			ids[list.Items[i].Scalar()] = true
		}
	}
	q, n := r.URL.Query(), 0
	for _, b := range s.bills {
		if len(ids) > 0 && !ids[b.id()] || !oneOf(q, "accountIds", b.text("accountId")) ||
			!between(q, "externalInvoiceDate", b.text("externalInvoiceDate")) {
			continue
		}
		if b.text("status") == "PENDING" {
			s.approve(b)
			n++
		}
	}
	return http.StatusOK, message(strconv.Itoa(n) + " bills approved")
}

func (s *Server) setStatus(r *http.Request) (int, []byte) {
	body, ok := read(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.find(r.PathValue("id"))
	switch status := body.TextOf("status"); {
	case b == nil:
		return notFound(r.PathValue("id"))
	case !ok || status != "PENDING" && status != "APPROVED":
		return http.StatusBadRequest, message("status must be PENDING or APPROVED")
	case b.text("locked") == "true":
		return http.StatusBadRequest, message("The bill is locked")
	case status == "APPROVED":
		s.approve(b)
	default:
		s.touch(b)
		b.Head.Set("status", tree.Str("PENDING"))
		b.Head.Delete("dtApproved")
		b.Head.Delete("approvedBy")
	}
	return http.StatusOK, b.Append(nil, true, true)
}

func (s *Server) lockBill(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.find(r.PathValue("id"))
	if b == nil {
		return notFound(r.PathValue("id"))
	}
	if b.text("status") == "PENDING" {
		return http.StatusBadRequest, message("A pending bill cannot be locked")
	}
	s.touch(b)
	b.Head.Set("locked", tree.Boolean(true))
	return http.StatusOK, b.Append(nil, true, true)
}

func read(r *http.Request) (tree.Value, bool) {
	v, err := tree.Parse(readAll(r))
	return v, err == nil && v.Kind == tree.Object
}
