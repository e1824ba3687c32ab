package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/seed"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// m3ter's mappings come a page a commit: what a commit for each of them and a
// look through all for each of them took was minutes at a few thousand.
func TestAPullIsOneCommitAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{M3terRateLimit: -1})
	if err := w.app.ConnectSource(t.Context(), w.sb.Source(), nil); err != nil {
		t.Fatal(err)
	}
	const many = 1000
	for i := range many {
		w.sb.M3ter().PutMapping(seed.Mapping{ID: fmt.Sprint("m", i), Entity: "Account", M3terID: fmt.Sprint("acc", i), Table: "Customer",
			ExternalID: fmt.Sprint(1000 + i)})
	}
	local := customerMapping("acc7", "777")
	local.M3terName = "kept"
	if _, err := w.app.store.PutMapping(t.Context(), local); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	n, err := w.app.PullMappings(t.Context())
	if err != nil || n < many {
		t.Fatalf("%d pulled, %v", n, err)
	}
	took := time.Since(began)
	trail, err := w.app.AuditTrail(t.Context(), 10*many)
	if err != nil {
		t.Fatal(err)
	}
	commits := 0
	for _, e := range trail {
		if strings.HasSuffix(e.What, "mappings") || strings.HasSuffix(e.What, "mapping") {
			commits++
		}
	}
	t.Logf("%d mappings in %s and %d commits", n, took.Round(time.Millisecond), commits)
	if commits > (n+99)/100+1 {
		t.Errorf("%d mappings took %d commits", n, commits)
	}
	all, err := w.app.Mappings(t.Context(), service.MappingFilter{Text: "acc7"})
	i := slices.IndexFunc(all, func(m integration.ExternalMapping) bool { return m.M3terID == "acc7" })
	if err != nil || i < 0 || all[i].ExternalID != "1007" || all[i].M3terName != "kept" || all[i].Version != 2 {
		t.Errorf("one that was here: %+v, %v", all, err)
	}
	if again, err := w.app.PullMappings(t.Context()); err != nil || again != 0 {
		t.Errorf("again: %d, %v", again, err)
	}
}

// An unlinked mapping by external id is for every account, and each has an
// internal id of its own for it: it stays as it was given, and each account is
// asked as Bills are sent. Linked to one integration it is resolved at once.
func TestAMappingForTwoAccountsIsResolvedByEach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	other, err := sandbox.Start(t.Context(), sandbox.Options{Seed: 99})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	set := spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "useExternalMappingAccountCode": true}
	first, second := w.create(t, "US", set), w.create(t, "EU", set)
	w.connect(t, first)
	ref := "ext:" + w.sb.World().Accounts[0].ID
	if got, err := w.app.PutMapping(t.Context(), customerMapping("a1", ref)); err != nil || got.ExternalID != ref || got.ExternalName == "" {
		t.Errorf("the second integration is not connected yet: %+v, %v", got, err)
	}
	keys, err := other.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	keys.AccountID = "TSTDRV7654321"
	if _, err := w.app.Connect(t.Context(), service.Connect{IntegrationID: second.ID, Values: keys.Values(), Secrets: keys.Secrets()},
		nil); err != nil {
		t.Fatal(err)
	}
	if got, err := w.app.PutMapping(t.Context(), customerMapping("a2", ref)); err != nil || got.ExternalID != ref || got.ExternalName == "" {
		t.Errorf("for two accounts: %+v, %v", got, err)
	}
	linked := customerMapping("a3", ref)
	linked.IntegrationID = first.ID
	if got, err := w.app.PutMapping(t.Context(), linked); err != nil || got.ExternalID != "601" {
		t.Errorf("linked to one: %+v, %v", got, err)
	}
	account, bill := unmappedBill(1)
	if _, err := w.app.PutMapping(t.Context(), customerMapping(account, ref)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in   integration.Integration
		want integration.Status
	}{{first, integration.Complete}, {second, integration.Errored}} {
		id := w.submit(t, c.in, bill)
		w.settled(t, c.in.ID)
		if r, err := w.app.Run(t.Context(), id); err != nil || r.Status != c.want {
			t.Errorf("%s: %s (%s: %s), %v", c.in.Name, r.Status, r.Cause, r.Error, err)
		}
	}
}
