package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// idsAtOnce is how many documents or customers one query names.
const idsAtOnce = 1000

// readOutside looks for the documents of Bills that are not among those of the
// span: they may be in another period, or have lost our external id, be deleted,
// or be hidden from the role.
func (s *session) readOutside(ctx context.Context) error {
	var ids []string
	for i := range s.bills {
		if !s.seen[i] && s.bills[i].DocID != "" {
			ids = append(ids, s.bills[i].DocID)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	for part := range slices.Chunk(ids, idsAtOnce) {
		s.o.Progress(Progress{Step: "documents elsewhere", All: len(ids)})
		found, err := answer(ctx, s, func(ctx context.Context) ([]Doc, error) { return s.books.HeadsOf(ctx, s.q, part) })
		if err != nil {
			return err
		}
		docs := make([]*Doc, len(found))
		for i := range found {
			docs[i] = &found[i]
		}
		if err := s.readAll(ctx, docs); err != nil {
			return err
		}
	}
	return s.confirm(ctx)
}

// readAll reads the lines of documents in parallel, and judges their Bills.
func (s *session) readAll(ctx context.Context, docs []*Doc) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2 * s.o.Slots)
	batch := s.newBatch(gctx, g, 0)
	for _, d := range docs {
		batch.add(d)
	}
	batch.flush()
	return g.Wait()
}

