package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/m3terapi"
	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/suitetalk"
)

// Fault is one thing that goes wrong; see package fault for the kinds.
type Fault = fault.Fault

// Stats is what the NetSuite simulator counted.
type Stats = suitetalk.Snapshot

// OpenAccount reads the profile of a NetSuite account: a ready one by its name, or
// a YAML file.
func OpenAccount(nameOrFile string) (account.Profile, error) { return account.Open(nameOrFile) }

// AccountNames lists the profiles that are ready.
func AccountNames() []string { return account.Names() }

// ParseFault reads "[target:]kind[(arg)]=rate" or "[target:]kind[(arg)]@n,n",
// for example refuse=0.01 or reset-after@3.
func ParseFault(text string) (Fault, error) { return fault.Parse(text) }

// AccountID is the NetSuite account of the simulator: the form of a test
// drive account.
const AccountID = "TSTDRV1234567"

// ErrNotLoopback is wrapped by the refusal to listen to the network.
var ErrNotLoopback = errors.New("the sandbox listens on loopback only")

// Options shape the simulators. The zero value is a fast, well-behaved pair
// with 12 Accounts and 40 Bills.
type Options struct {
	NetSuiteListen string // default 127.0.0.1:0
	M3terListen    string // default 127.0.0.1:0
	// Listen makes the listeners; nil is TCP. Tests with a fake clock have a
	// network in memory.
	Listen func(address string) (net.Listener, error)

	Latency     time.Duration // of every NetSuite call, spent while it holds its slot
	LatencyDist *Lognormal    // instead of Latency
	Concurrency int           // NetSuite's limit; default 5
	Refusal     fault.Kind    // how a call over the limit is refused: refuse (429, default), refuse-400, refuse-401
	Faults      []Fault
	TokenLife   time.Duration // of NetSuite's tokens; default an hour

	M3terRateLimit int           // calls a second; default 50 as m3ter; below 0: none
	M3terTokenLife time.Duration // default five hours

	Bills    int  // default 40
	Accounts int  // default 12
	Lines    int  // usage lines added to every Bill, for load
	Clean    bool // leave out the three Bills that NetSuite has to refuse
	Seed     uint64
	Now      func() time.Time // default time.Now
	// Account is what kind of NetSuite account it is; the zero value is plain.
	Account account.Profile
}

// Lognormal is a distribution of latencies with a long tail, as live accounts
// have it.
type Lognormal struct {
	Median time.Duration
	Sigma  float64
	Max    time.Duration // 0: no ceiling
}

// Sandbox is the two simulators, running.
type Sandbox struct {
	o        Options
	world    seed.World
	faults   *fault.Set
	netsuite *suitetalk.Server
	m3ter    *m3terapi.Server
	nsURL    string
	m3URL    string
	secret   string
	clientID string
	servers  [2]*http.Server
	done     chan struct{}
	once     sync.Once
	serving  sync.WaitGroup
	unhook   func() bool  // from the context given to Start
	more     atomic.Int64 // Bills that were added
}

// Start listens and serves until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	o = o.withDefaults()
	faults, err := fault.NewSet(o.Seed, o.Faults)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{o: o, faults: faults, done: make(chan struct{})}
	s.world = seed.New(seed.Options{Seed: o.Seed, Now: o.Now(), Accounts: o.Accounts, Bills: o.Bills, Lines: o.Lines, Clean: o.Clean,
		Currency: o.Account.Currency, Annual: o.Account.RevenueDates})
	nsListener, err := o.Listen(o.NetSuiteListen)
	if err != nil {
		return nil, fmt.Errorf("netsuite simulator: %w", err)
	}
	m3Listener, err := o.Listen(o.M3terListen)
	if err != nil {
		_ = nsListener.Close()
		return nil, fmt.Errorf("m3ter simulator: %w", err)
	}
	s.nsURL, s.m3URL = "http://"+nsListener.Addr().String(), "http://"+m3Listener.Addr().String()
	s.build()
	s.serve(0, nsListener, s.netsuite)
	s.serve(1, m3Listener, s.m3ter)
	s.unhook = context.AfterFunc(ctx, s.shut)
	return s, nil
}

func (o Options) withDefaults() Options {
	orString := func(p *string, d string) {
		if *p == "" {
			*p = d
		}
	}
	orInt := func(p *int, d int) {
		if *p == 0 {
			*p = d
		}
	}
	orString(&o.NetSuiteListen, "127.0.0.1:0")
	orString(&o.M3terListen, "127.0.0.1:0")
	orInt(&o.Concurrency, 5)
	orInt(&o.Bills, 40)
	orInt(&o.Accounts, 12)
	if o.Refusal == "" {
		o.Refusal = fault.Refuse
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Listen == nil {
		o.Listen = listen
	}
	return o
}

// CheckListen refuses every address that another machine could reach.
func CheckListen(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("listen address %q: write HOST:PORT, for example 127.0.0.1:0: %w", addr, err)
	}
	ip, err := netip.ParseAddr(host)
	if host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("%w, not on %q: use 127.0.0.1:PORT", ErrNotLoopback, addr)
	}
	return nil
}

