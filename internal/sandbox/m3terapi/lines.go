package m3terapi

import (
	"net/http"

	"billferry/internal/sandbox/tree"
)

// listLines serves the line items of a Bill. Their shape differs from that
// inside a Bill: the bands have another name, the child account is missing,
// and there are version, billId and audit fields.
func (s *Server) listLines(r *http.Request) (int, []byte) {
	if r.PathValue("part") != "lineitems" {
		return http.StatusNotFound, message("Not Found")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, ok := s.lines(r.PathValue("id"))
	if !ok {
		return notFound(r.PathValue("id"))
	}
	return paged(r, lines, pageMax, idOf, appendTree)
}

func (s *Server) getLine(r *http.Request) (int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, ok := s.lines(r.PathValue("id"))
	if !ok {
		return notFound(r.PathValue("id"))
	}
	return one(lines, r.PathValue("line"), "LineItem")
}

func (s *Server) lines(billID string) ([]tree.Value, bool) {
	b := s.find(billID)
	if b == nil {
		return nil, false
	}
	all, err := tree.Parse(b.Lines)
	if err != nil {
		return nil, false
	}
	for i := range all.Items {
		l := &all.Items[i]
		l.Delete("childAccountId")
		l.Delete("childAccountCode")
		if bands := l.Get("usagePerPricingBand"); bands != nil {
			l.Set("bandUsage", *bands)
			l.Delete("usagePerPricingBand")
		}
		l.Set("version", *b.Head.Get("version"))
		l.Set("billId", tree.Str(billID))
		l.Set("jsonUsageGenerated", tree.Boolean(false))
		for _, name := range []string{"dtCreated", "dtLastModified", "createdBy", "lastModifiedBy"} {
			if v := b.Head.Get(name); v != nil {
				l.Set(name, *v)
			}
		}
	}
	return all.Items, true
}
