package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/service"
	"billferry/internal/spec"
)

var _ service.Steering = (*App)(nil)

// demoBills is how many Bills one act adds.
const demoBills = 100

const demoPanel = spec.Panel("Demo")

func demoField(key, label, help, value string) []spec.Field {
	return []spec.Field{{Key: key, Label: label, Panel: demoPanel, Kind: spec.Text, Required: true, Default: value, Help: help}}
}

// newest reads the newest run of a filter; the zero run when there is none.
func (a *App) newest(ctx context.Context, f integration.RunFilter) (integration.Run, error) {
	p, err := a.store.Runs(ctx, f, "", 1)
	if err != nil || len(p.Runs) == 0 {
		return integration.Run{}, err
	}
	return p.Runs[0], nil
}

// DemoActs implements service.Steering.
func (a *App) DemoActs(ctx context.Context) ([]service.DemoAct, error) {
	sb := a.cfg.steered
	if sb == nil {
		return nil, errNoDemo
	}
	sent, err := a.newest(ctx, integration.RunFilter{Outcomes: []integration.Outcome{integration.Created, integration.Updated,
		integration.Adopted}})
	if err != nil {
		return nil, err
	}
	last, err := a.newest(ctx, integration.RunFilter{})
	if err != nil {
		return nil, err
	}
	closed := ""
	for _, p := range sb.World().Periods {
		if p.Closed && p.Kind == "month" {
			closed = p.Start
		}
	}
	document := func(help string) []spec.Field {
		return demoField("id", "Internal id", help+" Filled in is the one that was made last.", sent.ExternalID)
	}
	act := func(id, key, text, help string, ask []spec.Field) service.DemoAct {
		return service.DemoAct{ID: id, Key: key, Text: text, Help: help, Fields: ask}
	}
	return []service.DemoAct{
		act("open", "o", "open an accounting period", "Then retry what it had stopped.",
			demoField("date", "A date in it", "The month of this date becomes open.", closed)),
		act("close", "c", "close an accounting period", "Then what falls into it stops: see period_closed.",
			demoField("date", "A date in it", "The month of this date is closed, as at the end of a close.",
				a.cfg.Now().UTC().Format(time.DateOnly))),
		act("recalculate", "r", "recalculate a Bill in m3ter",
			"Usage comes late: its invoice is updated, unless it is paid or its period closed.",
			demoField("bill", "Bill", "A line of 12.345 is added. Its reference or id; filled in is that of the newest run.", last.BillRef)),
		act("pay", "p", "pay an invoice in NetSuite", "Then recalculate its Bill: a paid invoice is not touched.",
			document("The invoice is paid in full.")),
		act("void", "v", "void a document in NetSuite", "Then recalculate its Bill.", document("Its amounts become zero.")),
		act("approve", "a", "approve what waits for approval in NetSuite", "Only some accounts have that: demo --account approval.", nil),
		act("bills", "b", fmt.Sprintf("add %d Bills in m3ter", demoBills), "They arrive within seconds.", nil),
		act("refuse", "f", "NetSuite refuses every third request for load", "billferry slows down, and nothing is lost or doubled.", nil),
		act("hang", "h", "NetSuite takes writes and does not answer", "The Bills are looked up before they are tried again.", nil),
		act("away", "w", "NetSuite goes away", "See UNREACHABLE, and what waits for it.", nil),
		act("well", "n", "all is well again", "What waited goes on by itself.", nil),
	}, nil
}

var errNoDemo = errors.New("only 'billferry demo' has simulators to steer")

// DemoDo implements service.Steering.
func (a *App) DemoDo(ctx context.Context, id string, v spec.Values) (string, error) {
	sb := a.cfg.steered
	if sb == nil {
		return "", errNoDemo
	}
	told, err := a.demoDo(ctx, sb, id, v)
	if err == nil {
		a.changed("demo", id)
	}
	return told, err
}

func (a *App) demoDo(ctx context.Context, sb *sandbox.Sandbox, id string, v spec.Values) (string, error) {
	ns := sb.NetSuite()
	switch id {
	case "open", "close":
		date := v.Text("date")
		return "the period of " + date + " is " + map[string]string{"open": "open", "close": "closed"}[id],
			ns.SetPeriod(date, suitetalk.PeriodState(id))
	case "recalculate":
		bill := v.Text("bill")
		if r, err := a.newest(ctx, integration.RunFilter{Text: bill}); err == nil && r.BillRef == bill {
			bill = r.EntityID
		}
		return "the Bill was recalculated", sb.M3ter().Recalculate(bill, decimal.MustParse("12.345"))
	case "pay":
		_, err := ns.Pay(v.Text("id"), decimal.D{})
		return "invoice " + v.Text("id") + " is paid", err
	case "void":
		return "document " + v.Text("id") + " is voided", ns.Void(v.Text("id"))
	case "approve":
		return fmt.Sprintf("%d documents were approved", ns.ApproveAll()), nil
	case "bills":
		return fmt.Sprintf("%d Bills were added", demoBills), sb.AddBills(demoBills)
	case "refuse":
		return "NetSuite refuses every third request", demoFaults(sb, "refuse=0.33")
	case "hang":
		return "NetSuite takes writes and does not answer", demoFaults(sb, "hang-after(60s)=1")
	case "away":
		return "NetSuite has gone away", demoFaults(sb, "any:reset=1")
	case "well":
		return "all is well again", demoFaults(sb)
	}
	return "", fmt.Errorf("demo has no act %q", id)
}

func demoFaults(sb *sandbox.Sandbox, texts ...string) error {
	var all []sandbox.Fault
	for _, t := range texts {
		f, err := sandbox.ParseFault(t)
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	return sb.SetFaults(all...)
}
