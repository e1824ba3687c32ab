package world

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/m3ter"
	"billferry/internal/notify"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/m3terapi"
	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/secret"
	"billferry/internal/secret/seal"
	"billferry/internal/spec"
	"billferry/netsuite"
	"billferry/store"

	bolt "go.etcd.io/bbolt"
)

// options shape a world.
type options struct {
	Seed    uint64
	Bills   int
	Crashes int
	Most    int // sends after which it is given up; 0: none
	Break   breakage
	Script  script
	Jostle  bool // goroutines are interrupted by chance
	Order   bool // whose turn it was is kept
}

// breakage is a fault that is made on purpose, to see that it is found.
type breakage struct {
	name        string
	quick       bool // it is found within some sends
	amends      bool // it is looked for in worlds that amend
	plans       bool // it is looked for in worlds by plan
	destination func(*lookups) delivery.Destination
	ledger      func(delivery.Ledger) delivery.Ledger
	request     func(message) message      // what is sent
	wire        func(message, reply) reply // what the client hears
	lies        bool                       // the disk, about what it has written
	sink        func(m3ter.Sink) m3ter.Sink
	feed        func(notify.Feed) notify.Feed
	needs       int                  // what is added to NEEDS YOU
	file        func(*bolt.Tx) error // done to the file between two lives
}

// report is what came of a world.
type report struct {
	Seed                              uint64
	Sends, Requests, Lives, Versions  int
	Steps, Told                       int
	Creates, Updates, Removed, ByHand int
	Virtual                           time.Duration
	Faults                            map[string]int64
	Acts                              map[string]int
	Digest                            string
	Broken                            []breach
	lines, order                      []string
}

// world is one history, from its seed.
type world struct {
	o       options
	rnd     *rand.Rand // of this step
	step    int
	history *history
	rules   *rules
	turns   *turns
	faults  *fault.Set
	ns      *suitetalk.Server
	dir     string
	sealer  *seal.Sealer
	creds   integration.Credentials
	trouble float64 // of the wire
	// diskTrouble is the share of commits that fail before they are made, and
	// again of those that fail after.
	diskTrouble float64

	lives      []*life
	serving    sync.WaitGroup
	over       chan struct{}
	travelling atomic.Int64
	log        *slog.Logger
	logged     bytes.Buffer
	currencies sync.Map     // see ledger.SetMeta
	calm       atomic.Bool  // the troubles are over
	offset     atomic.Int64 // of this machine's clock
	stepped    atomic.Int64 // how often it was set

	m3ter       *m3terapi.Server
	m3terFaults *fault.Set
	source      integration.Source
	passes      atomic.Int64 // of the poller, without a fault
	notify      notify.Settings
	approval    bool     // only what is approved is sent
	mapped      bool     // customers are found by external mappings
	moving      bool     // integrations come and go
	made        int      // integrations that came
	purging     bool     // old runs are deleted
	byPlan      bool     // nothing is sent but what a plan has
	parts       sync.Map // of plans that were read; see plannedBills
	names       names
	mappings    []integration.ExternalMapping

	mu     sync.Mutex     // guards the step that a life dies at, and what follows
	told   map[string]int // events, by id
	sent   map[string]int // messages, by name
	feed   []version
	at     int                // of the feed: what m3ter has
	truth  map[string]version // the newest of each Bill
	byHand map[string]bool    // Bills that a person settled, or changed in NetSuite
	shut   bool               // the period
	acts   map[string]int
	tries  map[string]int // of mending a Bill, once it is calm
	gone   int            // documents that people removed

	amending amending
	edits    atomic.Int64               // of settings
	happened map[string]map[string]bool // what people did to documents, by Bill
	taken    []taken                    // amendments that are not judged yet; see mu
	amended  map[amended]string         // what was amended by which
}

// jostle has another goroutine go first, or not: as a busy machine does.
func (w *world) jostle() {
	if w.o.Jostle && rand.IntN(3) == 0 {
		runtime.Gosched()
	}
}

