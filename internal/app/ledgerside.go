package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// ledgerSide is our side of a reconciliation: Bills of m3ter, where it is
// connected, and what the store knows of them.
type ledgerSide struct {
	app     *App
	in      integration.Integration
	cfg     mapping.Config
	sys     delivery.System
	books   destination.Population
	account string            // of the destination
	source  *m3ter.Client     // nil: none is connected
	codes   map[string]string // of accounts, as Bills have told them
	words   map[string]string // that many Bills have, once each; see word
}

var _ reconcile.Ledger = (*ledgerSide)(nil)

// runPage is how many runs are read at once.
const runPage = 500

// eachRun goes through the runs of an integration, "" for all.
func (l *ledgerSide) eachRun(ctx context.Context, integrationID string, visit func(*integration.Run) error) error {
	f := integration.RunFilter{IntegrationID: integrationID, Oldest: true}
	for token := ""; ; {
		p, err := l.app.store.Runs(ctx, f, token, runPage)
		if err != nil {
			return err
		}
		for i := range p.Runs {
			if err := visit(&p.Runs[i]); err != nil {
				return err
			}
		}
		if token = p.Next; token == "" {
			return nil
		}
	}
}

// stands tells whether a run stands for its Bill: one does, of all its versions
// and retries.
func stands(r *integration.Run) bool {
	return r.Outcome != integration.Superseded && r.Counted == integration.CountedWhole
}

// known is a Bill with what tells its version.
type known struct {
	bill int
	at   version
}

// version is as much of a run as tells that of its Bill.
type version struct {
	number             int64
	calculated, status string
}

func (l *ledgerSide) versionOf(r *integration.Run) version {
	return version{r.BillVersion, strings.Clone(r.BillCalculated), l.word(r.BillStatus)}
}

// word is a text that many Bills have. A text of a run keeps all texts of that run in
// memory: what is kept of a hundred thousand of them is copied.
func (l *ledgerSide) word(s string) string {
	w, ok := l.words[s]
	if !ok {
		w = strings.Clone(s)
		l.words[w] = w
	}
	return w
}

// Bills implements reconcile.Ledger.
func (l *ledgerSide) Bills(ctx context.Context, s reconcile.Span, progress func(int)) ([]reconcile.Bill, error) {
	var out []reconcile.Bill
	have := map[string]known{}
	seen := 0
	err := l.eachRun(ctx, l.in.ID, func(r *integration.Run) error {
		if seen++; seen%runPage == 0 {
			progress(len(out))
		}
		if _, ok := l.codes[r.AccountID]; !ok {
			l.codes[l.word(r.AccountID)] = l.word(r.AccountCode)
		}
		if !stands(r) || !s.Has(r.DocumentDate) {
			return nil
		}
		b, err := l.billOf(ctx, r)
		if err != nil {
			return err
		}
		parts, err := l.parts(ctx, r, &b)
		if err != nil {
			return err
		}
		if l.source != nil {
			have[b.ID] = known{len(out), l.versionOf(r)}
		}
		out = append(append(out, b), parts...)
		return nil
	})
	if err != nil || l.source == nil {
		return out, err
	}
	return l.fromSource(ctx, s, out, have, progress)
}

// excluded are the causes of Bills that settings leave out by their account.
var excluded = map[string]bool{mapping.CauseRestricted: true, mapping.CauseNotListed: true, mapping.CauseFilter: true}

