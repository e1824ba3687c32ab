package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/service"
)

var parkedRuns = flag.Int("app.parked", 3000, "runs that the tests of re-queuing park")

const requeueKillEnv = "BILLFERRY_TEST_REQUEUE_KILL"

// parked makes a data folder with an integration and runs that stand still, for
// their settings or, with cause account_mapping_missing, a mapping that is not there.
func parked(t *testing.T, dir, cause string, status integration.Status) integration.Integration {
	t.Helper()
	a := idleApp(t, dir)
	in := (&world{app: a}).create(t, "NetSuite US", defaultItem)
	news := make([]delivery.NewRun, *parkedRuns)
	for i := range news {
		news[i].Bill = []byte(`{}`)
		news[i].Run = integration.Run{
			IntegrationID: in.ID, EntityType: "Bill", EntityID: fmt.Sprint("b", i), BillVersion: 1, Destination: in.Destination,
			AccountID: "acc-1", Currency: "USD", Status: status, Cause: cause, Error: "it is not there",
		}
	}
	if _, err := a.store.AddRuns(t.Context(), news); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return in
}

// runningApp has no connection: what waits, waits.
func runningApp(t *testing.T, dir string) *App {
	t.Helper()
	a, err := Open(Config{DataDir: dir, NoKeyring: true, PollEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// allAre waits until every run has a status and no note is left.
func allAre(t *testing.T, a *App, status integration.Status) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	changes, err := a.Changes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for {
		left, _ := a.engine.Requeueing()
		tot, err := a.Totals(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		notes, err := a.store.MetaUnder(t.Context(), "requeue/")
		deleted, err2 := a.store.MetaUnder(t.Context(), "deleted/")
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if tot.ByStatus[status] == *parkedRuns && len(notes)+len(deleted) == 0 && left == 0 {
			return
		}
		select {
		case <-changes:
		case <-time.After(50 * time.Millisecond): // the note goes after the last change
		}
		if ctx.Err() != nil {
			t.Fatalf("by status %v, %d to be looked at", tot.ByStatus, left)
		}
	}
}

// audited counts the entries of the trail that say what.
func audited(t *testing.T, a *App, what string) (n int) {
	t.Helper()
	trail, err := a.store.AuditTrail(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range trail {
		if e.What == what {
			n++
		}
	}
	return n
}

// What moves many runs, from and to which status, and what the audit trail says of it.
var freeing = map[string]struct {
	cause, audit string
	from, to     integration.Status
	do           func(context.Context, *App, integration.Integration) error
}{
	"deleting": {"", "delete integration", integration.Waiting, integration.Disabled,
		func(ctx context.Context, a *App, in integration.Integration) error {
			_, err := a.Delete(ctx, in.ID)
			return err
		}},
	"an import": {"account_mapping_missing", "import mappings", integration.Errored, integration.Waiting,
		func(ctx context.Context, a *App, _ integration.Integration) error {
			done, err := a.ImportMappings(ctx, service.MappingImport{
				Mappings: []integration.ExternalMapping{customerOf("acc-0"), customerOf("acc-1")}})
			if err == nil && done.Added != 2 {
				err = fmt.Errorf("imported %+v", done)
			}
			return err
		}},
	"settings": {"item_missing", "change integration to version 2", integration.Errored, integration.Waiting,
		func(ctx context.Context, a *App, in integration.Integration) error {
			_, err := a.Update(ctx, in)
			return err
		}},
	"enabling": {"item_missing", "enable integration", integration.Errored, integration.Waiting,
		func(ctx context.Context, a *App, in integration.Integration) error {
			if _, err := a.store.SetEnabled(context.Background(), in.ID, false, "25 errors in a row"); err != nil {
				return err
			}
			_, err := a.SetEnabled(ctx, in.ID, true)
			return err
		}},
	"a mapping": {"account_mapping_missing", "set mapping", integration.Errored, integration.Waiting,
		func(ctx context.Context, a *App, _ integration.Integration) error {
			_, err := a.PutMapping(ctx, customerOf("acc-1"))
			return err
		}},
}

func customerOf(account string) integration.ExternalMapping {
	return integration.ExternalMapping{
		M3terEntity: "Account", M3terID: account, ExternalSystem: "Netsuite", ExternalTable: "Customer", ExternalID: "7",
	}
}

// A change that frees many runs is whole although its caller has left: it is
// stored, stands in the audit trail, and reaches every run in the end.
func TestBulkRequeueOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	for name, c := range freeing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			in := parked(t, dir, c.cause, c.from)
			a := runningApp(t, dir)
			if err := a.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			a.store.OnChange(func(kind, _ string) {
				if kind == "run" {
					leave() // the first has been re-queued
				}
			})
			began := time.Now()
			if err := c.do(ctx, a, in); err != nil && ctx.Err() == nil { // what is read after the change may fail
				t.Errorf("the change: %v", err)
			}
			told := time.Since(began)
			if n := audited(t, a, c.audit); n != 1 {
				t.Errorf("%d entries of the audit trail say %q", n, c.audit)
			}
			allAre(t, a, c.to)
			t.Logf("%d runs: the caller had its answer after %v, all waited after %v", *parkedRuns, told, time.Since(began))
		})
	}
}

