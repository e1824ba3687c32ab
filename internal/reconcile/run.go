package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"billferry/internal/currency"
)

// Run reconciles. What cannot be told is told in the report (Cannot, Doubts); an
// error is one of asking, and nothing is known then.
func Run(ctx context.Context, o Options, l Ledger, b Books) (Report, error) {
	s := newSession(o, l, b)
	for _, step := range []func(context.Context) error{
		s.ask, s.readBills, s.readDocuments, s.readBeside, s.readPrepayments, s.readHoldings,
	} {
		if err := step(ctx); err != nil {
			return Report{}, err
		}
	}
	return s.finish(), nil
}

// turn makes one call to the destination.
func (s *session) turn(ctx context.Context, call func(context.Context) error) error {
	counted := func(ctx context.Context) error {
		s.mu.Lock()
		s.calls++
		s.mu.Unlock()
		return call(ctx)
	}
	if s.o.Turn == nil {
		return counted(ctx)
	}
	return s.o.Turn(ctx, counted)
}

// answer is turn of a call that answers.
func answer[T any](ctx context.Context, s *session, call func(context.Context) (T, error)) (v T, err error) {
	err = s.turn(ctx, func(ctx context.Context) (err error) {
		v, err = call(ctx)
		return err
	})
	return v, err
}

func (s *session) readBills(ctx context.Context) (err error) {
	s.o.Progress(Progress{Step: "Bills"})
	s.bills, err = s.ledger.Bills(ctx, s.o.Span, func(done int) { s.o.Progress(Progress{Step: "Bills", Done: done}) })
	if err != nil {
		return err
	}
	s.seen = make([]bool, len(s.bills))
	for i := range s.bills {
		s.index(i)
	}
	return nil
}

func (s *session) index(i int) {
	b := &s.bills[i]
	s.byBill[b.ID] = i
	if b.DocID != "" {
		s.byDoc[b.DocID] = i
	}
	for _, r := range b.Refs {
		s.byRef[strings.ToLower(r)] = i
	}
}

func (s *session) counts(ctx context.Context) ([]Count, error) {
	return answer(ctx, s, func(ctx context.Context) ([]Count, error) { return s.books.Counts(ctx, s.q) })
}

// readDocuments reads the documents of the span: heads one page after another,
// and their lines in parallel as the heads come. Before and after (readBeside), the
// destination is asked how many there are and what they come to.
func (s *session) readDocuments(ctx context.Context) (err error) {
	if s.before, err = s.counts(ctx); err != nil {
		return err
	}
	all := 0
	for _, c := range s.before {
		all += c.N
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2*s.o.Slots + 1)
	batch := s.newBatch(gctx, g, all)
	pages := s.heads(gctx)
	for p := range pages {
		if p.err != nil {
			g.Go(func() error { return p.err })
			break
		}
		for i := range p.docs {
			k := Count{Currency: p.docs[i].Currency, Kind: p.docs[i].Kind}
			s.got[k]++
			s.gotSums[k] = s.gotSums[k].Add(p.docs[i].Total)
			batch.add(&p.docs[i])
		}
	}
	batch.flush()
	return g.Wait()
}

