package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"billferry/internal/api"
	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/notify"
	"billferry/internal/outbound"
	"billferry/internal/sandbox"
	"billferry/internal/secret/seal"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/netsuite"
	"billferry/store"
	"billferry/store/postgres"
)

// Config is all that App needs to know. The zero value of a field means its
// default.
type Config struct {
	DataDir   string // where the store, the socket and the logs lie; required
	Database  string // URL of a PostgreSQL database that is the store; "" is the file in DataDir
	SealFile  string // of the sealing key that all machines on a database share; "" is the one in DataDir
	Version   string
	NoKeyring bool // seal with a key file even when an OS keyring answers
	Sandbox   bool // the simulators answer: screens say so
	Demo      *service.DemoInfo
	steered   *sandbox.Sandbox // of demo, for DemoDo
	Logger    *slog.Logger     // nil logs nothing
	Now       func() time.Time // nil is time.Now
	// PollEvery is how often m3ter is asked for changed Bills; 0 is 30 s,
	// negative never asks.
	PollEvery time.Duration
	// Idle opens the store without engine, poller and socket: for a command
	// that ends at once and must not start to deliver what is due.
	Idle bool
	// PollWindow is how far back, by bill date, m3ter is asked for Bills; 0 is
	// the poller's own default of 100 days.
	PollWindow time.Duration
	// Workers bounds the requests at once to a NetSuite account, below the
	// setting Max Concurrency; 0 leaves it to the setting.
	Workers int
	// History is how long before an integration was created a Bill may have
	// been calculated for the poller to deliver it. 0 takes none: what was
	// invoiced by other means before must not be invoiced again. Negative
	// takes all that the poller sees.
	History time.Duration
	// Guard is how often documents are looked at again after they were proven; 0 is
	// never.
	Guard time.Duration
	// Keep is how long settled runs are kept; the zero value is for ever.
	Keep Age
	// NotifyFile says whom to tell of events; "" is notify.yaml in DataDir.
	NotifyFile string
	// Destinations are the kinds of destination; nil is Destinations().
	Destinations destination.Registry
}

// Destinations are the kinds of destination there are. A new one is one more
// line here.
func Destinations() destination.Registry {
	return destination.Registry{
		netsuite.Adapter{},
	}
}

// Catalog is everything that can be configured.
func Catalog() spec.Catalog { return Destinations().Catalog() }

// StorePath is the bbolt file in a data folder.
func StorePath(dataDir string) string { return filepath.Join(dataDir, "billferry.db") }

// hasStore tells whether a data folder has a store already, or may have one.
func hasStore(dataDir string) bool {
	_, err := os.Stat(StorePath(dataDir))
	return !errors.Is(err, fs.ErrNotExist)
}

// SocketPath is the unix socket beside it.
func SocketPath(dataDir string) string { return filepath.Join(dataDir, "billferry.sock") }

// App owns the store of one data folder, or works on a database. It implements service.Service and
// service.Keeper.
type App struct {
	keeper
	cfg    Config
	log    *slog.Logger
	now    func() time.Time
	seal   *seal.Sealer
	store  CheckedStore
	engine *delivery.Engine
	dest   *destinations
	hub    *hub
	http   *http.Client
	forms  spec.Catalog
	// adapters are the kinds of destination; forms are theirs.
	adapters destination.Registry
	source   sourceState
	// demoBill is the Bill whose document an act of demo was about last.
	demoBill  atomic.Pointer[string]
	bulkRetry bulkRetries
	cluster   *cluster // nil on a file
	// requeues works off what changes have freed.
	requeues requeuer
	// mappings are those in m3ter, read when one is missing here.
	mappings *mappings
	traces   *traces // nil without an endpoint
	// notifier tells of events; it is there always and may have nobody to tell.
	notifier *notify.Notifier
	// tellPayments is whether somebody asks for events about what is paid.
	tellPayments bool
	delivering   atomic.Bool
	tokens       *tokenKey
	signing      *signingKey
	plans        plans
	keys         *keyStore
	server       *api.Server
	silent       sync.Map // accounts that did not answer when mappings were checked, and when
	who          string   // the person at this machine, for the audit trail

	running context.Context // ends with Close; set by Start
	stop    context.CancelFunc
	halt    context.CancelFunc // delivery alone
	halted  chan struct{}      // closed when delivery has ended
	done    sync.WaitGroup
}