// billOf is what a run that stands for its Bill says of it.
func (l *ledgerSide) billOf(ctx context.Context, r *integration.Run) (reconcile.Bill, error) {
	b := reconcile.Bill{
		ID: strings.Clone(r.EntityID), Ref: strings.Clone(r.BillRef), Account: l.word(r.AccountID), Code: l.word(r.AccountCode),
		Currency: l.word(r.Currency), Date: l.word(r.DocumentDate), Total: r.AmountIn, Approved: r.BillStatus == "APPROVED",
		Proven: r.Proof == integration.Proven, Run: strings.Clone(r.ID), Cause: l.word(r.Cause), Why: l.word(r.Error), ToDo: l.word(r.Advice),
		Kind: l.word(r.DocumentKind), Lines: r.Lines, Refs: l.refs(r),
	}
	switch {
	case r.Delivered():
		b.State, b.DocID, b.SentRun, b.ByHand = reconcile.Sent, strings.Clone(r.ExternalID), b.Run, r.Cause == causeByHand
		b.Excluded, b.Rounding, b.Accepted = r.AmountExcluded, r.Rounding, acceptance(r)
		return b, nil
	case r.Outcome == integration.Skipped && excluded[r.Cause]:
		b.State = reconcile.ExcludedAccount
	case r.Outcome == integration.Skipped && r.Cause == mapping.CauseNotApproved:
		b.State = reconcile.NotApproved
	case r.Outcome == integration.Skipped && r.Cause == causeSkipped:
		b.State = reconcile.SkippedByHand
	case r.Outcome == integration.Skipped:
		b.State = reconcile.ExcludedTypes
	case r.HeldByHand() || r.Outcome == integration.Held:
		b.State = reconcile.Held
	case r.Status.Failed():
		b.State = reconcile.Failed
	default:
		b.State = reconcile.InFlight
	}
	p, err := l.app.store.Runs(ctx, integration.RunFilter{IntegrationID: l.in.ID, BillID: r.EntityID}, "", 100)
	if err != nil {
		return b, err
	}
	for i := range p.Runs { // the newest that has made a document
		if o := &p.Runs[i]; o.ExternalID != "" && o.ID != r.ID {
			b.DocID, b.Kind = strings.Clone(o.ExternalID), l.word(o.DocumentKind)
			break
		}
	}
	return b, nil
}

// acceptance is what a person made of the document of a run that differs; nil: nothing.
func acceptance(r *integration.Run) *reconcile.Acceptance {
	if r.Proof != integration.Accepted {
		return nil
	}
	return &reconcile.Acceptance{By: r.ProofBy, Reason: r.ProofNote, At: r.Modified, Stamp: r.Watch.Stamp,
		Gone: r.Cause == integration.CauseDeleted}
}

// The causes of what people settle by hand.
const (
	causeByHand  = "marked_sent"
	causeSkipped = "skipped_by_hand"
)

// refs are the external ids that documents of a Bill may have.
func (l *ledgerSide) refs(r *integration.Run) []string {
	out := []string{mapping.ExternalID(l.cfg, mapping.Invoice, r.EntityID), mapping.ExternalID(l.cfg, mapping.CreditMemo, r.EntityID)}
	if r.ExternalRef != "" && r.ExternalRef != out[0] && r.ExternalRef != out[1] {
		out = append(out, strings.Clone(r.ExternalRef))
	}
	return out
}

// mostLookups bounds how many Bills m3ter is asked for one by one.
const mostLookups = 500

// fromSource lays m3ter's own list over what is known here.
func (l *ledgerSide) fromSource(ctx context.Context, s reconcile.Span, out []reconcile.Bill, have map[string]known,
	progress func(int)) ([]reconcile.Bill, error) {
	listed := map[string]bool{}
	for _, by := range []string{"billDate", "externalInvoiceDate"} {
		for token := ""; ; {
			heads, next, err := l.source.BillsDated(ctx, by, s.From, s.To, token)
			if err != nil {
				return nil, fmt.Errorf("list the Bills of m3ter: %w", err)
			}
			for _, h := range heads {
				if listed[h.ID] || !s.Has(mapping.Date(h)) {
					continue
				}
				listed[h.ID] = true
				if k, ok := have[h.ID]; ok {
					l.compare(&out[k.bill], k.at, h)
					continue
				}
				b, ok, err := l.unseen(ctx, h)
				if err != nil {
					return nil, err
				}
				if ok {
					out = append(out, b)
				}
			}
			progress(len(out))
			if token = next; token == "" {
				break
			}
		}
	}
	return l.unlisted(ctx, s, out, have, listed)
}

// compare notes what m3ter says of a Bill that is known here.
func (l *ledgerSide) compare(b *reconcile.Bill, at version, h bill.Head) {
	newer := integration.Run{BillVersion: h.Version, BillCalculated: h.LastCalculatedDate, BillStatus: h.Status}
	b.Newer = newer.NewerThan(integration.Run{BillVersion: at.number, BillCalculated: at.calculated, BillStatus: at.status})
	b.Approved = h.Status == "APPROVED"
	if h.HasTotal {
		b.Total = h.BillTotal.Sub(b.Beside)
	}
	if b.Newer && b.State == reconcile.NotApproved && b.Approved {
		b.State, b.Why = reconcile.InFlight, "it was approved in m3ter, and has not arrived here yet"
	}
}

