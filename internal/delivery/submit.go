package delivery

import (
	"context"
	"fmt"
	"time"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/mapping"
)

// group is how many runs are recorded in one transaction.
const group = 500

// Submission is what became of one Bill of a batch.
type Submission struct {
	// Runs are those the Bill has now, one for each integration it is for: new
	// ones, and known ones when this version was submitted before.
	Runs []integration.Run
	// Added counts the new ones.
	Added int
	// Err is why the Bill could not be read; the others of the batch go on.
	Err error
}

// Submit records a Bill, JSON as m3ter writes it, for one integration, or with
// an empty id for every one it qualifies for. The runs are on disk when it
// returns. trigger says where the Bill came from: poll, file, api.
//
// Submitted to one integration that it does not qualify for, a Bill makes a
// run that says so; found by the poller, it makes none, since there would be
// nothing to review. A disabled integration records DISABLED and sends nothing.
func (e *Engine) Submit(ctx context.Context, integrationID string, raw []byte, trigger string) ([]integration.Run, error) {
	s, err := e.SubmitBatch(ctx, integrationID, [][]byte{raw}, trigger)
	if err != nil {
		return nil, err
	}
	return s[0].Runs, s[0].Err
}

// SubmitBatch is Submit for many Bills, in few transactions. The error is the
// ledger's; a Bill that cannot be read has its own in its Submission. No Bill is
// looked at again once SubmitBatch has returned.
func (e *Engine) SubmitBatch(ctx context.Context, integrationID string, raws [][]byte, trigger string) ([]Submission, error) {
	ins, err := e.targets(ctx, integrationID)
	if err != nil {
		return nil, err
	}
	out := make([]Submission, len(raws))
	var news []NewRun
	var owner []int // which Bill news[i] is for
	flush := func() error {
		added, err := e.o.Ledger.AddRuns(ctx, news)
		if err != nil {
			return fmt.Errorf("record %d runs: %w", len(news), err)
		}
		e.o.Step(StepRecorded)
		for i, a := range added {
			s := &out[owner[i]]
			s.Runs = append(s.Runs, a.Run)
			if a.Added {
				s.Added++
				e.moved(a.Run.IntegrationID)
				e.o.OnRun(a.Run)
			}
		}
		news, owner = news[:0], owner[:0]
		return nil
	}
	for i, raw := range raws {
		head, err := bill.DecodeHead(raw)
		if err != nil {
			out[i].Err = err
			continue
		}
		for _, in := range ins {
			run, ok := e.newRun(ctx, in, head, trigger, integrationID != "")
			if !ok {
				continue
			}
			news, owner = append(news, NewRun{Run: run, Bill: raw}), append(owner, i)
		}
		if len(news) >= group {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if len(news) > 0 {
		if err := flush(); err != nil {
			return nil, err
		}
	}
	e.Wake()
	return out, nil
}

func (e *Engine) targets(ctx context.Context, integrationID string) ([]integration.Integration, error) {
	if integrationID == "" {
		return e.o.Ledger.Integrations(ctx)
	}
	in, err := e.o.Ledger.Integration(ctx, integrationID)
	if err != nil {
		return nil, fmt.Errorf("integration %s: %w", integrationID, err)
	}
	if _, err := e.o.Resolver.System(in.EntityType, in.Destination); err != nil {
		return nil, err
	}
	return []integration.Integration{in}, nil
}

// newRun makes the run of one Bill for one integration. explicit tells that
// somebody chose the integration, and is owed an answer.
func (e *Engine) newRun(
	ctx context.Context, in integration.Integration, h bill.Head, trigger string, explicit bool,
) (integration.Run, bool) {
	now := e.o.Now()
	r := runOf(in, h)
	r.Trigger, r.Created, r.Modified, r.Status = trigger, now, now, integration.Waiting
	switch v := e.qualifies(ctx, in, h); {
	case !v.Send && !explicit:
		return r, false
	case !v.Send:
		r.Status, r.Outcome, r.Cause, r.Error, r.Completed = integration.Complete, v.Outcome, v.Cause, v.Reason, now
	case !in.Enabled:
		markDisabled(&r, in, now)
	}
	return r, true
}

// qualifies asks the rules about the head of a Bill. What cannot be told now
// (a configuration at fault, an account that cannot be read) qualifies: the
// attempt meets the same trouble and says so in its run.
func (e *Engine) qualifies(ctx context.Context, in integration.Integration, h bill.Head) mapping.Verdict {
	c, err := e.config(in)
	if err != nil {
		return mapping.Verdict{Send: true}
	}
	account, err := e.account(ctx, c.cfg, h.AccountID)
	if err != nil {
		return mapping.Verdict{Send: true}
	}
	v := mapping.Qualify(c.cfg, h, account)
	if v.Cause != mapping.CauseSendFrom {
		return v
	}
	// What was sent from here is updated, whatever its date is now.
	r := runOf(in, h)
	siblings, err := e.o.Ledger.Siblings(ctx, r)
	if err != nil || mayBeThere(r, siblings) {
		c.cfg.SendFrom = ""
	}
	return mapping.Qualify(c.cfg, h, account)
}

// runOf copies what the head of a Bill says into a run.
func runOf(in integration.Integration, h bill.Head) integration.Run {
	return integration.Run{
		IntegrationID: in.ID, EntityType: in.EntityType, EntityID: h.ID, Destination: in.Destination,
		BillVersion: h.Version, BillCalculated: h.LastCalculatedDate, BillStatus: h.Status, BillRef: h.Reference(),
		AccountID: h.AccountID, AccountCode: h.AccountCode, PeriodStart: h.StartDate, PeriodEnd: h.EndDate,
		Currency: h.Currency, AmountIn: h.BillTotal, DocumentDate: mapping.Date(h),
	}
}

// Missing tells which Bills have to be fetched whole: those that qualify for
// some integration and have no run there in this version. The poller asks it
// with heads only, so that Bills that did not change cost nothing.
func (e *Engine) Missing(ctx context.Context, heads []bill.Head) ([]bool, error) {
	ins, err := e.o.Ledger.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	var keys []string
	var owner []int
	for i, h := range heads {
		for _, in := range ins {
			if e.tooOld(in, h) || !e.qualifies(ctx, in, h).Send {
				continue
			}
			keys, owner = append(keys, runOf(in, h).Key()), append(owner, i)
		}
	}
	out := make([]bool, len(heads))
	if len(keys) == 0 {
		return out, nil
	}
	known, err := e.o.Ledger.Known(ctx, keys)
	if err != nil {
		return nil, err
	}
	for i, k := range known {
		out[owner[i]] = out[owner[i]] || !k
	}
	return out, nil
}

// tooOld tells whether a Bill was calculated before the integration's history
// begins: a new integration must not send what was invoiced by other means.
func (e *Engine) tooOld(in integration.Integration, h bill.Head) bool {
	if e.o.History <= 0 {
		return false
	}
	at, err := time.Parse(time.RFC3339, h.LastCalculatedDate)
	return err == nil && at.Before(in.Created.Add(-e.o.History))
}
