package app

import (
	"bytes"
	"context"
	"fmt"

	"billferry/internal/api"
	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/store"
)

// Submit implements service.Service.
func (a *App) Submit(ctx context.Context, integrationID string, raw []byte, trigger string) ([]integration.Run, error) {
	act := api.ActOf(ctx)
	// Run and audit entry are one commit: a Bill that is posted waits for it.
	switch {
	case act == nil || act.Who == localCaller:
		ctx, _ = store.WithAudit(ctx, a.who, service.SubmitBill, submission(raw, integrationID, trigger))
	case !act.Recorded: // else the request has its entry with an earlier Bill
		var written func() bool
		ctx, written = store.WithAudit(ctx, act.Who, act.What, "200")
		defer func() { act.Recorded = written() }()
	}
	return a.engine.Submit(ctx, integrationID, raw, trigger)
}

// submission names a Bill that is handed over, for the audit trail.
func submission(raw []byte, integrationID, trigger string) string {
	text := "from " + trigger
	if integrationID != "" {
		text += ", to " + integrationID
	}
	if head, err := bill.DecodeHead(raw); err == nil { // else it is refused, and no entry made
		text = fmt.Sprintf("%s version %d, ", head.ID, head.Version) + text
	}
	return text
}

// Runs implements service.Service.
func (a *App) Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	return a.store.Runs(ctx, f, token, limit)
}

// Totals implements service.Service.
func (a *App) Totals(ctx context.Context, integrationID string) (integration.Totals, error) {
	return a.store.Totals(ctx, integrationID)
}

// Sum implements service.Service.
func (a *App) Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error) {
	return a.store.Sum(ctx, f)
}

// Groups implements service.Service.
func (a *App) Groups(ctx context.Context, f integration.RunFilter) ([]integration.Group, error) {
	return a.store.Groups(ctx, f)
}

// Run implements service.Service.
func (a *App) Run(ctx context.Context, id string) (service.RunDetail, error) {
	r, err := a.store.Run(ctx, id)
	if err != nil {
		return service.RunDetail{}, err
	}
	d := service.RunDetail{Run: r}
	if d.Attempts, err = a.store.Attempts(ctx, id); err != nil {
		return d, err
	}
	if d.Bill, err = a.store.Bill(ctx, id); err != nil {
		return d, err
	}
	return d, readDocuments(a.forms.Words(d.Run.EntityType, d.Run.Destination), &d)
}

// readDocuments reads back what the attempts kept. Most attempts of a run map
// its Bill to the same document, which is then read once. words are the
// destination's.
func readDocuments(words spec.Words, d *service.RunDetail) error {
	var last []byte
	for i := len(d.Attempts) - 1; i >= 0; i-- {
		a := d.Attempts[i]
		if len(a.Document) == 0 || bytes.Equal(a.Document, last) {
			continue
		}
		p, err := previewOfAttempt(words, d.Run, a.Document)
		switch {
		case err != nil:
			return fmt.Errorf("read the document of attempt %d: %w", a.N, err)
		case d.Document == nil:
			d.Document, last = p, a.Document
		default:
			if d.Documents == nil {
				d.Documents = map[int]*service.Preview{}
			}
			d.Documents[a.N] = p
		}
	}
	return nil
}
