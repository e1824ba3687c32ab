//go:build unix

package cluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"billferry/internal/api"
	"billferry/internal/app"
	"billferry/internal/sandbox"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/internal/testkit/pgtest"
)

// binary is the program as a user has it, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "billferry-cluster-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "billferry")
	if out, err := exec.Command("go", "build", "-o", binary, "billferry").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// site is NetSuite accounts, a database and the processes that serve it.
type site struct {
	t        *testing.T
	pg       *pgtest.Server
	dir      string
	rooms    []room
	accounts []*account
	procs    []*process
	accepted atomic.Int64
}

// account is a simulator with the integration that sends into it.
type account struct {
	sim  *sandbox.Sandbox
	in   string   // id of the integration
	name string   // of the account, as it is leased
	rest [][]byte // Bills that were not handed in yet
}

// process is one machine: it keeps its folder over restarts.
type process struct {
	s     *site
	dir   string
	url   string
	cable cable
	cmd   *exec.Cmd
	api   *api.Client
	log   *bytes.Buffer
	// ended is closed when it has, with that error.
	ended chan struct{}
	err   error
}

// size says how large a site is.
type size struct {
	processes, accounts, bills, slots int
	latency                           time.Duration
	each                              func(account int) (bills, slots int) // instead of bills and slots
	unconnected                       bool                                 // what is handed in waits until connect
	file                              bool                                 // one process on a file, with no database
	apart                             bool                                 // each process in a room
}

// patience is how long what must come about is waited for: a machine may be slow.
const patience = 4 * time.Minute

func newSite(t *testing.T, z size) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	var settings []string
	if z.apart {
		if newRooms == nil {
			t.Skip("-cluster.netns: only Linux has network namespaces")
		}
		s.rooms, settings = newRooms(t, z.processes)
	}
	if !z.file {
		s.pg = pgtest.New(t, settings...)
	}
	for i := range z.processes {
		p := &process{s: s, dir: filepath.Join(s.dir, fmt.Sprint("p", i))}
		switch {
		case z.apart:
			p.cable = s.rooms[i]
		case s.pg != nil:
			p.cable = newWire(t, s.pg.Dir)
		}
		if p.cable != nil {
			p.url = p.cable.url() + "&pool_max_conns=12&search_path=cluster"
		}
		s.procs = append(s.procs, p)
	}
	for _, p := range s.procs { // the first makes the sealing key that all share
		p.start()
	}
	ctx := t.Context()
	first := s.procs[0].api
	for i := range z.accounts {
		bills, slots := z.bills, z.slots
		if z.each != nil {
			bills, slots = z.each(i)
		}
		o := sandbox.Options{Seed: uint64(i + 1), Bills: bills, Clean: true, Latency: z.latency, Concurrency: slots}
		if z.apart {
			o.Listen = func(string) (net.Listener, error) { return listenIn(t, s.rooms) }
		}
		sim, err := sandbox.Start(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(sim.Close)
		a := &account{sim: sim, name: fmt.Sprintf("sim%d", i)}
		for _, b := range sim.World().Bills {
			a.rest = append(a.rest, b.Append(nil, true, true))
		}
		config := spec.Values{"netsuiteDefaultItemId": "199"}
		config.Set("billferry.maxConcurrency", slots)
		in, err := first.Create(ctx, service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: fmt.Sprint("NS ", i),
			ConfigData: config})
		if err != nil {
			t.Fatal(err)
		}
		a.in = in.ID
		s.accounts = append(s.accounts, a)
	}
	if !z.unconnected {
		s.connect()
	}
	return s
}

// connect has all integrations authorised, from where on they send.
func (s *site) connect() {
	s.t.Helper()
	var all errgroup.Group
	for _, a := range s.accounts {
		all.Go(func() error {
			c, err := a.sim.Credentials()
			if err != nil {
				return err
			}
			values := c.Values()
			values["externalCustomerId"] = a.name
			_, err = s.procs[0].api.Connect(s.t.Context(), service.Connect{IntegrationID: a.in, Values: values,
				Secrets: map[string]secret.Value{"privateKey": c.PrivateKey}}, nil)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		s.t.Fatal(err)
	}
}

// start starts the process and waits until it answers.
func (p *process) start() {
	p.s.t.Helper()
	args := []string{"serve", "--data-dir", p.dir}
	if p.url != "" {
		args = append(args, "--database", p.url)
	}
	if p != p.s.procs[0] {
		args = append(args, "--sealing-key-file", filepath.Join(p.s.procs[0].dir, "seal.key"))
	}
	p.launch(args...)
	p.s.eventually("a process that was started answers", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, err := p.api.Info(ctx)
		return err == nil
	})
}

func (p *process) launch(args ...string) {
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "BILLFERRY_NO_KEYRING=true", memory())
	p.log = &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = p.log, p.log
	start := cmd.Start
	if r, ok := p.cable.(room); ok {
		start = func() error { return r.start(cmd) }
	}
	if err := start(); err != nil {
		p.s.t.Fatal(err)
	}
	p.cmd, p.api = cmd, api.Dial(app.SocketPath(p.dir), app.Catalog())
	ended := make(chan struct{})
	p.ended = ended
	go func() {
		p.err = cmd.Wait()
		close(ended)
	}()
	p.s.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Kill()
		<-ended
	})
}