// freeUntilKilled makes a change and kills this process half way through.
func freeUntilKilled(t *testing.T, dir, name string) {
	a := idleApp(t, dir)
	ins, err := a.store.Integrations(t.Context())
	if err != nil || len(ins) != 1 {
		t.Fatal(ins, err)
	}
	seen := make(chan struct{}, *parkedRuns)
	a.store.OnChange(func(kind, _ string) {
		if kind != "run" {
			return
		}
		if seen <- struct{}{}; len(seen) == *parkedRuns/2 {
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill()
			}
		}
	})
	t.Fatalf("it was not killed: %v", freeing[name].do(t.Context(), a, ins[0]))
}

// A process that is killed half way through leaves a note: the next one
// does the rest.
func TestBulkRequeueOutlivesAKill(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(requeueKillEnv); dir != "" {
		freeUntilKilled(t, dir, os.Getenv(requeueKillEnv+"_BY"))
	}
	for name, c := range freeing {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			parked(t, dir, c.cause, c.from)
			cmd := exec.Command(os.Args[0], "-test.run=^TestBulkRequeueOutlivesAKill$", fmt.Sprint("-app.parked=", *parkedRuns))
			cmd.Env = append(os.Environ(), requeueKillEnv+"="+dir, requeueKillEnv+"_BY="+name)
			if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.Exited() {
				t.Fatalf("the child was not killed: %v\n%s", err, out)
			}
			a := runningApp(t, dir)
			tot, err := a.Totals(t.Context(), "")
			if err != nil || tot.ByStatus[c.from] == 0 || tot.ByStatus[c.to] == 0 {
				t.Errorf("it was not killed half way: by status %v, %v", tot.ByStatus, err)
			}
			if n := audited(t, a, c.audit); n != 1 {
				t.Errorf("%d entries of the audit trail say %q", n, c.audit)
			}
			if err := a.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			allAre(t, a, c.to)
			if rep, err := a.store.Check(t.Context(), false, nil); err != nil || rep.Found != 0 {
				t.Errorf("check: %+v, %v", rep, err)
			}
		})
	}
}

// A file of many calls goes through the runs that wait once: with its last call,
// or, when its caller left before that, once no other has come for a while.
func TestAnImportOfManyCallsRequeuesOnce(t *testing.T) {
	t.Parallel()
	for name, leaves := range map[string]bool{"to its end": false, "the caller leaves": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			parked(t, dir, "account_mapping_missing", integration.Errored)
			a := runningApp(t, dir)
			if err := a.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			call := func(more bool, accounts ...string) {
				t.Helper()
				q := service.MappingImport{Source: "a.csv", More: more}
				for _, id := range accounts {
					q.Mappings = append(q.Mappings, customerOf(id))
				}
				if _, err := a.ImportMappings(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
			call(true, "acc-0", "acc-1")
			call(true, "acc-2")
			tot, err := a.Totals(t.Context(), "")
			if err != nil || tot.ByStatus[integration.Errored] != *parkedRuns {
				t.Errorf("before the last call: by status %v, %v", tot.ByStatus, err)
			}
			if notes, err := a.store.MetaUnder(t.Context(), "requeue/"); err != nil || len(notes) != 2 {
				t.Errorf("%d notes, %v", len(notes), err)
			}
			if a.requeues.pause = time.Nanosecond; leaves {
				a.requeueLater() // as the pause of the call before would end
			} else {
				call(false, "acc-0") // nothing new
			}
			allAre(t, a, integration.Waiting)
		})
	}
}
