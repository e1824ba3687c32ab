package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// Want implements reconcile.Ledger.
func (l *ledgerSide) Want(ctx context.Context, run string) (w reconcile.Want, ok bool, err error) {
	raw, err := l.app.store.Sent(ctx, run)
	if errors.Is(err, integration.ErrNotFound) {
		return w, false, nil
	}
	if err != nil {
		return w, false, err
	}
	var d mapping.Document
	if err := json.Unmarshal(raw, &d); err != nil {
		return w, false, fmt.Errorf("the document of run %s cannot be read: %w", run, err)
	}
	if d.SaidAlready() {
		return w, false, nil
	}
	compared := l.books.Compared(&d)
	w = reconcile.Want{CustomerID: d.Entity.ID, CustomerRef: d.Entity.ExternalID, CurrencyID: d.CurrencyID, Date: d.TranDate, Due: d.DueDate,
		Period: d.PeriodID, Number: d.Number, Fields: compared.Head, NoTax: d.NoTax, Total: d.Total, Lines: make([]reconcile.Line, len(d.Lines))}
	if compared.Reference {
		w.OtherRef = d.OtherRefNum
	}
	if compared.Memo {
		w.Memo = d.Memo
	}
	ends, err := l.lastDays(ctx, run)
	if err != nil {
		return w, false, err
	}
	for i := range d.Lines {
		x := &d.Lines[i]
		w.Lines[i] = reconcile.Line{Item: x.ItemID, Amount: x.Amount, Quantity: x.Quantity, Text: x.Description, AnyText: !compared.Text,
			Fields: compared.Lines[i]}
		switch fee, drawn := mapping.Prepaid(x.Why.Types); {
		case fee:
			w.Lines[i].Prepaid = reconcile.Fee
		case drawn:
			w.Lines[i].Prepaid = reconcile.Drawn
		}
		w.Lines[i].Stands = reconcile.Stands(mapping.LiabilityOf(x.Why.Types))
		for _, source := range x.Why.Sources {
			w.Lines[i].Ends = max(w.Lines[i].Ends, ends[source])
		}
	}
	return w, true, nil
}

// lastDays are the last days of service of the lines of a run's Bill, by their ids.
func (l *ledgerSide) lastDays(ctx context.Context, run string) (map[string]string, error) {
	raw, err := l.app.store.Bill(ctx, run)
	if errors.Is(err, integration.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := bill.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("the Bill of run %s cannot be read: %w", run, err)
	}
	return mapping.LastDays(&b)
}