// tryStart is start while the database may be away: a process that cannot reach it
// ends, and whoever runs it starts it again.
func (p *process) tryStart() {
	p.s.eventually("a process starts", func() bool {
		args := []string{"serve", "--database", p.url, "--data-dir", p.dir, "--sealing-key-file", filepath.Join(p.s.procs[0].dir, "seal.key")}
		p.launch(args...)
		for {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			_, err := p.api.Info(ctx)
			cancel()
			if err == nil {
				return true
			}
			select {
			case <-p.ended:
				return false
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
}

func (p *process) signal(s syscall.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil {
		p.s.t.Fatal(err)
	}
	if s == syscall.SIGKILL {
		<-p.ended
	}
}

// stop ends a process in order.
func (p *process) stop() {
	p.signal(syscall.SIGINT)
	<-p.ended
	if p.err != nil {
		p.s.t.Errorf("a process that was told to stop: %v\n%s", p.err, p.log.String())
	}
}

// eventually waits for other processes: there is nothing to wait on.
func (s *site) eventually(what string, so func() bool) {
	s.t.Helper()
	patience := patience
	if *fFigures || *fKills > 0 { // the test itself takes long
		patience = time.Hour
	}
	for end := time.Now().Add(patience); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			for _, p := range s.procs {
				s.t.Logf("%s:\n%s", p.dir, p.tail())
			}
			s.t.Fatalf("%s: it does not come about within %v", what, patience)
		}
	}
}

// tail is the end of what a process has logged.
func (p *process) tail() string {
	b, _ := os.ReadFile(filepath.Join(p.dir, "billferry.log"))
	return string(b[max(0, len(b)-3000):])
}

// submit hands Bills of an account in at any process that takes them.
func (s *site) submit(ctx context.Context, a *account, n int) {
	n = min(n, len(a.rest))
	var all sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i, raw := range a.rest[:n] {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			for try := i; ctx.Err() == nil; try++ {
				asked, cancel := context.WithTimeout(ctx, 20*time.Second)
				_, err := s.procs[try%len(s.procs)].api.Submit(asked, a.in, raw, "torture")
				cancel()
				if err == nil {
					s.accepted.Add(1)
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	all.Wait()
	a.rest = a.rest[n:]
}

// ask asks the database itself.
func (s *site) ask(sql string, to ...any) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, "postgres://postgres@/postgres?search_path=cluster&host="+s.pg.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	return c.QueryRow(ctx, sql).Scan(to...)
}

// count is ask for one number; 0 while the database is away.
func (s *site) count(sql string) (n int) {
	_ = s.ask(sql, &n)
	return n
}

const underWay = `SELECT count(*) FROM run WHERE status = 'STARTED'`

// settled tells whether every Bill that was accepted is through, and proven.
func (s *site) settled() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	t, err := s.procs[0].api.Totals(ctx, "")
	return err == nil && t.Waiting() == 0 && t.ByProof["PENDING"] == 0 && t.Done() >= int(s.accepted.Load())
}

// verdict holds all sides beside each other.
func (s *site) verdict() {
	t := s.t
	t.Helper()
	ctx := t.Context()
	made := 0
	for _, a := range s.accounts {
		st := a.sim.Stats()
		if st.DuplicateCreates > 0 || st.CreatesWithoutID > 0 {
			t.Errorf("%s: %d documents twice, %d without a name", a.name, st.DuplicateCreates, st.CreatesWithoutID)
		}
		for id, n := range st.CreatesByExternalID {
			if n != 1 {
				t.Errorf("%s: %s was made %d times", a.name, id, n)
			}
		}
		made += len(st.CreatesByExternalID)
	}
	if made != int(s.accepted.Load()) {
		t.Errorf("%d Bills were accepted, and %d documents made", s.accepted.Load(), made)
	}
	s.eventually("all processes tell the same totals", func() bool { // what is looked at again is counted meanwhile
		var all []string
		for _, p := range s.procs {
			total, err := p.api.Totals(ctx, "")
			if err != nil {
				t.Fatal(err)
			}
			for currency, m := range total.Money {
				if !m.Open.IsZero() || m.In.Cmp(m.Out.Add(m.Excluded).Add(m.Rounding)) != 0 {
					t.Errorf("%s: in %s, out %s, open %s, excluded %s, rounding %s", currency, m.In, m.Out, m.Open, m.Excluded, m.Rounding)
				}
			}
			if total.Done() != made {
				t.Errorf("%d runs are complete, of %d Bills: %v", total.Done(), made, total.ByStatus)
			}
			shown, err := json.Marshal(total)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(shown))
		}
		return t.Failed() || len(slices.Compact(all)) == 1
	})
	report, err := s.procs[0].api.CheckStore(ctx, false, nil)
	if err != nil || report.Found > 0 {
		t.Errorf("store check: %+v, %v", report, err)
	}
	if _, err := s.procs[0].api.VerifyAudit(ctx); err != nil {
		t.Errorf("audit trail: %v", err)
	}
}
