package world

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"billferry/internal/app"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/netsuite"
	"billferry/store"
)

var (
	errPower = errors.New("the power is gone")
	errDisk  = errors.New("input/output error")
)

// life is one life of the process, on its own copy of the file.
type life struct {
	w      *world
	n      int
	store  *store.Store
	engine *delivery.Engine
	cancel context.CancelFunc
	all    sync.WaitGroup // what runs in it
	dead   chan struct{}  // closed at the crash
	on     sync.Map       // what a goroutine works on
	app    *app.App
	api    http.Handler
	tokens map[string]string // of people, for the API

	step string // it dies there
	nth  int

	file    sync.Mutex // a commit and a crash exclude each other
	isDead  bool
	died    time.Time
	commits uint64
	last    time.Time // of a commit
	lied    bool      // see breakage.lies
}

// places are where a life may end: of the engine, of the store, and around each
// call of the sender.
func (w *world) places() []string {
	all := append([]string{"before commit", "after commit"}, delivery.Steps...)
	calls := []string{"token", "look up currencies", "look up", "look up credit memo", "look up invoice", "create", "read back", "update"}
	if w.amending.on {
		calls = append(calls, "look up amendments", "look up amendment", "look up period", "look up what was applied", "look up invoice",
			"create")
	}
	for _, call := range calls {
		all = append(all, "before "+call, "after "+call)
	}
	return all
}

// begin opens the file and delivers.
func (w *world) begin() (*life, error) {
	l := &life{w: w, n: len(w.lives) + 1, dead: make(chan struct{})}
	w.lives = append(w.lives, l)
	w.turns.again(w.o.Seed, uint64(l.n))
	rnd := rand.New(rand.NewPCG(w.o.Seed, 50_000+uint64(l.n)))
	if l.n <= w.crashes() && rnd.IntN(2) == 0 {
		places := w.places()
		l.step, l.nth = places[rnd.IntN(len(places))], 1+rnd.IntN(30)
	}
	if err := w.spoil(l); err != nil {
		return nil, err
	}
	var err error
	if l.store, err = store.Open(w.path(l.n), store.Options{Sealer: w.sealer, Now: w.now, Commit: l.commit}); err != nil {
		return nil, err
	}
	if l.n > 1 {
		w.checkBooks(l)
	}
	client, err := netsuite.New(netsuite.CredentialsOf(w.creds), netsuite.Options{HTTP: &http.Client{Transport: wire{l}},
		Now: w.now, Worked: true, Step: l.pass})
	if err != nil {
		return nil, err
	}
	own := &lookups{client, l}
	var dest delivery.Destination = own
	if wrap := w.o.Break.destination; wrap != nil {
		dest = wrap(own)
	}
	var led delivery.Ledger = ledger{l.store, l}
	if wrap := w.o.Break.ledger; wrap != nil {
		led = wrap(led)
	}
	l.engine = delivery.New(delivery.Options{Ledger: led, Resolver: fixed{dest}, Now: l.now, Jitter: w.jitter, Step: l.pass,
		Logger: w.log})
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	tells, err := l.tell(ctx)
	if err != nil {
		return nil, err
	}
	l.open(ctx, ledger{l.store, l}, w.sealer, tells)
	l.all.Go(func() { l.deliver(ctx) })
	l.all.Go(func() { l.poll(ctx, led) })
	if l.n <= w.crashes() {
		at := time.Duration(rnd.Int64N(int64(4 * time.Minute)))
		go func() {
			select {
			case <-time.After(at):
				l.die("by the clock")
			case <-ctx.Done():
			}
		}()
	}
	w.history.add("LIFE %d begins, to die %d times after %q", l.n, l.nth, l.step)
	return l, nil
}

// deliver runs the engine as the program does: again and again.
func (l *life) deliver(ctx context.Context) {
	for {
		if l.engine.Run(ctx) == nil || ctx.Err() != nil || l.gone() {
			return
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return
		}
	}
}

// end waits until nothing of a life is left.
func (l *life) end() error {
	l.cancel()
	l.all.Wait()
	return l.store.Close()
}

