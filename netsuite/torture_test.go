package netsuite_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/netsuite"
)

// everyFault is all that the simulator can do wrong and still be a NetSuite
// whose invoices can be right in the end.
var everyFault = []string{
	"refuse=0.015", "refuse-400=0.015", "refuse-401(30ms)=0.01", "expire=0.02",
	"500=0.03", "500-after=0.03", "html=0.02", "html-after=0.02", "reset=0.03", "reset-after=0.03",
	"truncate=0.03", "no-location=0.04", "drip(40ms)=0.02", "locked=0.02", "changed=0.02",
	"hang(700ms)=0.004", "hang-after(700ms)=0.004",
	"read:500=0.03", "read:html=0.02", "read:reset=0.03", "read:truncate=0.02", "read:drip(40ms)=0.01",
	"query:500=0.05", "query:truncate=0.03", "token:500=0.05", "token:reset=0.03",
}

// everyStep is where a child dies by its own hand.
var everyStep = func() []string {
	steps := slices.Clone(delivery.Steps)
	for _, call := range []string{"token", "look up currencies", "look up period", "look up customer", "look up", "look up credit memo",
		"look up invoice", "create", "read back", "update",
		"read back both ways", "read back by query", "read back by query, next page"} {
		steps = append(steps, "before "+call, "after "+call)
	}
	return steps
}()

// TestTorture kills the sender again and again, at every step and at any
// moment, against a NetSuite that misbehaves in every way it knows, until all
// Bills are settled. Then each is there once, with its own amount.
//
// docs/TORTURE.md has the figures of the long form:
//
//	go test ./netsuite -run Torture -netsuite.long -v -timeout 60m
func TestTorture(t *testing.T) {
	t.Parallel()
	o := torture{bills: 200, kills: 30}
	if flag.Lookup("netsuite.long").Value.String() == "true" {
		o = torture{bills: 10_000, kills: 1_000}
	}
	o.T, o.rnd = t, rand.New(rand.NewPCG(uint64(o.bills), 1))
	began := time.Now()
	o.start()
	for o.oneLife() {
	}
	o.verify()
	o.report(time.Since(began))
}

