package delivery

import (
	"context"
	"errors"
	"maps"
	"slices"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/mapping"
)

// sourceRecords reads what the settings name of m3ter's entities for a Bill.
func (e *Engine) sourceRecords(ctx context.Context, cfg mapping.Config, b bill.Bill) (map[mapping.Record]map[string]string, error) {
	wanted := mapping.Records(cfg, b)
	if len(wanted) == 0 {
		return nil, nil
	}
	if e.o.Records == nil {
		return nil, &integration.Failure{
			Class: integration.ClassData, Cause: "source_not_connected",
			Message: "the settings read the " + wanted[0].Entity + " of a Bill, and no m3ter organisation is connected",
			Advice:  "connect m3ter (billferry source connect), then retry",
		}
	}
	out := make(map[mapping.Record]map[string]string, len(wanted))
	for _, w := range wanted {
		fields, err := e.o.Records.Record(ctx, w.Entity, w.ID)
		if err != nil {
			return nil, sourceRefused(err)
		}
		out[w] = fields
	}
	return out, nil
}

// told looks up the values of rules that are told by a name or an external id.
func (e *Engine) told(ctx context.Context, cfg mapping.Config, l *mapping.Lookups, out outside) error {
	if len(cfg.Rules.Told) == 0 || out.record == nil {
		return nil
	}
	refs := map[string][]string{}
	for _, v := range cfg.Rules.Told {
		if !slices.Contains(refs[v.Field], v.Ref) {
			refs[v.Field] = append(refs[v.Field], v.Ref)
		}
	}
	l.Values = map[mapping.FieldValue]string{}
	for _, field := range slices.Sorted(maps.Keys(refs)) {
		found, err := out.record(ctx, ValueOf(field), refs[field])
		if errors.Is(err, errNoReader) {
			return nil
		}
		if err != nil {
			return err
		}
		for ref, n := range found {
			l.Values[mapping.FieldValue{Field: field, Ref: ref}] = n.ID
		}
	}
	return nil
}

// byEntityID finds the customer whose entity id is an account's code; "" is none.
// Without a connection it is shown as it is asked for.
func byEntityID(ctx context.Context, code string, out outside) (string, error) {
	ref := "name:" + code
	if out.record == nil {
		return ref, nil
	}
	found, err := out.record(ctx, CustomerRecord, []string{ref})
	if errors.Is(err, errNoReader) {
		return ref, nil
	}
	return found[ref].ID, err
}

// numbers are what people call the Bills that lines of credit refer to, as far as
// they went through here. They stand in a description: what cannot be looked up
// is left out.
func (e *Engine) numbers(ctx context.Context, b bill.Bill) map[string]string {
	var out map[string]string
	for i := range b.Lines {
		id := b.Lines[i].ReferencedBillID
		if _, known := out[id]; known || id == "" || id == b.ID {
			continue
		}
		runs, err := e.o.Ledger.Siblings(ctx, integration.Run{EntityID: id})
		if err != nil {
			e.log.Warn("the Bill that a line refers to was not looked up", "bill", id, "error", err)
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		if j := slices.IndexFunc(runs, integration.Run.Sent); j >= 0 {
			out[id] = runs[j].BillRef
		}
	}
	return out
}

// mayBeThere tells whether a document of a run's Bill is, or may be, in the
// destination through its integration.
func mayBeThere(r integration.Run, siblings []integration.Run) bool {
	return slices.ContainsFunc(append(slices.Clip(siblings), r), func(o integration.Run) bool {
		return o.IntegrationID == r.IntegrationID && (o.Sent() || o.InFlight || len(o.Doubt) > 0)
	})
}
