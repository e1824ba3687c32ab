package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/sandbox/tree"
	"billferry/internal/service"
	"billferry/internal/spec"
)

var _ service.Steering = (*App)(nil)

// How many Bills an act adds: many, and enough to see what an account demands.
const (
	demoBills = 100
	demoFew   = 5
)

const demoPanel = spec.Panel("Demo")

func demoField(key, label, help, value string) []spec.Field {
	return []spec.Field{{Key: key, Label: label, Panel: demoPanel, Kind: spec.Text, Required: true, Default: value, Help: help}}
}

// demoAccounts asks for the profile of an account, but for those of one currency:
// one that has documents in several does not become such.
func demoAccounts() []spec.Field {
	f := spec.Field{Key: "account", Label: "Account", Panel: demoPanel, Kind: spec.Enum, Required: true,
		Help: "What is there stays; the account demands this of what comes."}
	for _, name := range sandbox.AccountNames() {
		p, err := sandbox.OpenAccount(name)
		if err == nil && p.MultiCurrency() {
			f.Options = append(f.Options, spec.Option{Value: name, Label: name, Help: p.Shows})
		}
	}
	f.Default = "strict"
	return []spec.Field{f}
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
	last := sent.BillRef
	if acted := a.demoBill.Load(); acted != nil {
		last = *acted
	}
	today := a.cfg.Now().UTC()
	bill := func(help string) []spec.Field {
		return demoField("bill", "Bill", help+" Its reference or id; filled in is that of the last document.", last)
	}
	month := ""
	if m := monthAndKeys(sent.DocumentDate, today); m != "" {
		month = ", of " + m
	}
	document := func(help string) []spec.Field {
		return demoField("id", "Internal id", help+" Filled in is the one that was made last"+month+".", sent.ExternalID)
	}
	act := func(id, key, text, help string, ask []spec.Field) service.DemoAct {
		return service.DemoAct{ID: id, Key: key, Text: text, Help: help, Fields: ask}
	}
	return []service.DemoAct{
		act("open", "o", "open an accounting period", "Then retry what it had stopped.",
			demoField("date", "A date in it", "The month of this date becomes open. Filled in is the latest that is closed.",
				sb.NetSuite().LastClosed())),
		act("close", "c", "close an accounting period", "Then what falls into it stops: see period_closed.",
			demoField("date", "A date in it", "The month of this date is closed, as at the end of a close.",
				integration.LastMonth(today).Format(time.DateOnly))),
		act("recalculate", "r", "recalculate a Bill in m3ter",
			"Usage comes late: its invoice is updated, unless it is paid or its period closed.",
			bill("A line of 12.345 is added.")),
		act("approveBill", "m", "approve a Bill in m3ter", "What waits for that goes on, such as an amendment of a paid invoice.",
			bill("One that was recalculated is pending again.")),
		act("pay", "p", "pay an invoice in NetSuite", "Then recalculate its Bill: a paid invoice is not touched.",
			document("The invoice is paid in full.")),
		act("void", "v", "void a document in NetSuite", "Then recalculate its Bill.", document("Its amounts become zero.")),
		act("edit", "e", "edit a document in NetSuite by hand", "Then reconcile its month: both sides are told.",
			document("It becomes one line of 1,000.00.")),
		act("delete", "d", "delete a document in NetSuite", "Then reconcile its month.",
			document("It is there no more, and nothing tells of it.")),
		act("copy", "i", "make a document once more in NetSuite by hand", "Then reconcile its month.",
			document("The same customer, date and lines, without our external id.")),
		act("move", "u", "move a document to another subsidiary in NetSuite", "Then reconcile its month.",
			document("It belongs to Europe Ltd then.")),
		act("approve", "a", "approve what waits for approval in NetSuite", "Only some accounts have that: demo --account approval.", nil),
		act("account", "s", "make the NetSuite account one of another kind",
			"See what it refuses; enter on such a run tells what to do, or does it.", demoAccounts()),
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
		return "the Bill was recalculated", sb.M3ter().Recalculate(a.demoBillID(ctx, v), decimal.MustParse("12.345"))
	case "approveBill":
		return "the Bill is approved", sb.M3ter().Approve(a.demoBillID(ctx, v))
	case "pay":
		_, err := ns.Pay(v.Text("id"), decimal.D{})
		a.actedOn(ctx, v.Text("id"))
		return "invoice " + v.Text("id") + " is paid", err
	case "void":
		a.actedOn(ctx, v.Text("id"))
		return "document " + v.Text("id") + " is voided", ns.Void(v.Text("id"))
	case "edit":
		return "document " + v.Text("id") + " is another one" + a.whichMonth(ctx, v.Text("id")), demoEdit(ns, v.Text("id"))
	case "delete":
		return "document " + v.Text("id") + " is deleted" + a.whichMonth(ctx, v.Text("id")), ns.Remove(v.Text("id"))
	case "copy":
		made, err := ns.Copy(v.Text("id"), "")
		return "document " + made + " is the same once more" + a.whichMonth(ctx, v.Text("id")), err
	case "move":
		return "document " + v.Text("id") + " is of Europe Ltd now" + a.whichMonth(ctx, v.Text("id")), demoMove(ns, v.Text("id"))
	case "approve":
		return fmt.Sprintf("%d documents were approved", ns.ApproveAll()), nil
	case "account":
		name := v.Text("account")
		if err := sb.Become(name); err != nil {
			return "", err
		}
		return fmt.Sprintf("the account is %s now, and %d Bills are added that it has not seen", name, demoFew), sb.AddBills(demoFew)
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

// demoEdit makes a document one line of 1,000.00.
func demoEdit(ns *suitetalk.Server, id string) error {
	return ns.Edit(id, tree.Obj(tree.M("memo", tree.Str("corrected by hand")),
		tree.M("item", tree.Obj(tree.M("items", tree.List(tree.Obj(tree.M("item", tree.Str(sandbox.ItemDefault)),
			tree.M("amount", tree.Num("1000")))))))))
}

// demoMove gives a document to a subsidiary that is made for it.
func demoMove(ns *suitetalk.Server, id string) error {
	return ns.Edit(id, tree.Obj(tree.M("subsidiary", tree.Str(ns.AddSubsidiary("Europe Ltd")))))
}

// demoBillID is the id of the Bill that a form names by its reference or id.
func (a *App) demoBillID(ctx context.Context, v spec.Values) string {
	bill := v.Text("bill")
	if r, err := a.newest(ctx, integration.RunFilter{Text: bill}); err == nil && r.BillRef == bill {
		return r.EntityID
	}
	return bill
}

// actedOn keeps whose document it is, for the act that is told to come next.
func (a *App) actedOn(ctx context.Context, document string) {
	if r, err := a.newest(ctx, integration.RunFilter{Text: document}); err == nil && r.ExternalID == document {
		a.demoBill.Store(&r.BillRef)
	}
}

// whichMonth names the month that a document which we sent is in, with the keys that
// show it; "" when it is none of ours.
func (a *App) whichMonth(ctx context.Context, document string) string {
	r, err := a.newest(ctx, integration.RunFilter{Text: document})
	if err != nil || r.ExternalID != document {
		return ""
	}
	if m := monthAndKeys(r.DocumentDate, a.cfg.Now()); m != "" {
		return "; it is of " + m
	}
	return ""
}

// mostSteps bounds the arrows that are told.
const mostSteps = 6

// monthAndKeys names the month of a date, and the keys that lead there from the first
// screen. M opens the month that has ended, and a Bill is dated on the day after its
// period, so it is rarely that one.
func monthAndKeys(date string, now time.Time) string {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	opens := integration.LastMonth(now.UTC())
	away := (day.Year()-opens.Year())*12 + int(day.Month()-opens.Month())
	arrow := " →"
	if away < 0 {
		arrow, away = " ←", -away
	}
	keys := "M" + strings.Repeat(arrow, min(away, mostSteps))
	if away > mostSteps {
		keys += " …"
	}
	return day.Format("January 2006") + " (" + keys + ")"
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
