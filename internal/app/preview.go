package app

import (
	"context"
	"errors"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/mapping"
)

// Preview implements service.Service.
func (a *App) Preview(ctx context.Context, p service.PreviewRequest) (service.Preview, error) {
	f, err := a.form(p.EntityType, p.Destination)
	if err != nil {
		return service.Preview{}, err
	}
	values := f.Fill(p.ConfigData)
	raw, source, err := a.previewBill(ctx, p.Bill)
	if err != nil {
		return service.Preview{}, err
	}
	m, err := a.engine.Preview(ctx, p.IntegrationID, values, raw)
	var skip *delivery.Skip
	var fail *integration.Failure
	switch {
	case err == nil:
		out := preview(delivery.Explain(m.Document.Encode()), m.Document)
		out.Source, out.Verdict = source, "would be sent"
		return out, nil
	case errors.As(err, &skip):
		return service.Preview{Source: source, Currency: m.Bill.Currency, BillTotal: m.Bill.BillTotal,
			Verdict: "would not be sent: " + skip.Reason, Cause: skip.Cause, Skipped: true}, nil
	case errors.As(err, &fail):
		return service.Preview{Source: source, Currency: m.Bill.Currency, BillTotal: m.Bill.BillTotal,
			Verdict: "would stop: " + fail.Message, Cause: fail.Cause, Warnings: []string{fail.Advice}}, nil
	}
	return service.Preview{}, err
}

// previewBill is the Bill to show: the one asked for, the latest real one, or
// the sample that is built in.
func (a *App) previewBill(ctx context.Context, raw []byte) ([]byte, string, error) {
	source := ""
	if len(raw) == 0 {
		var err error
		if raw, err = a.store.LatestBill(ctx); err != nil && !errors.Is(err, integration.ErrNotFound) {
			return nil, "", err
		}
	}
	if len(raw) == 0 {
		raw, source = mapping.Sample(), "built-in sample"
	}
	if source == "" {
		h, err := bill.DecodeHead(raw)
		if err != nil {
			return nil, "", &integration.Failure{Class: integration.ClassData, Cause: "bill_unreadable", Err: err,
				Message: "the Bill cannot be read: " + err.Error(), Advice: "give a Bill as m3ter's API writes it"}
		}
		source = h.Reference()
	}
	return raw, source, nil
}

// preview puts an explained document into the shape that screens show.
func preview(x delivery.Explained, d mapping.Document) service.Preview {
	p := service.Preview{
		Currency: x.Currency, Total: x.Total, Included: x.Included, Excluded: x.Excluded, Rounding: x.Rounding,
		BillTotal: x.BillTotal, DefaultLines: x.DefaultLines, DefaultAmount: x.DefaultAmount, Warnings: x.Warnings, Document: x.Body, Lines: make([]service.PreviewLine, len(x.Lines)),
	}
	for i, l := range x.Lines {
		p.Lines[i] = service.PreviewLine{
			Item: l.Item, Description: l.Description, Quantity: l.Quantity, Rate: l.Rate, Amount: l.Amount,
			Rule: l.Why.Rule, Fallback: l.Why.Fallback, Money: l.Why.Money, Sources: l.Why.Sources,
		}
	}
	var text strings.Builder
	if mapping.WriteInvoice(&text, d, true) == nil {
		p.Text = text.String()
	}
	return p
}

// previewOfAttempt reads back the document that an attempt kept.
func previewOfAttempt(r integration.Run, kept []byte) (*service.Preview, error) {
	x, err := delivery.ReadExplained(kept)
	if err != nil {
		return nil, err
	}
	p := preview(x, x.Plain())
	p.Source, p.Verdict = r.BillRef, "as mapped"
	return &p, nil
}
