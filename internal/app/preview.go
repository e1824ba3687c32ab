package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Preview implements service.Service.
func (a *App) Preview(ctx context.Context, p service.PreviewRequest) (service.Preview, error) {
	out, err := a.previewed(ctx, p)
	if err != nil || len(p.Bill) > 0 {
		return out, err
	}
	in := integration.Integration{ID: p.IntegrationID, EntityType: p.EntityType, Destination: p.Destination, ConfigData: p.ConfigData}
	if p.IntegrationID != "" {
		saved, err := a.connectable(ctx, p.IntegrationID)
		if err != nil {
			return out, err
		}
		in.CredentialsID = saved.CredentialsID
	}
	out.Overlaps, err = a.overlaps(ctx, in)
	return out, err
}

func (a *App) previewed(ctx context.Context, p service.PreviewRequest) (service.Preview, error) {
	f, err := a.form(p.EntityType, p.Destination)
	if err != nil {
		return service.Preview{}, err
	}
	sys, err := a.dest.System(f.EntityType, f.Destination)
	if err != nil {
		return service.Preview{}, err
	}
	values := f.Fill(f.Texts(p.ConfigData))
	raw, source, err := a.previewBill(ctx, p.Bill, values)
	if err != nil {
		return service.Preview{}, err
	}
	values, _ = a.rules(ctx, p.IntegrationID, f, values)
	look := a.engine.Preview
	if len(p.Bill) > 0 { // it is asked what becomes of that one; else what settings do
		look = a.engine.Foresee
	}
	m, err := look(ctx, sys, p.IntegrationID, values, raw)
	var skip *delivery.Skip
	var fail *integration.Failure
	switch {
	case err == nil:
		verdict := "would be sent"
		switch {
		case m.Document.Amends != nil:
			verdict = "would be sent, as an amendment beside what is there"
		case m.There:
			verdict = "would be sent, as an update of what is there"
		}
		return preview(sys.Words(), m.Document, source, verdict), nil
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

// previewBill is the Bill to show: the one asked for, else the latest of an
// account that the settings choose, else the sample that is built in, as if it
// were of such an account. A Bill that the lists of accounts leave out says
// nothing about the settings.
func (a *App) previewBill(ctx context.Context, raw []byte, values spec.Values) ([]byte, string, error) {
	if len(raw) > 0 {
		source, _, err := billOf(raw)
		return raw, source, err
	}
	chosen, restricted := values.Strings("accountIds"), values.Strings("restrictedAccountIds")
	chosen = slices.DeleteFunc(slices.Clone(chosen), func(id string) bool { return slices.Contains(restricted, id) })
	raw, err := a.store.LatestBill(ctx)
	if err != nil && !errors.Is(err, integration.ErrNotFound) {
		return nil, "", err
	}
	if len(raw) > 0 {
		source, account, err := billOf(raw)
		if err != nil || !slices.Contains(restricted, account) && (len(chosen) == 0 || slices.Contains(chosen, account)) {
			return raw, source, err
		}
	}
	for _, id := range chosen[:min(len(chosen), previewAccounts)] {
		page, err := a.store.Runs(ctx, integration.RunFilter{Account: id}, "", 1)
		if err != nil {
			return nil, "", err
		}
		for _, r := range page.Runs {
			if raw, err := a.store.Bill(ctx, r.ID); err == nil {
				return raw, r.BillRef, nil
			}
		}
	}
	if len(chosen) > 0 {
		return mapping.SampleOf(chosen[0]), "built-in sample, as if of account " + chosen[0], nil
	}
	return mapping.Sample(), "built-in sample", nil
}

// previewAccounts is how many of the chosen accounts a Bill is looked for of.
const previewAccounts = 20

// billOf names a Bill and its account.
func billOf(raw []byte) (reference, account string, err error) {
	h, err := bill.DecodeHead(raw)
	if err != nil {
		return "", "", &integration.Failure{Class: integration.ClassData, Cause: "bill_unreadable", Err: err,
			Message: "the Bill cannot be read: " + err.Error(), Advice: "give a Bill as m3ter's API writes it"}
	}
	return h.Reference(), h.AccountID, nil
}

// preview is a document as screens show it.
func preview(words spec.Words, d mapping.Encoded, source, verdict string) service.Preview {
	p := service.Preview{Source: source, Verdict: verdict, Encoded: d}
	var text strings.Builder
	if mapping.WriteInvoice(&text, words, d.Document, true) == nil {
		p.Text = text.String()
	}
	return p
}

// previewOfAttempt reads back the document that an attempt kept.
func previewOfAttempt(words spec.Words, r integration.Run, kept []byte) (*service.Preview, error) {
	var d mapping.Encoded
	if err := json.Unmarshal(kept, &d); err != nil {
		return nil, fmt.Errorf("read the kept document: %w", err)
	}
	p := preview(words, d, r.BillRef, "as mapped")
	return &p, nil
}
