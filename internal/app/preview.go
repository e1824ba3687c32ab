package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
		return preview(m.Document.Encode(), source, "would be sent"), nil
	case errors.As(err, &skip):
		return none(m.Bill, service.Preview{Source: source, Verdict: "would not be sent: " + skip.Reason, Cause: skip.Cause, Skipped: true}), nil
	case errors.As(err, &fail):
		out := none(m.Bill, service.Preview{Source: source, Verdict: "would stop: " + fail.Message, Cause: fail.Cause})
		out.Warnings = []string{fail.Advice}
		return out, nil
	}
	return service.Preview{}, err
}

// none says of a Bill that becomes no document what it would have been worth.
func none(b bill.Bill, p service.Preview) service.Preview {
	p.Currency, p.BillTotal = b.Currency, b.BillTotal
	return p
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

// preview is a document as screens show it.
func preview(d mapping.Encoded, source, verdict string) service.Preview {
	p := service.Preview{Source: source, Verdict: verdict, Encoded: d}
	var text strings.Builder
	if mapping.WriteInvoice(&text, d.Document, true) == nil {
		p.Text = text.String()
	}
	return p
}

// previewOfAttempt reads back the document that an attempt kept.
func previewOfAttempt(r integration.Run, kept []byte) (*service.Preview, error) {
	var d mapping.Encoded
	if err := json.Unmarshal(kept, &d); err != nil {
		return nil, fmt.Errorf("read the kept document: %w", err)
	}
	p := preview(d, r.BillRef, "as mapped")
	return &p, nil
}