func (l *life) gone() bool {
	select {
	case <-l.dead:
		return true
	default:
		return false
	}
}

func (l *life) turn(name string) {
	l.w.jostle()
	if !l.gone() {
		l.w.turns.take(name, l.dead)
	}
}

// now is the engine's clock. A batch of documents takes a turn before it is put
// together: it asks nothing else first.
func (l *life) now() time.Time {
	var pc [1]uintptr
	if runtime.Callers(2, pc[:]) == 1 && strings.HasSuffix(runtime.FuncForPC(pc[0]).Name(), "(*batch).take") {
		l.turn("batch")
	}
	return l.w.now()
}

// pass dies at the step that this life is to end at.
func (l *life) pass(name string) {
	l.w.jostle()
	if l.hit(name) {
		l.die(name)
	}
}

func (l *life) hit(name string) bool {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	if l.step != name || l.w.calm.Load() || l.engine == nil {
		return false
	}
	l.nth--
	return l.nth == 0
}

// die is the crash. Nothing leaves any more, what was sent goes on, and the next
// life has what was committed.
func (l *life) die(why string) {
	l.file.Lock()
	defer l.file.Unlock()
	l.kill(why)
}

// kill is die; l.file is held.
func (l *life) kill(why string) {
	if l.isDead || l.w.calm.Load() {
		return
	}
	l.isDead, l.died = true, time.Now()
	l.w.history.add("LIFE %d ends %s", l.n, why)
	if !l.lied { // else the disk has less than it said
		if err := l.copyTo(l.w.path(l.n + 1)); err != nil {
			l.w.rules.breach("LIFE", "copy the file: %v", err)
		}
	}
	close(l.dead)
}

func (l *life) copyTo(path string) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = l.store.Backup(f)
	return err
}

// commit is the disk: a life may end before or after a commit, and one may fail
// before or after it is made.
func (l *life) commit(do func() error) error {
	if d := l.slow(); d > 0 {
		select {
		case <-time.After(d):
		case <-l.dead:
		}
	}
	l.file.Lock()
	defer l.file.Unlock()
	if l.isDead {
		return errPower
	}
	first := !l.last.Equal(time.Now()) // how many commits share a moment is the scheduler's affair
	l.last = time.Now()
	if first && l.hit("before commit") {
		l.kill("before commit")
		return errPower
	}
	l.commits++
	rnd := rand.New(rand.NewPCG(l.w.o.Seed, uint64(l.last.UnixNano())))
	p := rnd.Float64()
	if l.w.calm.Load() || l.engine == nil {
		p = 1
	}
	if p < l.w.diskTrouble {
		return errDisk
	}
	if l.w.o.Break.lies && l.commits%10 == 1 && l.engine != nil {
		if err := l.copyTo(l.w.path(l.n + 1)); err != nil {
			return err
		}
		l.lied = true
	}
	if err := do(); err != nil {
		return err
	}
	if first && l.hit("after commit") {
		l.kill("after commit")
		return errPower
	}
	if p < 2*l.w.diskTrouble {
		return errDisk
	}
	return nil
}

// slow is how long the disk takes before this commit.
func (l *life) slow() time.Duration {
	if l.engine == nil || l.w.calm.Load() || !l.w.on("slow disk") || l.w.o.Seed%2 == 0 {
		return 0
	}
	if rnd := l.w.draws("slow", int(time.Now().UnixNano()>>8)); rnd.IntN(25) == 0 {
		return time.Duration(rnd.Int64N(int64(20 * time.Second)))
	}
	return 0
}

func (w *world) crashes() int {
	if !w.on("crash") {
		return 0
	}
	return w.o.Crashes
}

// fixed is a Resolver that knows one destination.
type fixed struct{ d delivery.Destination }

func (f fixed) Destination(context.Context, integration.Integration) (delivery.Destination, error) {
	return f.d, nil
}

func (f fixed) System(string, string) (delivery.System, error) { return netsuite.Adapter{}, nil }