// readBeside reads what there is beside the documents of the span, and meanwhile how
// many of those there are now.
func (s *session) readBeside(ctx context.Context) error {
	var after []Count
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		after, err = s.counts(gctx)
		return err
	})
	g.Go(func() error {
		for _, step := range []func(context.Context) error{s.readOutside, s.readForeign, s.readAccounts, s.readStrangers} {
			if err := step(gctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	s.complete(after)
	return nil
}

// headPage is a page of documents, or why there is none.
type headPage struct {
	docs []Doc
	err  error
}

// heads reads the documents of the span, two pages ahead of whoever reads their
// lines: the slots of the account are full then.
func (s *session) heads(ctx context.Context) <-chan headPage {
	out := make(chan headPage, 1)
	go func() {
		defer close(out)
		after := "0"
		for more := true; more; {
			var p headPage
			p.err = s.turn(ctx, func(ctx context.Context) (err error) {
				p.docs, more, err = s.books.Heads(ctx, s.q, after)
				return err
			})
			more = more && p.err == nil && len(p.docs) > 0
			if more {
				after = p.docs[len(p.docs)-1].ID
			}
			select {
			case out <- p:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// complete holds what was read to what the destination says that there is.
func (s *session) complete(after []Count) {
	byKind := func(cs []Count) map[Count]Count {
		m := map[Count]Count{}
		for _, c := range cs {
			m[Count{Currency: c.Currency, Kind: c.Kind}] = c
		}
		return m
	}
	was, is := byKind(s.before), byKind(after)
	keys := map[Count]bool{}
	for _, m := range []map[Count]Count{was, is} {
		for k := range m {
			keys[k] = true
		}
	}
	for k := range s.got {
		keys[k] = true
	}
	for k := range keys {
		s.out.Counted = append(s.out.Counted, Counted{Currency: cmp.Or(s.currencies[k.Currency], k.Currency), Kind: k.Kind,
			Counted: is[k].N, Sum: is[k].Total, Read: s.got[k], ReadSum: s.gotSums[k]})
		if was[k].N != is[k].N || !was[k].Total.Equal(is[k].Total) {
			s.doubt("%s was changed while it was read: reconcile again", s.o.System)
			continue
		}
		if s.got[k] != is[k].N || !s.gotSums[k].Equal(is[k].Total) {
			iso := s.currencies[k.Currency]
			s.doubt("%s counts %d documents of kind %s in currency %s over %s, and showed %d over %s: the role may not see all of them",
				s.o.System, is[k].N, k.Kind, cmp.Or(iso, k.Currency), currency.Money(is[k].Total, iso), s.got[k],
				currency.Money(s.gotSums[k], iso))
		}
	}
}

// batch collects documents until their lines fill a request.
type batch struct {
	s    *session
	ctx  context.Context
	g    *errgroup.Group
	all  int
	docs []*Doc
	rows int
}

func (s *session) newBatch(ctx context.Context, g *errgroup.Group, all int) *batch {
	return &batch{s: s, ctx: ctx, g: g, all: all}
}

// linesUnknown is how many lines a document is taken to have that nobody knows here.
const linesUnknown = 20

func (b *batch) add(d *Doc) {
	rows := linesUnknown
	if i, ok := b.s.find(d); ok && b.s.bills[i].Lines > 0 {
		rows = b.s.bills[i].Lines
		if !d.Total.Abs().Equal(b.s.bills[i].Total.Sub(b.s.bills[i].Excluded).Sub(b.s.bills[i].Rounding).Abs()) {
			rows++ // of tax
		}
	}
	if b.rows+rows > b.s.books.RowsAtOnce() {
		b.flush()
	}
	b.docs, b.rows = append(b.docs, d), b.rows+rows
}

func (b *batch) flush() {
	docs := b.docs
	b.docs, b.rows = nil, 0
	if len(docs) == 0 {
		return
	}
	b.g.Go(func() error { return b.s.readLines(b.ctx, docs, b.all) })
}

// find is the Bill of a document.
func (s *session) find(d *Doc) (int, bool) {
	if i, ok := s.byDoc[d.ID]; ok {
		return i, true
	}
	i, ok := s.byRef[strings.ToLower(d.Ref)]
	return i, ok && d.Ref != ""
}

// readLines reads the lines of documents and judges their Bills.
func (s *session) readLines(ctx context.Context, docs []*Doc, all int) error {
	wants := make([]*Want, len(docs))
	for i, d := range docs {
		var err error
		if wants[i], err = s.wanted(ctx, d); err != nil {
			return err
		}
	}
	if err := s.books.ReadLines(ctx, s.q.with(wants), docs, s.turn); err != nil {
		return err
	}
	for i, d := range docs {
		if err := s.met(ctx, d, wants[i]); err != nil {
			return err
		}
	}
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	s.o.Progress(Progress{Step: "documents", Done: min(done, all), All: all})
	return nil
}

// wanted is what was sent of a document; nil: it is not known.
func (s *session) wanted(ctx context.Context, d *Doc) (*Want, error) {
	i, ok := s.find(d)
	if !ok {
		return nil, nil
	}
	b := &s.bills[i]
	if b.SentRun == "" || b.State != Sent || b.ByHand || b.DocID != d.ID {
		return nil, nil
	}
	w, kept, err := s.ledger.Want(ctx, b.SentRun)
	if !kept {
		return nil, err
	}
	return &w, err
}

// met takes one document in, and what was sent of it.
func (s *session) met(ctx context.Context, d *Doc, w *Want) error {
	i, ok := s.find(d)
	if !ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		d.Lines = nil
		s.foreign = append(s.foreign, *d)
		s.done++
		return nil
	}
	if err := s.bothWays(ctx, d, w); err != nil {
		return err
	}
	b := &s.bills[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell(d, b.ID)
	s.customer[d.Customer] = true
	if s.seen[i] || b.DocID != "" && b.DocID != d.ID {
		s.second(b, d)
		return nil
	}
	s.seen[i] = true
	s.alike[likeness(d)] = i
	s.accountCompany[b.Account] = s.companyName(cmp.Or(d.Home, d.Subsidiary))
	s.judge(b, d, w)
	d.Lines = nil
	return nil
}

// second tells of a second document of one Bill.
func (s *session) second(b *Bill, d *Doc) {
	t := s.at(s.iso(d, b.Currency), s.companyName(d.Subsidiary))
	if s.within(d) {
		t.Documents++
		t.Ledger, t.Misplaced = t.Ledger.Add(d.Net), t.Misplaced.Add(d.Net)
		s.cut(d, nil, t.Currency)
	}
	if d.Voided {
		return
	}
	x := s.duplicate(b, d, d.Net)
	x.Text = fmt.Sprintf("%s has the external id %s of this Bill, and the Bill's own document is %s", d.name(), d.Ref, b.DocID)
	x.Facts = []Fact{{"document", b.DocID, d.ID}, {"total", b.Total.String(), d.Net.String()}}
	s.keep(x)
}

func likeness(d *Doc) string {
	return d.Customer + "|" + d.Date + "|" + d.Currency + "|" + d.Total.Trim()
}
