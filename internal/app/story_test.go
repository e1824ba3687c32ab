package app

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/seed"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// world is an App on a folder of its own beside simulators.
type world struct {
	app          *App
	sb           *sandbox.Sandbox
	dir          string
	destinations destination.Registry // nil: those there are
	guard        time.Duration
	database     string // "": a file
}

func newWorld(t *testing.T, o sandbox.Options) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	w.start(t, o)
	return w
}

func (w *world) start(t *testing.T, o sandbox.Options) {
	t.Helper()
	sb, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	w.sb = sb
	w.open(t)
}

func (w *world) open(t *testing.T) {
	t.Helper()
	a, err := Open(Config{DataDir: w.dir, NoKeyring: true, PollEvery: -1, Version: "test", Destinations: w.destinations,
		Guard: w.guard, Database: w.database})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.app = a
	t.Cleanup(func() {
		if w.app == a {
			w.close(t)
		}
	})
}

func (w *world) close(t *testing.T) {
	t.Helper()
	if err := w.app.Close(); err != nil {
		t.Error(err)
	}
	w.app = nil
}

func (w *world) create(t *testing.T, name string, values spec.Values) integration.Integration {
	t.Helper()
	in, err := w.app.Create(t.Context(), service.NewIntegration{EntityType: "bill", Destination: "NETSUITE", Name: name, ConfigData: values})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// delivered is a world in which all Bills went out by one integration.
func delivered(t *testing.T) (*world, integration.Integration) {
	t.Helper()
	w := newWorld(t, sandbox.Options{Clean: true})
	in := w.create(t, "NetSuite US", defaultItem)
	w.connect(t, in)
	w.submitAll(t, in.ID)
	return w, in
}

func (w *world) connect(t *testing.T, in integration.Integration) {
	t.Helper()
	c, err := w.sb.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	var passed []string
	_, err = w.app.Connect(t.Context(), service.Connect{IntegrationID: in.ID, Values: c.Values(), Secrets: c.Secrets()}, func(s service.Step) {
		if s.State == "passed" {
			passed = append(passed, s.Name)
		}
	})
	if err != nil || len(passed) < 2 {
		t.Fatalf("connect: %v, passed %v", err, passed)
	}
}

// submitAll hands all seed Bills over and waits until their runs are settled.
func (w *world) submitAll(t *testing.T, id string) {
	t.Helper()
	for _, b := range w.sb.World().Bills {
		if _, err := w.app.Submit(t.Context(), id, b.Append(nil, true, true), "file"); err != nil {
			t.Fatal(err)
		}
	}
	w.settled(t, id)
}

func (w *world) settled(t *testing.T, id string) {
	t.Helper()
	open := integration.RunFilter{IntegrationID: id, Statuses: []integration.Status{
		integration.Waiting, integration.Started, integration.AwaitingRetry, integration.RateLimitRetry}}
	w.until(t, func(ctx context.Context) (wrong any) {
		p, err := w.app.Runs(ctx, open, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Runs) > 0 {
			return p.Runs[0]
		}
		return nil
	})
}

// until waits for changes until wrong tells of nothing.
func (w *world) until(t *testing.T, wrong func(context.Context) any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ch, err := w.app.Changes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for {
		still := wrong(ctx)
		if still == nil {
			return
		}
		select {
		case <-ch:
		case <-ctx.Done():
			t.Fatalf("still open: %+v", still)
		}
	}
}

var defaultItem = spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault}

// The main job on the seed Bills: 37 arrive, three say why not, every cent is
// accounted for, and sending again changes nothing.
func TestMainJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "NetSuite US", defaultItem)
	if in.Destination != "Netsuite" || in.Version != 1 || in.Authorized {
		t.Fatalf("%+v", in)
	}
	w.connect(t, in)
	w.submitAll(t, in.ID)

	tot, err := w.app.Totals(t.Context(), in.ID)
	if err != nil {
		t.Fatal(err)
	}
	if tot.ByStatus[integration.Complete] != 37 || tot.ByStatus[integration.PeriodClosed] != 1 || tot.ByStatus[integration.Errored] != 2 {
		t.Fatalf("by status: %v", tot.ByStatus)
	}
	done, err := w.app.Runs(t.Context(), integration.RunFilter{Statuses: []integration.Status{integration.Complete}}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range done.Runs {
		if !r.AmountIncluded.Add(r.AmountExcluded).Add(r.Rounding).Equal(r.AmountIn) {
			t.Errorf("%s: %s + %s + %s is not %s", r.BillRef, r.AmountIncluded, r.AmountExcluded, r.Rounding, r.AmountIn)
		}
		if r.Outcome != integration.Created || r.ExternalID == "" || r.URL == "" || !r.AmountOut.Equal(r.AmountIncluded) {
			t.Errorf("%s: outcome %s, id %q, sent %s, out %s", r.BillRef, r.Outcome, r.ExternalID, r.AmountIncluded, r.AmountOut)
		}
	}
	stats := w.sb.Stats()
	if n := len(stats.CreatesByExternalID); n != 37 || stats.DuplicateCreates != 0 {
		t.Fatalf("NetSuite holds %d documents, refused %d duplicates", n, stats.DuplicateCreates)
	}

	w.submitAll(t, in.ID)
	if again := w.sb.Stats(); len(again.CreatesByExternalID) != 37 {
		t.Fatalf("sending again made %d documents", len(again.CreatesByExternalID))
	}
}

