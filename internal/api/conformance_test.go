package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
)

// rig is one service under test and the fake that stands behind it.
type rig struct {
	fake *servicetest.Fake
	svc  service.Service
}

// TestConformance runs one suite on the fake itself and through Client, a real
// unix socket and Server: nobody may be able to tell which.
func TestConformance(t *testing.T) {
	t.Parallel()
	makers := map[string]func(*testing.T) rig{
		"direct": func(*testing.T) rig { f := servicetest.New(); return rig{f, f} },
		"attached": func(t *testing.T) rig {
			f := servicetest.New()
			return rig{f, attach(t, f)}
		},
	}
	suite := map[string]func(*testing.T, rig){
		"info and catalog": testInfo, "integrations": testIntegrations, "errors": testErrors, "drafts": testDrafts,
		"saved filters": testSavedFilters,
		"connect":       testConnect, "keys": testKeys, "source": testSource, "pickers and preview": testPickers,
		"runs": testRuns, "acts by hand": testActs, "filters": testFilters, "events": testEvents, "mappings": testMappings,
		"changes": testChanges, "cancel": testCancel,
	}
	for how, mk := range makers {
		for name, test := range suite {
			t.Run(how+"/"+name, func(t *testing.T) {
				t.Parallel()
				test(t, mk(t))
			})
		}
	}
}

// attach serves svc on a unix socket and returns a client of it.
func attach(t *testing.T, svc service.Service, o ...api.Options) *api.Client {
	t.Helper()
	path := socketPath(t)
	serve(t, svc, path, append(o, api.Options{})[0])
	c := api.Dial(path, svc.Catalog())
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// socketPath is short: t.TempDir() with the name of a test in it may not fit.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s.sock")
}

// serve runs a server on a socket until stop or the end of the test.
func serve(t *testing.T, svc service.Service, path string, o api.Options) (stop func()) {
	t.Helper()
	ln, err := api.ListenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- api.NewServer(svc, o).Serve(ctx, ln) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// same compares as JSON: what a screen or a script can see.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(g) != string(w) {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func ok[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func testInfo(t *testing.T, r rig) {
	r.fake.SetInfo(service.Info{Organisation: "acme", DataDir: "/d", PID: 7,
		Demo: &service.DemoInfo{Connect: map[string]string{"privateKey": "k.pem"}}})
	i := ok(r.svc.Info(t.Context()))(t)
	if i.Organisation != "acme" || i.PID != 7 || i.Demo == nil || i.Demo.Connect["privateKey"] != "k.pem" {
		t.Errorf("info %+v", i)
	}
	f, found := r.svc.Catalog().Form("bill", "NETSUITE")
	if !found || f.Cross == nil {
		t.Error("the catalog lost its form or its checks")
	}
}

func testIntegrations(t *testing.T, r rig) {
	ctx := t.Context()
	d := ok(r.svc.SaveDraft(ctx, integration.Draft{Title: "NetSuite US", Stage: 3, Data: []byte(`{"a":1}`)}))(t)
	in := ok(r.svc.Create(ctx, service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: "NetSuite US", DraftID: d.ID,
		ConfigData: spec.Values{"netsuiteDefaultItemId": "199", "unknownKey": map[string]any{"kept": true}}}))(t)
	if left := ok(r.svc.Drafts(ctx))(t); len(left) != 0 {
		t.Errorf("Create left the draft: %v", left)
	}
	r.fake.AddRun(integration.Run{IntegrationID: in.ID, Status: integration.Errored, AmountIn: decimal.MustParse("10.10"), Currency: "USD"})
	detail := ok(r.svc.Integration(ctx, in.ID))(t)
	if detail.ConfigData.Get("unknownKey.kept") != true || len(detail.LastRuns) != 1 || detail.Totals.Money["USD"].In.String() != "10.10" {
		t.Errorf("detail %+v", detail)
	}
	if list := ok(r.svc.Integrations(ctx))(t); len(list) != 1 || list[0].LastRun == nil || list[0].NeedsYou != 1 {
		t.Errorf("list %+v", list)
	}
	in.Name = "NetSuite UK"
	up := ok(r.svc.Update(ctx, in))(t)
	if up.Name != "NetSuite UK" || up.Version != in.Version+1 {
		t.Errorf("updated %+v", up)
	}
	if off := ok(r.svc.SetEnabled(ctx, in.ID, false))(t); off.Enabled || off.DisabledWhy == "" {
		t.Errorf("disabled %+v", off)
	}
	same(t, "deleted", ok(r.svc.Delete(ctx, in.ID))(t).ID, in.ID)
	if _, err := r.svc.Integration(ctx, in.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("after Delete: %v", err)
	}
}