var _ service.Service = (*App)(nil)

// Open takes the data folder for this process. Another process that has it
// already is told as a *store.LockedError, and a folder whose store is a database
// that Config does not name as an *InDatabaseError; see Attach.
func Open(cfg Config) (*App, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Destinations == nil {
		cfg.Destinations = Destinations()
	}
	if err := makeFolder(cfg.DataDir); err != nil {
		return nil, err
	}
	a := newApp(cfg, newHTTPClient())
	var err error
	if err = a.openStore(); err != nil {
		return nil, err
	}
	switch {
	case cfg.History == 0:
		cfg.History = time.Nanosecond // the engine's 0 takes all
	case cfg.History < 0:
		cfg.History = 0
	}
	a.lay()
	if err := a.openReports(); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	a.store.OnChange(a.changed)
	o := delivery.Options{
		Ledger: a.store, Resolver: a.dest, Accounts: a, Records: a, Now: cfg.Now, Logger: cfg.Logger, Workers: cfg.Workers, History: cfg.History,
		Guard: cfg.Guard, TellPayments: a.tellPayments,
	}
	o.Mappings, o.Forget = a.mappings, a.forgetSource
	if s, ok := a.store.(*postgres.Store); ok {
		a.cluster = newCluster(a, s)
		o.Holder, o.Elsewhere = a.cluster, a.cluster
		a.bulkRetry.elsewhere = a.cluster.retries
	}
	if a.traces != nil {
		o.OnAttempt = a.traces.attempt
	}
	a.engine = delivery.New(o)
	a.server = a.newServer()
	return a, nil
}

// openStore opens the store with its sealing key: the file, or a database.
func (a *App) openStore() (err error) {
	cfg := &a.cfg
	if cfg.Database == "" {
		if err := inDatabase(cfg.DataDir); err != nil {
			return err
		}
		if a.seal, err = seal.Open(cfg.DataDir, seal.Options{NoKeyring: cfg.NoKeyring, Sealed: hasStore(cfg.DataDir)}); err != nil {
			return err
		}
		a.store, err = store.Open(StorePath(cfg.DataDir), store.Options{Sealer: a.seal, Now: cfg.Now, Logger: cfg.Logger})
		return err
	}
	return a.openDatabase()
}

// openReports makes ready what tells the world outside: notifications, traces.
func (a *App) openReports() (err error) {
	if a.notifier, err = a.newNotifier(); err != nil {
		return err
	}
	a.traces, err = openTraces(context.Background(), a.cfg.Version, a.log)
	return err
}

// newHTTPClient makes the client all outside calls share. Time limits are set
// per call.
func newHTTPClient() *http.Client {
	t := outbound.NewBase()
	t.ResponseHeaderTimeout = 5 * time.Minute
	return outbound.Client(&http.Client{Transport: gate{t}})
}

// gate lets no request out for an account that may be another process's by now.
type gate struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (g gate) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := delivery.MayCall(r.Context()); err != nil {
		return nil, err
	}
	return g.RoundTripper.RoundTrip(r)
}

// Start runs the engine, the poller and the socket until Close; nothing of it
// when Idle was asked for.
func (a *App) Start(ctx context.Context) error {
	if a.cfg.Idle {
		return nil
	}
	ctx, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	l, err := api.ListenUnix(SocketPath(a.cfg.DataDir))
	if err != nil {
		a.stop()
		return err
	}
	a.running = ctx
	a.notifier.Begin(ctx) // before anything can happen
	a.serve(l)
	a.delivering.Store(true) // it is about to; false means that it had to stop
	sending, halt := context.WithCancel(ctx)
	a.halt, a.halted = halt, make(chan struct{})
	a.spawn(func() {
		defer close(a.halted)
		a.deliver(sending)
	})
	a.spawn(func() { a.workOffNotes(ctx) })
	if a.cluster != nil {
		a.spawn(func() { a.cluster.s.Follow(ctx, a.others) })
		a.cluster.begin()
		return nil
	}
	for _, f := range a.duties(ctx) {
		a.spawn(f)
	}
	return nil
}