func (w *world) now() time.Time {
	w.jostle()
	return time.Now().Add(time.Duration(w.offset.Load())).Round(0)
}

func (w *world) steps() int { return int(w.stepped.Load()) }

func (w *world) path(life int) string { return filepath.Join(w.dir, fmt.Sprintf("life%d.db", life)) }

// live makes a world and lives through it.
func live(t *testing.T, o options) (r report) {
	dir := folder(t)
	defer os.RemoveAll(dir) // not at the test's end: one test lives through thousands of worlds
	synctest.Test(t, func(t *testing.T) {
		w := &world{o: o, dir: dir, over: make(chan struct{}), truth: map[string]version{}, byHand: map[string]bool{},
			acts: map[string]int{}, tries: map[string]int{}, sent: map[string]int{}, happened: map[string]map[string]bool{},
			amended: map[amended]string{}}
		w.rnd = w.draws("make", 0)
		w.log = slog.New(slog.NewTextHandler(&w.logged, &slog.HandlerOptions{Level: slog.LevelInfo}))
		time.Sleep(time.Until(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)))
		if err := w.make(); err != nil {
			t.Fatal(err)
		}
		err := w.play()
		w.close(err)
		r = w.report()
	})
	return r
}

// folderEnv says where worlds lie whose process is to end before it can remove them.
const folderEnv = "WORLD_FOLDER"

// folder is one in memory where there is such a thing: the disk's own time is
// not what is tried.
func folder(t *testing.T) string {
	t.Helper()
	if dir, err := os.MkdirTemp(cmp.Or(os.Getenv(folderEnv), "/dev/shm"), "world"); err == nil {
		return dir
	}
	return t.TempDir()
}

// make draws the world and connects what delivers to it.
func (w *world) make() (err error) {
	w.history, w.turns = newHistory(), newTurns(w.o.Seed, w.o.Order)
	w.rules = newRules(w)
	if w.on("wire") {
		w.trouble = mostTrouble * w.rnd.Float64()
		if w.o.Break.name != "" { // which must not wait for a bad day
			w.trouble = mostTrouble
		}
	}
	if r := w.draws("disk", 0); w.on("disk") && r.IntN(2) == 0 {
		w.diskTrouble = 0.003 * r.Float64()
	}
	w.approval = w.on("approval") && w.draws("approval", 0).IntN(3) > 0
	w.mapped = w.on("mapped") && w.draws("mapped", 0).IntN(3) == 0
	w.moving = w.on("moving") && w.draws("moving", 0).IntN(4) == 0
	w.purging = w.on("purge") && w.draws("purge", 0).IntN(4) == 0
	w.byPlan = w.on("plan") && !w.o.Break.amends && (w.o.Break.plans || w.draws("plan", 0).IntN(16) == 0)
	w.drawAmending()
	if w.faults, err = fault.NewSet(w.o.Seed, w.someFaults("faults", faults)); err != nil {
		return err
	}
	company := seed.New(seed.Options{Seed: w.o.Seed, Now: time.Now(), Accounts: 12, Bills: 1, Clean: true})
	w.feed = w.makeBills(company.Accounts)
	if err := w.makeM3ter(company); err != nil {
		return err
	}
	if err := w.makeHook(); err != nil {
		return err
	}
	w.ns = suitetalk.New(suitetalk.Options{
		AccountID: sandbox.AccountID, Origin: origin, World: company, Faults: w.faults, Seed: w.o.Seed, Concurrency: 3 + w.rnd.IntN(5),
		Refusal: fault.Refuse, Latency: suitetalk.Latency{Median: 300 * time.Millisecond, Sigma: 1, Max: 100 * time.Second},
		TokenLife: time.Hour, Now: time.Now, Done: w.over, Account: w.amending.profile(),
	})
	if w.amending.taxed {
		if err := w.ns.SetTax(decimal.New(20, 0)); err != nil {
			return err
		}
	}
	if w.sealer, err = seal.Open(w.dir, seal.Options{NoKeyring: true}); err != nil {
		return err
	}
	key, cert, err := netsuite.GenerateKey("ES256", 365, "world", time.Now())
	if err != nil {
		return err
	}
	kid, err := w.ns.Register("client", cert)
	if err != nil {
		return err
	}
	w.rules.secrets = append(w.rules.secrets, key.Reveal())
	w.creds = integration.Credentials{Account: sandbox.AccountID, Verified: true,
		Secrets: map[string]secret.Value{netsuite.KeyPrivateKey: key},
		Values: spec.Values{netsuite.KeyAccount: sandbox.AccountID, netsuite.KeyClient: "client", netsuite.KeyKey: kid,
			netsuite.KeyRESTURL: origin, netsuite.KeyTokenURL: origin + suitetalk.TokenPath}}
	return w.integrate(company)
}