func testErrors(t *testing.T, r rig) {
	ctx := t.Context()
	in := r.fake.AddIntegration(integration.Integration{Name: "One"})
	var problems spec.Problems
	_, err := r.svc.Create(ctx, service.NewIntegration{EntityType: "Bill", Destination: "Netsuite",
		ConfigData: spec.Values{"netsuiteDefaultItemId": "x"}})
	if !errors.As(err, &problems) || len(problems) != 2 || problems[1].Key != "netsuiteDefaultItemId" || problems[1].Label == "" {
		t.Errorf("problems did not come through: %v", err)
	}
	if _, err = r.svc.Create(ctx, service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: "one"}); !errors.Is(err,
		integration.ErrExists) {
		t.Errorf("exists: %v", err)
	}
	in.Version = 99
	_, direct := r.fake.Update(ctx, in)
	_, err = r.svc.Update(ctx, in)
	if !errors.Is(err, integration.ErrConflict) || err.Error() != direct.Error() {
		t.Errorf("conflict %v, want the words %v", err, direct)
	}
	for _, id := range []string{"", ".", "..", "a/b", "a b?c#d", "%2e", "ü"} {
		if _, err := r.svc.Run(ctx, id); !errors.Is(err, integration.ErrNotFound) {
			t.Errorf("Run(%q): %v", id, err)
		}
	}
	want := &integration.Failure{Class: integration.ClassLoad, Cause: "busy", Message: "too busy", Advice: "wait", Unknown: true,
		After: 3 * time.Second}
	r.fake.Fail("Totals", want)
	var got *integration.Failure
	if _, err := r.svc.Totals(ctx, ""); !errors.As(err, &got) || *got != *want {
		t.Errorf("failure %+v, %v", got, err)
	}
	r.fake.Fail("Totals", errors.New("disk full"))
	if _, err := r.svc.Totals(ctx, ""); err == nil || err.Error() != "disk full" {
		t.Errorf("plain error: %v", err)
	}
}

