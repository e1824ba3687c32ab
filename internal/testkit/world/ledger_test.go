package world

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/netsuite"
)

// ledger is the store. A turn is taken before each question and each change, and
// when a change is answered: between two turns a goroutine does what no other can
// come between.
type ledger struct {
	delivery.Ledger
	l *life
}

func (d ledger) AddRuns(ctx context.Context, runs []delivery.NewRun) ([]delivery.AddedRun, error) {
	name := "add"
	for _, r := range runs {
		name += " " + r.Run.EntityID
	}
	d.l.turn(name)
	added, err := d.Ledger.AddRuns(ctx, runs)
	d.l.turn("did " + name)
	return added, err
}

func (d ledger) SaveRun(ctx context.Context, run integration.Run, a *integration.Attempt) error {
	return d.saved("save", run, d.Ledger.SaveRun, ctx, a)
}

func (d ledger) SaveRunSoon(ctx context.Context, run integration.Run, a *integration.Attempt) error {
	return d.saved("save soon", run, d.Ledger.SaveRunSoon, ctx, a)
}

func (d ledger) SaveProven(ctx context.Context, run integration.Run, a *integration.Attempt, seen []integration.Doc) error {
	return d.saved("save proven", run, func(ctx context.Context, run integration.Run, a *integration.Attempt) error {
		return d.Ledger.SaveProven(ctx, run, a, seen)
	}, ctx, a)
}

func (l *life) named(id string) string { return l.w.names.of(l, id) }

// Run is the first that a task asks: many begin at once. Of those that ask whether an
// event is over several ask for one run: each is named by what it works on.
func (d ledger) Run(ctx context.Context, id string) (integration.Run, error) {
	r, err := d.Ledger.Run(ctx, id)
	if err != nil {
		return r, err
	}
	name, who := fmt.Sprint(d.l.named(r.IntegrationID), r.EntityID, r.BillVersion, r.Seq), callers()
	if strings.HasPrefix(who, " < over") {
		who += fmt.Sprint(" for ", d.l.work())
	} else {
		d.l.works(name)
	}
	d.l.turn("read " + name + who)
	return d.Ledger.Run(ctx, id)
}

// works keeps what the goroutine works on.
func (l *life) works(on string) { l.on.Store(goroutine(), on) }

// work is what the goroutine works on.
func (l *life) work() string {
	on, _ := l.on.Load(goroutine())
	name, _ := on.(string)
	return name
}

func (d ledger) Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	if len(f.Proofs) > 0 {
		d.l.turn(fmt.Sprint("runs ", f.Proofs, callers()))
	}
	return d.Ledger.Runs(ctx, f, token, limit)
}

func (d ledger) Integration(ctx context.Context, id string) (integration.Integration, error) {
	if who := callers(); strings.HasPrefix(who, " < proveLater") {
		d.l.turn("integration " + d.l.named(id) + who)
	}
	return d.Ledger.Integration(ctx, id)
}

func (d ledger) Integrations(ctx context.Context) ([]integration.Integration, error) {
	d.l.turn("integrations" + callers())
	all, err := d.Ledger.Integrations(ctx)
	slices.SortFunc(all, byName)
	return all, err
}

func (d ledger) DueFor(ctx context.Context, id string, now time.Time, limit int) ([]integration.Run, time.Time, error) {
	d.l.turn("due " + d.l.named(id) + callers())
	return d.Ledger.DueFor(ctx, id, now, limit)
}

func (d ledger) Siblings(ctx context.Context, of integration.Run) ([]integration.Run, error) {
	name := d.l.named(of.IntegrationID) + of.EntityID
	d.l.works(name)
	d.l.turn("siblings " + name)
	return d.Ledger.Siblings(ctx, of)
}

// currencies are kept by the world, at once: of those that wait for one look-up
// whoever the scheduler has first writes what it said, and would be held up by the
// disk alone.
const currencies = "currencies/"

// section is where a small thing lies: what it is called may be another name in each
// repetition.
func section(key string) string {
	name, _, _ := strings.Cut(key, "/")
	return name
}

func (d ledger) SetMeta(ctx context.Context, key string, value []byte) error {
	if strings.HasPrefix(key, currencies) {
		if !d.l.gone() { // the dead wait for no turn
			d.l.w.currencies.Store(key, value)
		}
		return nil
	}
	d.l.turn("set " + section(key))
	return d.Ledger.SetMeta(ctx, key, value)
}

func (d ledger) Meta(ctx context.Context, key string) ([]byte, error) {
	if value, ok := d.l.w.currencies.Load(key); ok {
		return value.([]byte), nil
	}
	return d.Ledger.Meta(ctx, key)
}

func (d ledger) SetEnabled(ctx context.Context, id string, enabled bool, why string) (bool, error) {
	d.l.turn(fmt.Sprint("set enabled ", d.l.named(id), enabled))
	return d.Ledger.SetEnabled(ctx, id, enabled, why)
}

func (d ledger) SetAuthorized(ctx context.Context, id, credentialsID string, authorized bool) (bool, error) {
	d.l.turn(fmt.Sprint("set authorized ", d.l.named(id), authorized))
	return d.Ledger.SetAuthorized(ctx, id, credentialsID, authorized)
}

func (d ledger) saved(what string, run integration.Run, save func(context.Context, integration.Run, *integration.Attempt) error,
	ctx context.Context, a *integration.Attempt) error {
	name := what + " " + run.EntityID + " " + d.l.named(run.IntegrationID)
	d.l.turn(name)
	err := save(ctx, run, a)
	d.l.turn("did " + name)
	if !d.l.gone() {
		d.l.w.history.add("%d= %s version %d %s %s %s, failed %v", d.l.n, name, run.BillVersion, run.Status, run.Outcome, run.Cause, err != nil)
	}
	return err
}

// lookups has those that waited for one look-up with a slot go on one by one: the
// pace of the account goes by who waits when a slot is given back.
type lookups struct {
	*netsuite.Client
	l *life
}

func (d *lookups) CurrencyID(ctx context.Context, iso string, rec func(integration.Exchange)) (string, error) {
	id, err := d.Client.CurrencyID(ctx, iso, rec)
	d.l.turn("currency of " + d.l.work())
	return id, err
}

// goroutine names the one that calls.
func goroutine() string {
	var b [32]byte
	id, _, _ := strings.Cut(strings.TrimPrefix(string(b[:runtime.Stack(b[:], false)]), "goroutine "), " ")
	return id
}

// callers names who asks the ledger: several goroutines ask for the same.
func callers() string {
	var pcs [5]uintptr
	n := runtime.Callers(3, pcs[:])
	frames := runtime.CallersFrames(pcs[:n])
	var b strings.Builder
	for more := n > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		b.WriteString(" < " + f.Function[strings.LastIndexByte(f.Function, '.')+1:])
	}
	return b.String()
}