// unseen is a Bill of m3ter that no run of the span is about.
func (l *ledgerSide) unseen(ctx context.Context, h bill.Head) (reconcile.Bill, bool, error) {
	p, err := l.app.store.Runs(ctx, integration.RunFilter{IntegrationID: l.in.ID, BillID: h.ID}, "", 100)
	if err != nil {
		return reconcile.Bill{}, false, err
	}
	for i := range p.Runs {
		if r := &p.Runs[i]; stands(r) { // its date has changed since
			b, err := l.billOf(ctx, r)
			l.compare(&b, l.versionOf(r), h)
			b.Date = mapping.Date(h)
			return b, true, err
		}
	}
	run := integration.Run{EntityID: h.ID}
	b := reconcile.Bill{ID: h.ID, Ref: h.Reference(), Account: h.AccountID, Code: h.AccountCode, Currency: h.Currency, Date: mapping.Date(h),
		Total:    h.BillTotal,
		Approved: h.Status == "APPROVED", State: reconcile.Unreceived, Refs: l.refs(&run)}
	v := l.app.engine.Qualifies(ctx, l.in, h)
	switch {
	case v.Send && l.app.engine.TooOld(l.in, h):
		b.Why = "it was calculated before the integration was created, and is not sent by itself"
	case v.Send:
		b.Why = "it is in m3ter, and has not arrived here"
	case v.Cause == mapping.CauseNotApproved:
		b.State, b.Why = reconcile.NotApproved, v.Reason
	default:
		b.State, b.Why = reconcile.ExcludedAccount, v.Reason
	}
	return b, true, nil
}

// unlisted looks after the Bills that are known here and that m3ter does not list:
// they were deleted there, or are dated otherwise now.
func (l *ledgerSide) unlisted(ctx context.Context, s reconcile.Span, out []reconcile.Bill, have map[string]known,
	listed map[string]bool) ([]reconcile.Bill, error) {
	missing := 0
	for id := range have {
		if !listed[id] {
			missing++
		}
	}
	kept := out[:0]
	for _, b := range out {
		_, ours := have[b.ID]
		if !ours || listed[b.ID] {
			kept = append(kept, b)
			continue
		}
		b.Gone = true
		if missing <= mostLookups {
			raw, err := l.source.Bill(ctx, b.ID)
			switch {
			case errors.Is(err, integration.ErrNotFound):
			case err != nil:
				return nil, err
			default:
				if h, err := bill.DecodeHead(raw); err == nil && !s.Has(mapping.Date(h)) {
					continue // it is one of another period now
				}
				b.Gone = false
			}
		}
		kept = append(kept, b)
	}
	return kept, nil
}

// Owners implements reconcile.Ledger. It goes through all runs, since a document
// of this span may be of a Bill of any other, and of any integration.
func (l *ledgerSide) Owners(ctx context.Context, s reconcile.Span, docs []reconcile.Doc) (map[string]reconcile.Owner, error) {
	byID, byRef := map[string]string{}, map[string]string{}
	for i := range docs {
		byID[docs[i].ID] = docs[i].ID
		if docs[i].Ref != "" {
			byRef[strings.ToLower(docs[i].Ref)] = docs[i].ID
		}
	}
	out := map[string]reconcile.Owner{}
	err := l.eachRun(ctx, "", func(r *integration.Run) error {
		if r.Account != "" && r.Account != l.account {
			return nil
		}
		id, ok := byID[r.ExternalID]
		if !ok || r.ExternalID == "" {
			if id, ok = byRef[strings.ToLower(r.ExternalRef)]; !ok || r.ExternalRef == "" {
				return nil
			}
		}
		if was, known := out[id]; known && !was.Other && r.IntegrationID != l.in.ID {
			return nil
		}
		o := reconcile.Owner{Bill: r.EntityID, Ref: r.BillRef, Other: r.IntegrationID != l.in.ID}
		if r.Delivered() && r.Cause != causeByHand {
			o.Run = r.ID
		}
		if !o.Other && stands(r) && s.Has(r.DocumentDate) {
			b, err := l.billOf(ctx, r)
			if err != nil {
				return err
			}
			o.Late = &b
		}
		out[id] = o
		return nil
	})
	return out, err
}

// CustomerRef implements reconcile.Ledger, as Customer By says.
func (l *ledgerSide) CustomerRef(ctx context.Context, b *reconcile.Bill) (string, error) {
	ref, err := l.app.engine.CustomerRef(ctx, l.sys, l.cfg, mapping.Account{ID: b.Account, Code: b.Code})
	if errors.Is(err, integration.ErrNotFound) {
		return "", nil // m3ter has the account no more
	}
	return ref, err
}
