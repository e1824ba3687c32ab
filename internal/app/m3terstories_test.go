package app

import (
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/spec"
)

// bothLookAlikes is an app that polls m3ter's simulator when it is told to,
// and has nothing to do yet.
func bothLookAlikes(t *testing.T) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	var err error
	if w.sb, err = sandbox.Start(t.Context(), sandbox.Options{Bills: 1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.sb.Close)
	if w.app, err = Open(Config{DataDir: w.dir, NoKeyring: true, PollEvery: -1, History: -1}); err == nil {
		err = w.app.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.close(t) })
	if err := w.app.ConnectSource(t.Context(), w.sb.Source(), nil); err != nil {
		t.Fatal(err)
	}
	return w
}

// accounts are those that NetSuite has customers of, in USD.
func (w *world) accounts() (ids []string) {
	for _, a := range w.sb.World().Accounts {
		if a.Currency == "USD" && a.Code != "wayfarer" {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// made says what NetSuite's simulator has to have seen: creates of a Bill's
// invoice, and updates in all.
func (w *world) made(t *testing.T, bill string, creates, updates int) {
	t.Helper()
	if s := w.sb.Stats(); s.CreatesByExternalID["m3b-"+bill] != creates || int(s.Updates) != updates || s.DuplicateCreates != 0 {
		t.Errorf("NetSuite saw %d creates of %s and %d updates, want %d and %d", s.CreatesByExternalID["m3b-"+bill], bill,
			s.Updates, creates, updates)
	}
}

// putBill makes a pending Bill over 5 USD in m3ter, unmapped-I, with further
// changes to its text, which come in pairs.
func (w *world) putBill(t *testing.T, i int, account string, changes ...string) {
	t.Helper()
	unknown, raw := unmappedBill(i)
	edit := strings.NewReplacer(append([]string{unknown, account, `"APPROVED"`, `"PENDING"`}, changes...)...)
	if err := w.sb.M3ter().PutBill([]byte(edit.Replace(string(raw)))); err != nil {
		t.Fatal(err)
	}
}

// poll asks m3ter once, and waits until what came of it is settled.
func (w *world) poll(t *testing.T) {
	t.Helper()
	w.app.pollOnce(t.Context())
	w.settled(t, "")
}

// newest is the newest run of a Bill in an integration, and how many it has.
func (w *world) newest(t *testing.T, in integration.Integration, bill string) (r integration.Run, n int) {
	t.Helper()
	p, err := w.app.Runs(t.Context(), integration.RunFilter{IntegrationID: in.ID, BillID: bill}, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Runs) > 0 {
		r = p.Runs[0]
	}
	return r, len(p.Runs)
}

// wants says what the runs of a Bill in an integration have to be.
func (w *world) wants(t *testing.T, when string, in integration.Integration, bill string, runs int, o integration.Outcome) {
	t.Helper()
	if r, n := w.newest(t, in, bill); n != runs || r.Outcome != o {
		t.Errorf("%s, %s in %s: %d runs, the newest %s/%s (%s); want %d, %s", when, bill, in.Name, n, r.Status, r.Outcome, r.Error, runs, o)
	}
}

func with(v spec.Values, key string, x any) spec.Values {
	v = v.Clone()
	v.Set(key, x)
	return v
}

// A Bill that somebody made by hand is sent like any other; locking one makes
// no run, since nothing of what it says has changed.
func TestAdHocAndLockedBillsOverBothLookAlikes(t *testing.T) {
	t.Parallel()
	w := bothLookAlikes(t)
	in := w.create(t, "all", defaultItem)
	w.connect(t, in)
	account := w.accounts()[0]
	const adHoc, locked = `"version":1,"billingFrequency":"AD_HOC"`, `"version":1,"billingFrequency":"AD_HOC","locked":true`
	w.putBill(t, 1, account, `"version":1`, adHoc)
	w.poll(t)
	w.wants(t, "made by hand", in, "unmapped-1", 1, integration.Created)
	w.putBill(t, 1, account, `"version":1`, locked)
	w.poll(t)
	w.wants(t, "locked", in, "unmapped-1", 1, integration.Created)
	if err := w.sb.M3ter().Recalculate("unmapped-1", decimal.MustParse("1")); err == nil {
		t.Error("the simulator recalculates a locked Bill")
	}
	w.made(t, "unmapped-1", 1, 0)
}

// Two integrations with disjoint accounts: a Bill goes where its account
// belongs, and one of neither goes nowhere.
func TestDisjointAccountsOverBothLookAlikes(t *testing.T) {
	t.Parallel()
	w := bothLookAlikes(t)
	accounts := w.accounts()
	east := w.create(t, "east", with(defaultItem, "accountIds", []any{accounts[0]}))
	west := w.create(t, "west", with(defaultItem, "accountIds", []any{accounts[1]}))
	w.connect(t, east)
	w.connect(t, west)
	for i := range 3 {
		w.putBill(t, i, accounts[i])
	}
	w.poll(t)
	w.wants(t, "polled", east, "unmapped-0", 1, integration.Created)
	w.wants(t, "polled", west, "unmapped-0", 0, "")
	w.wants(t, "polled", west, "unmapped-1", 1, integration.Created)
	w.wants(t, "polled", east, "unmapped-1", 0, "")
	w.wants(t, "polled", east, "unmapped-2", 0, "")
	w.wants(t, "polled", west, "unmapped-2", 0, "")
	w.made(t, "unmapped-0", 1, 0)
	w.made(t, "unmapped-1", 1, 0)
	w.made(t, "unmapped-2", 0, 0)
}

// Versions that come while an integration is not connected wait, and only the
// newest is sent.
func TestTheNewestVersionIsSentOverBothLookAlikes(t *testing.T) {
	t.Parallel()
	w := bothLookAlikes(t)
	in := w.create(t, "late", defaultItem)
	w.putBill(t, 1, w.accounts()[0])
	w.app.pollOnce(t.Context())
	if err := w.sb.M3ter().Recalculate("unmapped-1", decimal.MustParse("2.5")); err != nil {
		t.Fatal(err)
	}
	w.app.pollOnce(t.Context())
	w.connect(t, in)
	w.settled(t, "")
	w.wants(t, "connected", in, "unmapped-1", 2, integration.Created)
	if r, _ := w.newest(t, in, "unmapped-1"); r.AmountOut.Trim() != "7.5" || r.BillVersion != 2 {
		t.Errorf("version %d over %s was sent", r.BillVersion, r.AmountOut)
	}
	w.made(t, "unmapped-1", 1, 0)
}