// A process that begins while the account is overloaded meets 401s before any
// call of its own succeeded. The store knows that the login has worked, so the
// integration keeps its authorisation, and all is delivered.
func TestAFreshProcessMeetsRefusedLogins(t *testing.T) {
	t.Parallel()
	f, err := sandbox.ParseFault("refuse-401(1ms)@1,2,3,4,5,6,7,8,9,10,11,12,20,21,22,23")
	if err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.Start(t.Context(), sandbox.Options{Seed: 3, Faults: []sandbox.Fault{f}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	l := life{Dir: t.TempDir()}
	if l.Integration, err = connect(t.Context(), l.Dir, box, 5); err != nil {
		t.Fatal(err)
	}
	var bills bytes.Buffer
	if _, err := sandbox.BillStream(&bills, sandbox.StreamOptions{Seed: 3, Bills: 8}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.billsFile(), bills.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, _, failed, err := l.command(t.Context())
	if err == nil {
		err = cmd.Run()
	}
	if err != nil {
		t.Fatalf("%v: %s", err, failed)
	}
	if s := box.Stats(); s.Creates != 8 || s.ByStatus["401"] < 12 {
		t.Errorf("%d creates, answers by status %v", s.Creates, s.ByStatus)
	}
}

// torture is one run of the test, seen by the parent.
type torture struct {
	*testing.T
	bills, kills int // wanted

	box  *sandbox.Sandbox
	life life
	rnd  *rand.Rand
	want map[string]decimal.D // exact total of each Bill in its last version, by its id
	was  map[string]decimal.D // and in the one before
	sums map[string]decimal.D // the same added up, by currency

	first, second [][]byte // versions of the Bills of the stream
	fresh, old    int      // of the stream: the next one for traffic, and the next one that traffic revises

	lives, byStep, byClock, byCount int
	at                              map[string]int // kills by step
	last                            string         // the step that was died at last
	rounds                          int            // of traffic, since all Bills of the beginning were settled
	outcomes                        map[integration.Outcome]int
	proofs                          map[integration.Proof]int
	revised, turned, held           int
	invoiced                        map[string]decimal.D // by currency
}

func (o *torture) killed() int { return o.byStep + o.byClock + o.byCount }

// start makes the NetSuite, the Bills, and a store connected to it.
func (o *torture) start() {
	var faults []sandbox.Fault
	for _, text := range everyFault {
		f, err := sandbox.ParseFault(text)
		if err != nil {
			o.Fatal(err)
		}
		faults = append(faults, f)
	}
	// The tail of the latencies makes writes of a killed child arrive while its
	// successor already looks for them.
	var err error
	o.box, err = sandbox.Start(o.Context(), sandbox.Options{
		Seed: 11, Faults: faults, Concurrency: 5, TokenLife: 5 * time.Second,
		LatencyDist: &sandbox.Lognormal{Median: 4 * time.Millisecond, Sigma: 1.5, Max: 500 * time.Millisecond},
	})
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(o.box.Close)
	o.life.Dir, o.at, o.outcomes, o.proofs = o.TempDir(), map[string]int{}, map[integration.Outcome]int{}, map[integration.Proof]int{}
	o.writeBills()
	if o.life.Integration, err = connect(o.Context(), o.life.Dir, o.box, 8); err != nil {
		o.Fatal(err)
	}
}

// connect makes a store in dir with an integration into box, and returns its id. with
// are more of its settings, and their values.
func connect(ctx context.Context, dir string, box *sandbox.Sandbox, concurrency int, with ...string) (id string, err error) {
	st, err := openStore(dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	v := netsuite.Form().Defaults()
	v.Set("netsuiteDefaultItemId", sandbox.ItemDefault)
	v.Set("billferry.maxConcurrency", concurrency)
	v.Set("billferry.negativeBills", "CREDIT_MEMO")
	for i := 0; i+1 < len(with); i += 2 {
		v.Set(with[i], with[i+1])
	}
	in, err := st.CreateIntegration(ctx, integration.Integration{
		EntityType: "Bill", Destination: "Netsuite", Name: "tortured", Enabled: true, ConfigData: v,
	}, "")
	if err != nil {
		return "", err
	}
	c, err := box.Credentials()
	if err != nil {
		return "", err
	}
	return in.ID, st.PutCredentials(ctx, in.ID, integration.Credentials{Values: c.Values(), Secrets: c.Secrets(), Verified: true})
}

// oneLife lets a child deliver until it is killed; false: all is settled.
func (o *torture) oneLife() bool {
	l, clock := o.plan()
	cmd, said, failed, err := l.command(o.Context())
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		o.Fatal(err)
	}
	if clock > 0 {
		kill := time.AfterFunc(clock, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
	}
	err = cmd.Wait()
	if o.lives++; o.lives%100 == 0 {
		o.Logf("%d lives, %d kills, %d of %d Bills are in NetSuite", o.lives, o.killed(), o.box.Stats().Creates, o.bills)
	}
	_, step, own := strings.Cut(said.String(), diedAt)
	step, _, _ = strings.Cut(step, "\n")
	o.last = step
	switch {
	case err == nil && o.killed() >= o.kills && len(o.untried()) == 0:
		return false
	case err == nil:
		o.traffic()
	case cmd.ProcessState.ExitCode() >= 0: // it ended by itself
		o.Fatalf("life %d %+v: %v\n%s", o.lives, l, err, failed.String())
	case own && step != "":
		o.byStep++
		o.at[step]++
	case own:
		o.byCount++
	default:
		o.byClock++
	}
	return true
}

// untried are the steps at which nobody died yet.
func (o *torture) untried() []string {
	return slices.DeleteFunc(slices.Clone(everyStep), func(s string) bool { return o.at[s] > 0 })
}

// plan decides how the next child dies: at a named step where nobody died yet;
// else every second one at any named step, the others at any moment of the
// start or the work. Each dies in time to leave Bills for those that follow, as
// long as there are those of the beginning.
func (o *torture) plan() (l life, clock time.Duration) {
	l = o.life
	togo := o.kills + o.kills/20 + 1 - o.killed()
	untried := o.untried()
	if togo <= 0 && len(untried) == 0 {
		return l, 0
	}
	bills := max(0, o.bills-int(o.box.Stats().Creates))
	l.Calls = 1 + o.rnd.IntN(1+2*bills/max(1, togo))
	l.Linger = time.Duration(o.rnd.IntN(20)) * time.Millisecond
	switch {
	case len(untried) > 0:
		l.Step, l.Nth, l.Calls = untried[o.lives%len(untried)], 1, 15
		if strings.Contains(l.Step, "by query") { // the first of each kind are read by themselves
			l.Calls = 60
		}
		if o.rounds > 0 {
			l.Calls = 0
			l.Step = o.follow(l.Step, untried)
		}
	case o.lives%2 == 0:
		l.Step, l.Nth = everyStep[o.rnd.IntN(len(everyStep))], 1+o.rnd.IntN(4)
	case o.lives%4 == 1:
		clock = time.Duration(o.rnd.IntN(250)) * time.Millisecond
	}
	return l, clock
}

// follow puts the two lives in order that recovering a run takes: who dies with
// one in flight, and who finds it.
func (o *torture) follow(step string, untried []string) string {
	switch {
	case !slices.Contains(untried, delivery.StepRecovered):
		return step
	case o.last == delivery.StepIntent:
		return delivery.StepRecovered
	}
	return delivery.StepIntent
}

func (o *torture) report(took time.Duration) {
	s := o.box.Stats()
	o.Logf("%d Bills, %d revised, of them %d with the other sign and %d held for it", o.bills, o.revised, o.turned, o.held)
	o.Logf("%d lives, %d kills: %d at a named step, %d at a random moment of a delivery, %d by the parent's clock; %s",
		o.lives, o.killed(), o.byStep, o.byCount, o.byClock, took.Round(time.Second/10))
	o.Logf("NetSuite: %d requests, %d for tokens, %d refused for load by the limit itself; %d creates, %d updates, %d second creates tried "+
		"and refused, %d accepted",
		s.Requests, s.TokenRequests, s.ConcurrencyRefusals, s.Creates, s.Updates, s.RefusedDuplicates, s.DuplicateCreates)
	o.Logf("faults: %v", s.Faults)
	o.Logf("kills by step: %v", o.at)
	o.Logf("runs by outcome: %v, by proof: %v; the Bills come to %v, the invoices to %v", o.outcomes, o.proofs, o.sums, o.invoiced)
}
