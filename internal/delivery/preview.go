package delivery

import (
	"context"
	"errors"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Preview maps a Bill under a configuration as an attempt would, and sends
// nothing. sys is the kind of destination; integrationID says whose external
// mappings, connection and earlier documents count; it may be empty, and without a
// connection the ISO code stands for the destination's own id of the currency. The
// error is a *Skip when nothing would be sent, else an *integration.Failure or a
// spec.Problems.
func (e *Engine) Preview(ctx context.Context, sys System, integrationID string, values spec.Values, raw []byte) (Mapped, error) {
	c := config{sys: sys}
	var err error
	if c.cfg, err = sys.Config(integrationID, values); err != nil {
		return Mapped{}, err
	}
	in, err := e.o.Ledger.Integration(ctx, integrationID)
	if errors.Is(err, integration.ErrNotFound) {
		return e.prepare(ctx, c, raw, outside{currency: asItIs})
	}
	if err != nil {
		return Mapped{}, err
	}
	m, _, err := e.preview(ctx, c, in, raw)
	return m, err
}

// Foresee is Preview with what the destination holds of the Bill taken into account:
// where that is final the document is the amendment that would be made beside it.
func (e *Engine) Foresee(ctx context.Context, sys System, integrationID string, values spec.Values, raw []byte) (Mapped, error) {
	in, err := e.o.Ledger.Integration(ctx, integrationID)
	if errors.Is(err, integration.ErrNotFound) || err == nil && !in.Authorized {
		return e.Preview(ctx, sys, integrationID, values, raw)
	}
	c := config{sys: sys}
	if err == nil {
		c.cfg, err = sys.Config(integrationID, values)
	}
	if err != nil {
		return Mapped{}, err
	}
	m, p, err := e.preview(ctx, c, in, raw)
	if err != nil {
		return m, err
	}
	dest, err := p.dest(ctx)
	if err != nil {
		return m, err
	}
	a := &amender{e: e, conf: c, dest: dest, run: runOf(in, m.Bill.Head)}
	a.turn = func(ctx context.Context, call func(context.Context) error) error { return p.turn(ctx, dest, call) }
	return a.foresee(ctx, m, p.siblings)
}

// preview maps a Bill for an integration that there is.
func (e *Engine) preview(ctx context.Context, c config, in integration.Integration, raw []byte) (Mapped, *previewing, error) {
	var err error
	p := &previewing{asking: asking{e: e, in: in}}
	p.dest = func(ctx context.Context) (Destination, error) { return e.o.Resolver.Destination(ctx, in) }
	p.turn = func(ctx context.Context, dest Destination, call func(context.Context) error) error {
		return e.governor(ctx, dest.Account()).call(ctx, ahead, func() error { return call(ctx) }) // a person waits for it
	}
	if h, err := bill.DecodeHead(raw); err == nil { // else prepare says why not
		if p.siblings, err = e.o.Ledger.Siblings(ctx, integration.Run{EntityID: h.ID}); err != nil {
			return Mapped{}, p, err
		}
	}
	out := outside{currency: asItIs, sent: mayBeThere(integration.Run{IntegrationID: in.ID}, p.siblings)}
	if in.Authorized {
		out.currency, out.record, out.period, out.earlier = p.currency, p.record, p.period, p.earlier
	}
	m, err := e.prepare(ctx, c, raw, out)
	return m, p, err
}

func asItIs(_ context.Context, iso string) (string, error) { return iso, nil }

// previewing asks for a preview.
type previewing struct {
	asking
	siblings []integration.Run // of the Bill
}

// period asks for an accounting period as task.period does. It only warns.
func (p *previewing) period(ctx context.Context, date string) (mapping.Period, error) {
	dest, err := p.dest(ctx)
	if err != nil {
		return mapping.Period{}, err
	}
	known, err := dest.Period(ctx, date, nobody)
	if err != nil {
		p.e.log.Info("the accounting period is not known to the preview", "date", date, "error", err)
	}
	return known, nil
}

func (p *previewing) earlier(ctx context.Context) ([]mapping.Document, error) {
	dest, err := p.dest(ctx)
	if err != nil {
		return nil, err
	}
	return p.e.earlier(ctx, p.in.ID, dest.Account(), p.siblings)
}
