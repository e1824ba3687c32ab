package netsuite_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/memory"
	"billferry/internal/sandbox"
	"billferry/internal/secret/seal"
	"billferry/netsuite"
	"billferry/store"
)

// childEnv makes the test binary a sender that is to be killed; its value is
// a life in JSON.
const childEnv = "BILLFERRY_TORTURE"

func TestMain(m *testing.M) {
	text := os.Getenv(childEnv)
	if text == "" {
		os.Exit(m.Run())
	}
	go func() { // the parent holds the other end: do not outlive it
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(2)
	}()
	memory.TuneGC() // as main does
	if err := live(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// life says what a child works on, and when it dies by its own hand.
type life struct {
	Dir         string // holds the store, its key and the Bills
	Integration string
	Step        string // die when this one is passed the Nth time; "": nowhere
	Nth         int
	Calls       int           // die at this delivery at the latest; 0: when all are settled
	Linger      time.Duration // ... or this much after it began
	// Calm is a sender as in production: with its own waits, and with Bills
	// that NetSuite refuses for good.
	Calm bool
	Bare bool // deliver with nothing kept and nothing proven: see bare
}

func (l life) billsFile() string { return filepath.Join(l.Dir, "bills.ndjson") }

// reaper kills the process as a power cut would: no deferred call runs, no
// file is closed.
type reaper struct {
	life
	mu     sync.Mutex
	passed map[string]int
}

func (r *reaper) step(name string) {
	r.mu.Lock()
	r.passed[name]++
	n := r.passed[name]
	r.mu.Unlock()
	if name == r.Step && n == r.Nth {
		die(name)
	}
	if name == delivery.StepSlot && n == r.Calls {
		time.AfterFunc(r.Linger, func() { die("") })
	}
}

func die(step string) {
	fmt.Println(diedAt + step)
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {} // the signal is on its way
}

// late is how long the simulator works on after a client is gone, and more: a
// hang of 700 ms, and the longest of its latencies.
const late = 2 * time.Second

// What a child tells its parent, a line each.
const (
	diedAt     = "died at "
	mostMemory = "most anonymous memory in KiB: "
)

// command makes a child of the running test binary. What it says is in the
// buffers when Wait returns.
func (l life) command(ctx context.Context) (cmd *exec.Cmd, said, failed *bytes.Buffer, err error) {
	text, err := json.Marshal(l)
	if err != nil {
		return nil, nil, nil, err
	}
	said, failed = &bytes.Buffer{}, &bytes.Buffer{}
	cmd = exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	cmd.Stdout, cmd.Stderr = said, failed
	_, err = cmd.StdinPipe() // the child lives while this end is open
	return cmd, said, failed, err
}

// sender is all of billferry that delivers, put together as internal/app does.
type sender struct {
	life
	store   *store.Store
	engine  *delivery.Engine
	changed chan struct{}
	memory  int // most anonymous KiB seen
}

// fixed is a Resolver that knows one destination.
type fixed struct{ c *netsuite.Client }

func (f fixed) Destination(context.Context, integration.Integration) (delivery.Destination, error) {
	return f.c, nil
}

func (f fixed) System(string, string) (delivery.System, error) { return netsuite.Adapter{}, nil }

func openStore(dir string) (*store.Store, error) {
	sealer, err := seal.Open(dir, seal.Options{NoKeyring: true})
	if err != nil {
		return nil, err
	}
	return store.Open(filepath.Join(dir, "billferry.db"), store.Options{Sealer: sealer})
}

// live delivers Bills until all are settled, if it comes to that.
func live(text string) (err error) {
	var l life
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return err
	}
	if l.Bare {
		return l.bare(context.Background())
	}
	r := &reaper{life: l, passed: map[string]int{}}
	st, err := openStore(l.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	creds, err := st.Credentials(ctx, l.Integration)
	if err != nil {
		return err
	}
	if strings.HasSuffix(l.Step, "currencies") { // their ids are known from an earlier life
		if err := st.SetMeta(ctx, "currencies/"+sandbox.AccountID, []byte("{}")); err != nil {
			return err
		}
	}
	no, do := netsuite.Options{Step: r.step, Worked: creds.Verified}, delivery.Options{Ledger: st, Step: r.step}
	if !l.Calm {
		no.Timeout, no.Settle, no.Late, do.Backoff = 500*time.Millisecond, 20*time.Millisecond, late, 2*time.Millisecond
		do.Late = late
		no.Page = 7 // a document may begin on one page and end on the next
	}
	client, err := netsuite.New(netsuite.CredentialsOf(creds), no)
	if err != nil {
		return err
	}
	s := &sender{life: l, store: st, changed: make(chan struct{}, 1)}
	do.Resolver = fixed{client}
	do.OnRun = func(integration.Run) {
		select {
		case s.changed <- struct{}{}:
		default:
		}
	}
	s.engine = delivery.New(do)
	ended := make(chan error, 1)
	go func() { ended <- s.engine.Run(ctx) }()
	if err := s.feed(ctx, ended); err != nil {
		return err
	}
	stop()
	fmt.Printf("%s%d\n", mostMemory, s.memory)
	return <-ended
}