func testSavedFilters(t *testing.T, r rig) {
	ctx := t.Context()
	f := ok(r.svc.SaveFilter(ctx, service.SavedFilter{List: service.FilterRuns, Name: " Late payers ", Line: "cause:credit_hold"}))(t)
	if f.ID == "" || f.Name != "Late payers" {
		t.Errorf("saved %+v", f)
	}
	g := ok(r.svc.SaveFilter(ctx, service.SavedFilter{List: service.FilterRuns, Name: "Acme", Line: "acct:acme"}))(t)
	g.Name = "LATE PAYERS"
	if _, err := r.svc.SaveFilter(ctx, g); !errors.Is(err, integration.ErrExists) {
		t.Errorf("another's name: %v", err)
	}
	g.Name = "Zeta"
	ok(r.svc.SaveFilter(ctx, g))(t)
	if all := ok(r.svc.SavedFilters(ctx))(t); len(all) != 2 || all[0].Name != "Late payers" || all[1] != g {
		t.Errorf("filters %+v", all)
	}
	for _, bad := range []service.SavedFilter{
		{List: "nothing", Name: "a", Line: "b"}, {List: service.FilterRuns, Line: "b"}, {List: service.FilterRuns, Name: "a"},
		{List: service.FilterRuns, Name: "a", Line: "status:nonsense"}, {List: "events", Name: "a\nb", Line: "x"},
	} {
		var p spec.Problems
		if _, err := r.svc.SaveFilter(ctx, bad); !errors.As(err, &p) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := r.svc.DeleteFilter(ctx, f.ID); err != nil {
		t.Error(err)
	}
	if err := r.svc.DeleteFilter(ctx, f.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
}

func testDrafts(t *testing.T, r rig) {
	ctx := t.Context()
	d := ok(r.svc.SaveDraft(ctx, integration.Draft{Title: "a", Stage: 2, Data: []byte{0, 255, '"'}}))(t)
	d.Stage = 3
	d = ok(r.svc.SaveDraft(ctx, d))(t)
	if all := ok(r.svc.Drafts(ctx))(t); len(all) != 1 || all[0].Stage != 3 || string(all[0].Data) != "\x00\xff\"" {
		t.Errorf("drafts %+v", all)
	}
	if err := r.svc.DeleteDraft(ctx, d.ID); err != nil {
		t.Error(err)
	}
	if err := r.svc.DeleteDraft(ctx, d.ID); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
}

func testKeys(t *testing.T, r rig) {
	ctx := t.Context()
	dir := t.TempDir()
	files := ok(r.svc.GenerateKey(ctx, dir, "ES256", 365))(t)
	pem, err := os.ReadFile(files.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "key", ok(r.svc.InspectKey(ctx, secret.New(string(pem))))(t), files.Info)
	_, direct := r.fake.InspectKey(ctx, secret.New("junk"))
	if _, err := r.svc.InspectKey(ctx, secret.New("junk")); err == nil || err.Error() != direct.Error() {
		t.Errorf("junk: %v", err)
	}
}

func testConnect(t *testing.T, r rig) {
	ctx := t.Context()
	in := r.fake.AddIntegration(integration.Integration{Name: "One"})
	pem := readFile(t, ok(r.fake.GenerateKey(ctx, t.TempDir(), "ES256", 1))(t).KeyFile)
	n := service.Connect{
		IntegrationID: in.ID,
		Values:        spec.Values{"externalCustomerId": "1234567_SB1", "clientId": "c", "keyId": "k", "restUrl": "http://x"},
		Secrets:       map[string]secret.Value{"privateKey": secret.New(pem)},
	}
	var steps []service.Step
	step := func(s service.Step) { steps = append(steps, s) }

	r.fake.Fail("Connect", &integration.Failure{Class: integration.ClassAuth, Cause: "invalid_client", Message: "refused",
		Advice: "check the certificate"})
	var f *integration.Failure
	if _, err := r.svc.Connect(ctx, n, step); !errors.As(err, &f) || f.Advice == "" {
		t.Errorf("refused: %v", err)
	}
	if last := steps[len(steps)-1]; last.State != "failed" {
		t.Errorf("steps %+v", steps)
	}
	r.fake.Fail("Connect", nil)
	steps = nil
	c := ok(r.svc.Connect(ctx, n, step))(t)
	if !c.Verified || c.Fingerprint == "" || c.Values.Text("restUrl") != "http://x" || len(steps) != 6 {
		t.Errorf("credentials %+v, steps %+v", c, steps)
	}
	if err := r.svc.Test(ctx, in.ID, nil); err != nil {
		t.Error(err)
	}
	n.IntegrationID = "nobody"
	if _, err := r.svc.Connect(ctx, n, nil); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func testSource(t *testing.T, r rig) {
	ctx := t.Context()
	steps := 0
	src := integration.Source{OrgID: "org-1", AccessKey: "ak", APISecret: secret.New("s"), BaseURL: "http://m"}
	if err := r.svc.ConnectSource(ctx, src, func(service.Step) { steps++ }); err != nil || steps != 1 {
		t.Errorf("%v after %d steps", err, steps)
	}
	same(t, "source fields", ok(r.svc.SourceFields(ctx))(t), []string{"product.customFields.region"})
	if s := ok(r.svc.SourceStatus(ctx))(t); !s.Connected || s.OrgID != "org-1" || s.AccessKey != "ak" {
		t.Errorf("status %+v", s)
	}
}

func testPickers(t *testing.T, r rig) {
	ctx := t.Context()
	in := r.fake.AddIntegration(integration.Integration{Name: "One"})
	r.fake.SetAccounts(integration.Account{ID: "a1", Name: "Acme & Söhne"}, integration.Account{ID: "a2", Name: "Globex"})
	r.fake.SetItems(integration.Named{ID: "199", Name: "Services"})
	r.fake.SetCustomers(integration.Named{ID: "7", Name: "Acme"})
	if a := ok(r.svc.Accounts(ctx, "& sö", 10))(t); len(a) != 1 || a[0].ID != "a1" {
		t.Errorf("accounts %+v", a)
	}
	var f *integration.Failure
	if _, err := r.svc.Items(ctx, in.ID, "", 10); !errors.As(err, &f) || f.Class != integration.ClassAuth {
		t.Errorf("items before connect: %v", err)
	}
	r.fake.AddCredentials(in.ID, integration.Credentials{Verified: true})
	same(t, "items", ok(r.svc.Items(ctx, in.ID, "serv", 10))(t), []integration.Named{{ID: "199", Name: "Services"}})
	same(t, "customers", ok(r.svc.Customers(ctx, in.ID, "", 10))(t), []integration.Named{{ID: "7", Name: "Acme"}})
	field := integration.Field{Key: "line.class", Label: "Class", Type: "REFERENCE", Writable: true}
	r.fake.SetFields(field)
	r.fake.SetOptions("line.class", integration.Named{ID: "12", Name: "EMEA"}, integration.Named{ID: "13", Name: "US"})
	same(t, "fields", ok(r.svc.Fields(ctx, in.ID))(t), []integration.Field{field})
	same(t, "values", ok(r.svc.FieldOptions(ctx, in.ID, "line.class", "eme", 10))(t), []integration.Named{{ID: "12", Name: "EMEA"}})
	p := service.PreviewRequest{EntityType: "Bill", Destination: "Netsuite", ConfigData: spec.Values{"netsuiteDefaultItemId": "199"},
		Bill: []byte("{}")}
	direct := ok(r.fake.Preview(ctx, p))(t)
	same(t, "preview", ok(r.svc.Preview(ctx, p))(t), direct)
}

func testChanges(t *testing.T, r rig) {
	ctx, cancel := context.WithCancel(t.Context())
	ch := ok(r.svc.Changes(ctx))(t)
	r.fake.Notify("run", "r1")
	if c := <-ch; c != (service.Change{Kind: "run", ID: "r1"}) {
		t.Errorf("change %+v", c)
	}
	cancel()
	for range ch { // it closes, or the test's time is up
	}
}

func testCancel(t *testing.T, r rig) {
	release := r.fake.Hold("Totals")
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { _, err := r.svc.Totals(ctx, ""); done <- err }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	return string(ok(os.ReadFile(name))(t))
}