// What was saved is there after a restart, and the key opens.
func TestRestartKeepsEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "NetSuite US", defaultItem)
	w.connect(t, in)
	if _, err := w.app.SaveDraft(t.Context(), integration.Draft{Title: "half", Stage: 2, Data: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	w.close(t)
	w.open(t)
	d, err := w.app.Integration(t.Context(), in.ID)
	if err != nil || !d.Authorized || d.Credentials == nil || d.Credentials.Secrets != nil {
		t.Fatalf("%v %+v", err, d)
	}
	if drafts, err := w.app.Drafts(t.Context()); err != nil || len(drafts) != 1 {
		t.Fatal(err, drafts)
	}
	w.submitAll(t, in.ID)
	if n := len(w.sb.Stats().CreatesByExternalID); n != 37 {
		t.Fatalf("%d documents after a restart", n)
	}
}

// A missing customer is found, mapped, and what waited for it is delivered.
func TestMappingFreesWhatWaited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	values := spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "useExternalMappingAccountCode": true}
	in := w.create(t, "mapped", values)
	w.connect(t, in)
	b := w.sb.World().Bills[5] // the first one lies in a closed period
	runs, err := w.app.Submit(t.Context(), in.ID, b.Append(nil, true, true), "file")
	if err != nil || len(runs) != 1 {
		t.Fatal(err, runs)
	}
	w.settled(t, in.ID)
	r, err := w.app.Run(t.Context(), runs[0].ID)
	if err != nil || r.Status != integration.Errored || r.Cause != "account_mapping_missing" || r.Advice == "" {
		t.Fatalf("%v %+v", err, r.Run)
	}
	accounts := w.sb.World().Accounts
	account := accounts[slices.IndexFunc(accounts, func(a seed.Account) bool { return a.ID == r.AccountID })]
	customers, err := w.app.Customers(t.Context(), in.ID, account.Name, 5)
	if err != nil || len(customers) == 0 {
		t.Fatal(err, customers)
	}
	_, err = w.app.PutMapping(t.Context(), integration.ExternalMapping{
		M3terEntity: "Account", M3terID: r.AccountID, ExternalSystem: "Netsuite", ExternalTable: "Customer", ExternalID: customers[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	w.settled(t, in.ID)
	p, err := w.app.Runs(t.Context(), integration.RunFilter{IntegrationID: in.ID, Statuses: []integration.Status{integration.Complete}}, "",
		10)
	if err != nil || len(p.Runs) != 1 {
		t.Fatalf("%v %+v", err, p.Runs)
	}
}

// Mending a setting frees what it had stopped: without a default item nothing
// maps, the integration is disabled, and after both are put right all arrives.
func TestMendedSettingFreesWhatItStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "no default item", spec.Values{})
	w.connect(t, in)
	w.submitAll(t, in.ID)
	var d service.Detail
	w.until(t, func(ctx context.Context) (enabled any) { // the runs on disk are counted a moment later
		var err error
		if d, err = w.app.Integration(ctx, in.ID); err != nil {
			t.Fatal(err)
		}
		if d.Enabled || d.DisabledWhy == "" {
			return d.Integration // though 25 errors in a row must disable it
		}
		return nil
	})
	d.ConfigData.Set("netsuiteDefaultItemId", sandbox.ItemDefault)
	if _, err := w.app.Update(t.Context(), d.Integration); err != nil {
		t.Fatal(err)
	}
	if _, err := w.app.SetEnabled(t.Context(), in.ID, true); err != nil {
		t.Fatal(err)
	}
	w.settled(t, in.ID)
	_, err := w.app.Retry(t.Context(),
		service.RetryRequest{Filter: &integration.RunFilter{Statuses: []integration.Status{integration.Disabled}}})
	if err != nil {
		t.Fatal(err)
	}
	w.settled(t, in.ID)
	if n := len(w.sb.Stats().CreatesByExternalID); n != 37 {
		t.Fatalf("%d documents", n)
	}
}

// The second process attaches; when the owner is gone it takes over.
func TestSecondProcessAttaches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "NetSuite US", defaultItem)
	_, err := Open(Config{DataDir: w.dir, NoKeyring: true})
	locked := asLocked(t, err)
	s, err := Attach(t.Context(), w.dir, locked, Catalog())
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Integrations(t.Context())
	if err != nil || len(all) != 1 || all[0].ID != in.ID {
		t.Fatal(err, all)
	}
	c, err := w.sb.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Connect(t.Context(), service.Connect{
		IntegrationID: in.ID,
		Values: spec.Values{"externalCustomerId": c.AccountID, "clientId": "wrong", "keyId": c.KeyID, "restUrl": c.RESTURL,
			"tokenUrl": c.TokenURL},
		Secrets: map[string]secret.Value{"privateKey": c.PrivateKey},
	}, nil)
	var f *integration.Failure
	if !errors.As(err, &f) || f.Class != integration.ClassAuth || f.Advice == "" {
		t.Fatalf("a refusal must survive the socket: %v", err)
	}
	if _, err = s.InspectKey(t.Context(), secret.New("nonsense")); err == nil {
		t.Fatal("nonsense passed for a key")
	}
}