const origin = "http://127.0.0.1:9"

// mostTrouble is the share of requests that the network loses at most, and again of those
// that it delays or doubles.
const mostTrouble = 0.05

// integrate makes the integrations: one, or two into the same account.
func (w *world) integrate(company seed.World) (err error) {
	st, err := store.Open(w.path(1), store.Options{Sealer: w.sealer, Now: w.now})
	if err != nil {
		return err
	}
	n := 1
	if w.on("two") {
		n += w.draws("two", 0).IntN(2)
	}
	for i := range n {
		name := fmt.Sprint("in", i+1)
		in, err := st.CreateIntegration(context.Background(), integration.Integration{ID: name, EntityType: "Bill",
			Destination: "Netsuite", Name: name, Enabled: true, ConfigData: w.settings(name)}, "")
		if err == nil {
			err = st.PutCredentials(context.Background(), in.ID, w.creds)
		}
		if err != nil {
			return err
		}
	}
	for i, a := range company.Accounts[:len(company.Accounts)-1] {
		m, err := st.PutMapping(context.Background(), integration.ExternalMapping{M3terEntity: "Account", M3terID: a.ID,
			ExternalSystem: "NetSuite", ExternalTable: "Customer", ExternalID: company.Customers[i].ID})
		if err != nil {
			return err
		}
		m.ID = "" // another has it when it is mapped again
		w.mappings = append(w.mappings, m)
	}
	if err := w.employ(st); err != nil {
		return err
	}
	w.rules.allow(slots)
	return st.Close()
}

const slots = 8

// close ends what is left. err is why the world stopped.
func (w *world) close(err error) {
	w.calm.Store(true)
	if err != nil {
		w.rules.breach("LIFE", "%v", err)
	}
	l := w.lives[len(w.lives)-1]
	if !l.gone() {
		close(l.dead) // who waits for a turn goes on
	}
	if err := l.end(); err != nil {
		w.rules.breach("LIFE", "the last life ends: %v", err)
	}
	close(w.over)
	w.serving.Wait()
	close(w.turns.quit)
}

func (w *world) report() report {
	s := w.ns.Stats()
	r := report{Seed: w.o.Seed, Sends: w.rules.sends(), Requests: int(s.Requests), Lives: len(w.lives), Versions: len(w.feed),
		Creates: int(s.Creates), Updates: int(s.Updates), Removed: w.gone, ByHand: len(w.byHand),
		Steps: w.step, Told: len(w.told), Virtual: time.Since(w.history.begun), Faults: map[string]int64{}, Acts: w.acts,
		Digest: w.history.digest(),
		Broken: w.rules.broken, lines: w.history.lines, order: w.turns.order}
	for k, n := range s.Faults {
		r.Faults[string(k)] = n
	}
	for k, n := range w.m3terFaults.Struck() {
		r.Faults["m3ter "+string(k)] = n
	}
	return r
}