// confirm reads by itself each document that no query shows: queries leave out
// what the role's restrictions hide, and a document that is hidden is not deleted.
func (s *session) confirm(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(s.o.Slots)
	var mu sync.Mutex
	hidden, first := 0, ""
	for i := range s.bills {
		b := &s.bills[i]
		if s.seen[i] || b.DocID == "" {
			continue
		}
		g.Go(func() error {
			var there bool
			err := s.turn(gctx, func(ctx context.Context) (err error) {
				there, err = s.books.Exists(ctx, b.Kind, b.DocID)
				return err
			})
			if err != nil || !there {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if hidden++; first == "" {
				first = b.DocID
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if hidden > 0 {
		s.doubt("%d documents are there, and queries do not show them (the first is %s): the role's restrictions hide them, or they "+
			"were written just now; "+
			"give the role access to all subsidiaries and customers, and reconcile again", hidden, first)
	}
	return nil
}

// readForeign finds out whose documents those are that no Bill of the span has.
func (s *session) readForeign(ctx context.Context) error {
	if len(s.foreign) == 0 {
		return nil
	}
	s.o.Progress(Progress{Step: "owners of other documents", All: len(s.foreign)})
	owners, err := s.ledger.Owners(ctx, s.o.Span, s.foreign)
	if err != nil {
		return err
	}
	var late []*Doc
	for i := range s.foreign {
		d := &s.foreign[i]
		o, known := owners[d.ID]
		if known && o.Late != nil {
			if _, there := s.byBill[o.Late.ID]; !there {
				s.bills, s.seen = append(s.bills, *o.Late), append(s.seen, false)
				s.index(len(s.bills) - 1)
			}
			s.done--
			late = append(late, d)
			continue
		}
		if err := s.outsider(ctx, d, o, known); err != nil {
			return err
		}
	}
	return s.readAll(ctx, late) // once more, with the fields that were sent
}

func (s *session) outsider(ctx context.Context, d *Doc, o Owner, known bool) error {
	s.tell(d, "")
	iso := s.iso(d, s.onlyCurrency())
	t := s.at(iso, s.companyName(d.Subsidiary))
	t.Documents++
	t.Ledger = t.Ledger.Add(d.Net)
	switch {
	case known && o.Other:
		t.Others = t.Others.Add(d.Net)
	case known:
		t.FromOther = t.FromOther.Add(d.Net)
		var w *Want
		if o.Run != "" {
			sent, kept, err := s.ledger.Want(ctx, o.Run)
			if err != nil {
				return err
			}
			if kept {
				w = &sent
			}
		}
		s.cut(d, w, iso)
	default:
		t.Unknown = t.Unknown.Add(d.Net)
		if d.Voided {
			return nil
		}
		x := s.docBreak(Unknown, d, iso)
		x.Amount, x.Facts = d.Net, []Fact{{"external id", "", d.Ref}, {"total", "", d.Net.String()}}
		x.Text = fmt.Sprintf("%s has the external id %s, which no run here has made", d.name(), d.Ref)
		s.keep(x)
	}
	return nil
}

// onlyCurrency is that of documents that name none.
func (s *session) onlyCurrency() string {
	if len(s.bills) > 0 {
		return s.bills[0].Currency
	}
	return ""
}

// readAccounts judges the Bills without a document. Their subsidiary is that of
// their account's customer, which the destination is asked for once.
func (s *session) readAccounts(ctx context.Context) error {
	refs := map[string]string{} // account -> reference
	for i := range s.bills {
		b := &s.bills[i]
		if _, known := s.accountCompany[b.Account]; s.seen[i] || known || b.Account == "" || refs[b.Account] != "" {
			continue
		}
		ref, err := s.ledger.CustomerRef(ctx, b)
		if err != nil {
			return err
		}
		if ref != "" {
			refs[b.Account] = ref
		}
	}
	customers, err := s.customersOf(ctx, slices.Collect(maps.Values(refs)))
	if err != nil {
		return err
	}
	for account, ref := range refs {
		if c, ok := customers[ref]; ok {
			s.accountCompany[account] = s.companyName(c.Subsidiary)
			s.customer[c.ID] = true
		}
	}
	for i := range s.bills {
		if !s.seen[i] {
			s.judge(&s.bills[i], nil, nil)
		}
	}
	return nil
}

// customersOf finds what references name.
func (s *session) customersOf(ctx context.Context, refs []string) (map[string]Customer, error) {
	refs = slices.DeleteFunc(refs, func(ref string) bool { return ref == "" })
	slices.Sort(refs)
	out := map[string]Customer{}
	for part := range slices.Chunk(slices.Compact(refs), idsAtOnce) {
		got, err := answer(ctx, s, func(ctx context.Context) (map[string]Customer, error) { return s.books.Customers(ctx, part) })
		if err != nil {
			return nil, err
		}
		maps.Copy(out, got)
	}
	return out, nil
}

// readStrangers looks for documents that people made beside ours: of the same
// customer, date and amount, without our external id.
func (s *session) readStrangers(ctx context.Context) error {
	ours := map[string]bool{}
	for i := range s.bills {
		if s.bills[i].DocID != "" {
			ours[s.bills[i].DocID] = true
		}
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(s.customer)), idsAtOnce) {
		after := "0"
		for more := true; more; {
			var page []Doc
			err := s.turn(ctx, func(ctx context.Context) (err error) {
				page, more, err = s.books.Strangers(ctx, s.q, part, after)
				return err
			})
			if err != nil {
				return err
			}
			for i := range page {
				if after = page[i].ID; !ours[page[i].ID] {
					s.stranger(&page[i])
				}
			}
			more = more && len(page) > 0
		}
	}
	return nil
}

func (s *session) stranger(d *Doc) {
	i, alike := s.alike[likeness(d)]
	if !alike || d.Voided || isOurs(d.Ref, s.o.Prefixes) {
		return
	}
	b := &s.bills[i]
	x := s.duplicate(b, d, d.Total)
	x.Text = fmt.Sprintf("%s has the customer, date and amount of %s, and no external id of ours", d.name(), b.Ref)
	x.Facts = []Fact{{"document", b.DocID, d.ID}, {"total", d.Total.String(), d.Total.String()}, {"date", d.Date, d.Date}}
	s.keep(x)
}

func isOurs(ref string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return p != "" && strings.HasPrefix(strings.ToLower(ref), strings.ToLower(p)) })
}
