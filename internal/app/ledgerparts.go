package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// parts are the earlier documents of a Bill that was amended, each with its own share
// of the Bill; what is left is that of the last one.
func (l *ledgerSide) parts(ctx context.Context, r *integration.Run, b *reconcile.Bill) ([]reconcile.Bill, error) {
	if b.DocID == "" || !r.Amends && b.State == reconcile.Sent {
		return nil, nil
	}
	p, err := l.app.store.Runs(ctx, integration.RunFilter{IntegrationID: l.in.ID, BillID: r.EntityID}, "", 100)
	if err != nil {
		return nil, err
	}
	var last *integration.Run // that was delivered
	for i := range p.Runs {
		if o := &p.Runs[i]; last == nil && o.Delivered() {
			last = o
		}
	}
	if last == nil || !last.Amends {
		return nil, nil
	}
	raw, err := l.app.store.Sent(ctx, last.ID)
	if errors.Is(err, integration.ErrNotFound) {
		return nil, nil
	}
	var d mapping.Document
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		return nil, fmt.Errorf("the amendment of run %s cannot be read: %w", last.ID, err)
	}
	if d.Amends == nil {
		return nil, nil
	}
	var out []reconcile.Bill
	for _, n := range d.Amends.Documents {
		if n.ID == last.ExternalID {
			continue
		}
		part := reconcile.Bill{ID: b.ID + "/" + n.ID, Ref: b.Ref, Account: b.Account, Code: b.Code, Currency: b.Currency, Date: b.Date,
			Total: n.Net, State: reconcile.Sent, Approved: true, Proven: true, Run: b.Run, Kind: string(n.Kind), DocID: n.ID, Part: true}
		if n.ExternalID != "" {
			part.Refs = []string{n.ExternalID}
		}
		for i := range p.Runs {
			if o := &p.Runs[i]; part.SentRun == "" && o.ExternalID == n.ID && o.Delivered() {
				part.SentRun, part.Run, part.Proven, part.Lines = o.ID, o.ID, o.Proof == integration.Proven, o.Lines
				part.Accepted = acceptance(o)
			}
		}
		b.Beside = b.Beside.Add(n.Net)
		out = append(out, part)
	}
	b.Total = b.Total.Sub(b.Beside)
	b.Refs = []string{last.ExternalRef} // those of the Bill itself are a part's
	return out, nil
}