// deliver runs the engine until ctx ends. It stops by itself when the store
// cannot be written, on a full disk say: it is started again, since nothing
// else would tell it that there is room, and looks up first what was in flight.
func (a *App) deliver(ctx context.Context) {
	for pause := time.Second; ; pause = min(2*pause, time.Minute) {
		began := time.Now()
		a.delivering.Store(true)
		err := a.engine.Run(ctx)
		a.delivering.Store(false)
		if ctx.Err() != nil || err == nil {
			return
		}
		if time.Since(began) > time.Minute || a.cluster != nil { // a database comes back by itself
			pause = time.Second
		}
		a.log.Error("delivery stopped; it is started again", "wait", pause.String(), "error", err)
		if !wait(ctx, pause) {
			return
		}
	}
}

// serve answers the REST API on l until Close.
func (a *App) serve(l net.Listener) {
	a.spawn(func() {
		if err := a.server.Serve(a.running, l); err != nil {
			a.log.Error("the API stopped", "address", l.Addr().String(), "error", err)
		}
	})
}

// spawn runs f in a goroutine that Close waits for.
func (a *App) spawn(f func()) { a.done.Go(f) }

// StopDelivering starts nothing new and waits for the calls under way (10 s at
// most): what is read then is how things stand. Everything else goes on.
func (a *App) StopDelivering() {
	if a.halt != nil {
		a.halt()
		<-a.halted
	}
}

// Close stops the engine, waits for calls under way (10 s at most) and gives
// the data folder back.
func (a *App) Close() error {
	if a.stop != nil {
		a.stop()
	}
	a.done.Wait()
	if a.cluster != nil {
		a.cluster.end()
	}
	a.hub.close()
	return errors.Join(a.traces.close(), a.store.Close())
}

// Attach reaches the process that owns a data folder; held is what Open answered.
// It answers an error that names that process when it does not answer on its socket;
// the error is an api.ErrUnavailable when nothing listens there.
func Attach(ctx context.Context, dataDir string, held error, forms spec.Catalog) (service.Service, error) {
	c := api.Dial(SocketPath(dataDir), forms)
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if _, err := c.Info(ctx); err != nil {
		return nil, noAnswer(dataDir, held, err)
	}
	return c, nil
}

// answerTime is how long the process that has the store may take to say that it
// is there.
const answerTime = 2 * time.Second

func noAnswer(dataDir string, held, err error) error {
	if locked := (*store.LockedError)(nil); errors.As(held, &locked) {
		return fmt.Errorf("%w; it does not answer on %s (%w): wait for it to end, or stop process %d",
			locked, SocketPath(dataDir), err, locked.PID)
	}
	return fmt.Errorf("%w, and nobody answers on %s (%w)", held, SocketPath(dataDir), err)
}

func (a *App) changed(kind, id string) {
	c := service.Change{Kind: kind, ID: id}
	a.hub.send(c)
	if c.Of("event") {
		a.notifier.Wake()
	}
}

// Catalog implements service.Service.
func (a *App) Catalog() spec.Catalog { return a.forms }

// Changes implements service.Service.
func (a *App) Changes(ctx context.Context) (<-chan service.Change, error) {
	return a.hub.subscribe(ctx), nil
}

// Info implements service.Service.
func (a *App) Info(ctx context.Context) (service.Info, error) {
	i := service.Info{
		Organisation: "local", Mode: "embedded", DataDir: a.cfg.DataDir, Sandbox: a.cfg.Sandbox,
		KeyProtection: a.seal.Where(), PID: os.Getpid(), Version: a.cfg.Version, Demo: a.cfg.Demo,
	}
	i.Requeueing, i.RequeueingOf = a.engine.Requeueing()
	src, err := a.store.Source(ctx)
	switch {
	case err == nil:
		i.Organisation = src.OrgID
	case !errors.Is(err, integration.ErrNotFound):
		return i, err
	}
	return i, nil
}