func listen(addr string) (net.Listener, error) {
	if err := CheckListen(addr); err != nil {
		return nil, err
	}
	return net.Listen("tcp", addr)
}

func (s *Sandbox) build() {
	lat := suitetalk.Latency{Fixed: s.o.Latency}
	if d := s.o.LatencyDist; d != nil {
		lat = suitetalk.Latency{Median: d.Median, Sigma: d.Sigma, Max: d.Max}
	}
	s.clientID, s.secret = newClientID(s.o.Seed), newSecret()
	s.netsuite = suitetalk.New(suitetalk.Options{
		AccountID: AccountID, Account: s.o.Account, Origin: s.nsURL, World: s.world, Faults: s.faults, Seed: s.o.Seed,
		Concurrency: s.o.Concurrency,
		Refusal:     s.o.Refusal, Latency: lat, TokenLife: s.o.TokenLife, Now: s.o.Now, Done: s.done,
	})
	s.m3ter = m3terapi.New(m3terapi.Options{
		World: s.world, Faults: s.faults, AccessKeyID: accessKeyID, APISecret: s.secret,
		RateLimit: s.o.M3terRateLimit, TokenLife: s.o.M3terTokenLife, Now: s.o.Now, Done: s.done,
	})
}

// serve runs one simulator with the control surface beside it.
func (s *Sandbox) serve(i int, l net.Listener, h http.Handler) {
	mux := http.NewServeMux()
	s.control(mux)
	mux.Handle("/", h)
	s.servers[i] = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // broken connections are what it is for
	}
	s.serving.Go(func() {
		_ = s.servers[i].Serve(l) // http.ErrServerClosed, after Close
	})
}

// Close stops both. Calls that hang are dropped.
func (s *Sandbox) Close() {
	s.unhook()
	s.shut()
	s.serving.Wait()
}

func (s *Sandbox) shut() {
	s.once.Do(func() {
		for _, srv := range s.servers {
			_ = srv.Close()
		}
		close(s.done) // after the connections: what wakes up now has nobody to answer
	})
}

// NetSuiteURL is the origin of the NetSuite simulator.
func (s *Sandbox) NetSuiteURL() string { return s.nsURL }

// TokenURL is its OAuth 2.0 token endpoint.
func (s *Sandbox) TokenURL() string { return s.nsURL + suitetalk.TokenPath }

// M3terURL is the base URL of the m3ter simulator.
func (s *Sandbox) M3terURL() string { return s.m3URL }

// OrgID is the m3ter organisation.
func (s *Sandbox) OrgID() string { return s.world.OrgID }

// World is the company in the simulators, as it was at the start.
func (s *Sandbox) World() seed.World { return s.world }

// Stats is what the NetSuite simulator counted so far.
func (s *Sandbox) Stats() Stats { return s.netsuite.Stats() }

// NetSuite gives tests the simulator itself: certificates, permissions,
// tokens, periods, payments, invoices.
func (s *Sandbox) NetSuite() *suitetalk.Server { return s.netsuite }

// M3ter gives tests the m3ter simulator itself: Bills and tokens.
func (s *Sandbox) M3ter() *m3terapi.Server { return s.m3ter }

// AddBills puts n new Bills of the company into m3ter.
func (s *Sandbox) AddBills(n int) error {
	from := len(s.world.Bills) + int(s.more.Add(int64(n))) - n
	var raw []byte
	for _, b := range seed.More(seed.Options{Seed: s.o.Seed, Now: s.o.Now(), Lines: s.o.Lines}, s.world.Accounts, from, n) {
		raw = b.Append(raw[:0], true, true)
		if err := s.m3ter.PutBill(raw); err != nil {
			return err
		}
	}
	return nil
}

// Become makes the NetSuite account, with all that it holds, one of another
// profile, by the name of a ready one.
func (s *Sandbox) Become(name string) error {
	p, err := account.Ready(name)
	if err != nil {
		return err
	}
	return s.netsuite.Become(p)
}

// SetFaults puts these faults in force, in place of those before.
func (s *Sandbox) SetFaults(faults ...Fault) error { return s.faults.Replace(faults) }

// StreamOptions shape BillStream.
type StreamOptions struct {
	Seed  uint64
	Now   time.Time // default: now; with a fixed clock the stream is the same every day
	Bills int
	Lines int // usage lines added to every Bill
}

// BillStream writes Bills as newline-delimited JSON, all of which a Sandbox
// with the same seed and 12 Accounts takes as invoices. It returns the sum of
// their totals by currency, so that what arrives can be checked.
func BillStream(w io.Writer, o StreamOptions) (map[string]decimal.D, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	return seed.Stream(w, seed.Options{Seed: o.Seed, Now: o.Now, Accounts: 12, Lines: o.Lines}, o.Bills)
}
