package mappings

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/uitest"
)

func seeded() (*servicetest.Fake, string) {
	f := servicetest.New()
	us := f.AddIntegration(integration.Integration{Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite",
		Enabled: true, Authorized: true})
	uk := f.AddIntegration(integration.Integration{Name: "NetSuite UK", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	f.AddCredentials(us.ID, integration.Credentials{Values: spec.Values{"externalCustomerId": "1234567"}, Verified: true})
	put := func(entity, id, table, ext, linked string) {
		_, err := f.PutMapping(context.Background(), integration.ExternalMapping{M3terEntity: entity, M3terID: id, ExternalSystem: "Netsuite",
			ExternalTable: table, ExternalID: ext, IntegrationID: linked})
		if err != nil {
			panic(err)
		}
	}
	put(account, "acct-acme", "Customer", "7", us.ID)
	put("Product", "prod-api", "Item", "12", "")
	put(account, "acct-uk", "Customer", "70", uk.ID)
	f.SetAccounts(
		integration.Account{ID: "acct-acme", Name: "Acme", Code: "acme"},
		integration.Account{ID: "acct-globex", Name: "Globex, Inc.", Code: "globex", Email: "pay@globex.example"},
		integration.Account{ID: "acct-initech", Name: "Initech Europe", Code: "initech_eu"},
		integration.Account{ID: "acct-nobody", Name: "Umbrella", Code: "umb"})
	f.SetCustomers(integration.Named{ID: "21", Name: "Globex"}, integration.Named{ID: "22", Name: "Initech"},
		integration.Named{ID: "23", Name: "Initech Europe GmbH (old)"})
	for range 3 {
		f.AddRun(integration.Run{IntegrationID: us.ID, AccountID: "acct-nobody", AccountCode: "umb", Status: integration.Errored,
			Cause: causeMissing})
	}
	return f, us.ID
}

func start(t testing.TB, w, h int, accountID string) (*uitest.Driver, *servicetest.Fake) {
	f, id := seeded()
	return uitest.Start(t, New(uitest.Env(f), id, accountID), w, h), f
}

func bubble(t *testing.T, test func(t *testing.T)) { t.Parallel(); synctest.Test(t, test) }

func find(t *testing.T, f *servicetest.Fake, m3terID string) integration.ExternalMapping {
	t.Helper()
	all, err := f.Mappings(t.Context(), service.MappingFilter{Text: m3terID})
	if err != nil || len(all) != 1 {
		t.Fatalf("mappings of %s: %+v, %v", m3terID, all, err)
	}
	return all[0]
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, size := range uitest.Sizes {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			bubble(t, func(t *testing.T) { d, _ := start(t, size[0], size[1], ""); d.Golden() })
		})
	}
	for name, key := range map[string]string{"create": "n", "unmapped": "U", "delete": "d", "import": "I"} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) { d, _ := start(t, 80, 22, ""); d.Press(key); d.Golden() })
		})
	}
}

func TestShowsWhatTakesEffect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _ := start(t, 100, 20, "")
		d.Shows("acct-acme", "prod-api", "NetSuite US", "2 mappings")
		d.Hides("acct-uk")
		d.Press("/")
		d.Type("prod")
		d.Press("enter")
		d.Shows("prod-api")
		d.Hides("acct-acme")
		d.Press("esc")
		d.Shows("acct-acme")
	})
}

func TestMapOneAccount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 24, "acct-nobody")
		d.Shows("Create external mapping", "acct-nobody")
		d.Press("ctrl+s")
		d.Shows("External entity ID is required")
		d.Type("21")
		d.Press("ctrl+s")
		if len(d.Dialogs) != 0 || !strings.HasPrefix(d.Toast(), "mapping saved") {
			t.Fatalf("%d dialogs, toast %q", len(d.Dialogs), d.Toast())
		}
		if m := find(t, f, "acct-nobody"); m.ExternalID != "21" || m.M3terEntity != account || m.ExternalTable != "Customer" ||
			m.IntegrationID == "" {
			t.Errorf("saved %+v", m)
		}
		d.Shows("acct-nobody")
	})
}

func TestEditConflictAndLeave(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 24, "")
		d.Press("enter")
		d.Shows("Edit external mapping")
		other := find(t, f, "acct-acme")
		other.ExternalID = "8"
		if _, err := f.PutMapping(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		d.Press("ctrl+s")
		if !strings.Contains(d.Toast(), "open the mapping again") {
			t.Errorf("toast %q", d.Toast())
		}
		d.Press("tab", "right", "esc")
		if len(d.Dialogs) != 2 {
			t.Fatalf("esc on a changed form left %d dialogs: it has to ask", len(d.Dialogs))
		}
		d.Press("y")
		if len(d.Dialogs) != 0 {
			t.Errorf("%d dialogs are still open", len(d.Dialogs))
		}
	})
}

func TestDeleteAsks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 24, "")
		d.Press("d", "enter")
		find(t, f, "acct-acme")
		d.Press("d", "y")
		if f.Calls("DeleteMapping") != 1 || d.Toast() != "mapping deleted" {
			t.Errorf("%d calls, toast %q", f.Calls("DeleteMapping"), d.Toast())
		}
		d.Hides("acct-acme")
	})
}

func TestUnmapped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 120, 20, "")
		d.Press("U")
		d.Shows("▸ Umbrella", "= Globex #21", "~ similar: Initech", "none found")
		d.Hides("Acme")
		d.Press("A")
		d.Shows("Map the accounts with an exact suggestion?", "1 of 3 accounts")
		d.Press("y")
		if m := find(t, f, "acct-globex"); m.ExternalID != "21" {
			t.Errorf("mapped to %+v", m)
		}
		d.Hides("Globex")
		d.Press("down", "a")
		if m := find(t, f, "acct-initech"); m.ExternalID == "" {
			t.Errorf("mapped to %+v", m)
		}
		d.Press("enter")
		d.Shows("Create external mapping", "acct-nobody")
	})
}

// Every run that waits is counted, also beyond one page; where m3ter has more
// accounts than are listed the screen says so; and NetSuite is asked for the
// first accounts and those in view, not for thousands that nobody looks at.
func TestManyUnmapped(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f, id := seeded()
		accounts := make([]integration.Account, accountLimit+1)
		for i := range accounts {
			accounts[i] = integration.Account{ID: fmt.Sprintf("many-%d", i), Name: fmt.Sprintf("Company %d", i)}
		}
		f.SetAccounts(accounts...)
		for i := range 2 * waitingPage {
			f.AddRun(integration.Run{IntegrationID: id, AccountID: fmt.Sprint("unlisted-", i%2), Status: integration.Errored, Cause: causeMissing})
		}
		d := uitest.Start(t, New(uitest.Env(f), id, ""), 120, 20)
		d.Press("U")
		d.Shows("5,003, of m3ter's accounts only the first 5,000", "1,000", "unlisted-0", "▸ unlisted-1", "acct-nobody")
		u := d.Screen.(*Screen).unmapped
		if asked := len(u.asked); asked != suggestAhead {
			t.Errorf("NetSuite was asked for %d accounts", asked)
		}
		if n := u.unasked(); n != len(u.Shown)-suggestAhead {
			t.Errorf("%d accounts are said to wait for a suggestion", n)
		}
		d.Press("end")
		if asked := len(u.asked); asked != suggestAhead+u.Rows.Height() {
			t.Errorf("with other accounts in view NetSuite was asked for %d", asked)
		}
	})
}

func TestUnmappedWithoutConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20, "")
		before := f.Calls("Customers")
		f.Fail("Customers", errors.New("not connected"))
		d.Press("U")
		d.Shows("no suggestions: not connected", "Umbrella")
		if n := f.Calls("Customers") - before; n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

func TestImport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 24, "")
		path := filepath.Join(t.TempDir(), "in.csv")
		text := "m3terEntity,m3terId,externalSystem,externalTable,externalId\nAccount,a-1,Netsuite,Customer,31\n" +
			"Account,,Netsuite,Customer,32\nProduct,prod-api,Netsuite,Item,13\n"
		for i := range 2 * batch {
			text += fmt.Sprintf("Account,many-%d,Netsuite,Customer,%d\n", i, 100+i)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		d.Press("I")
		d.Type(strings.TrimSuffix(path, "n.csv"))
		d.Press("tab", "ctrl+s")
		d.Shows("1,001 new, 1 to change, 0 unchanged, 1 refused", "Nothing is changed yet", "line 3  m3terId is empty")
		if m := find(t, f, "prod-api"); m.ExternalID == "13" {
			t.Error("the preview wrote something")
		}
		d.Press("ctrl+s")
		d.Shows("1,001 created, 1 changed, 0 unchanged, 1 refused", "line 3  m3terId is empty")
		if m := find(t, f, "prod-api"); m.ExternalID != "13" || m.Version != 2 {
			t.Errorf("prod-api is %+v", m)
		}
		d.Press("enter", "I")
		d.Type(path)
		d.Press("enter")
		d.Shows("0 new, 0 to change, 1,002 unchanged", "There is nothing to import")
	})
}

func TestImportFaults(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _ := start(t, 100, 24, "")
		d.Press("I")
		d.Type("/no/such/file.csv")
		d.Press("enter")
		if !strings.Contains(d.Toast(), "no such file") {
			t.Errorf("toast %q", d.Toast())
		}
	})
}

func TestExport(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, _ := start(t, 100, 24, "")
		path := filepath.Join(t.TempDir(), "out.csv")
		d.Do(d.Update(fileMsg{d.Screen.(*Screen), toExport, path}))
		b, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(b), "Account,acct-acme,Netsuite,Customer,7,") || strings.Contains(string(b), "acct-uk") {
			t.Errorf("%s, %v", b, err)
		}
		d.Do(d.Update(fileMsg{d.Screen.(*Screen), toExport, path}))
		if !strings.Contains(d.Toast(), "exists") {
			t.Errorf("a file was written over; toast %q", d.Toast())
		}
	})
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	named := func(names ...string) (out []integration.Named) {
		for i, n := range names {
			out = append(out, integration.Named{ID: fmt.Sprint(i), Name: n})
		}
		return out
	}
	acme := integration.Account{Name: "Acme Ltd.", Code: "acme-1", Email: "ap@acme.example"}
	for _, c := range []struct {
		names []string
		id    string
		want  strength
	}{
		{nil, "", noMatch},
		{[]string{"Globex"}, "", noMatch},
		{[]string{"Acme Holdings", "ACME"}, "1", exact},
		{[]string{"Acme Holdings"}, "0", similar},
		{[]string{"Acme", "ACME Inc"}, "0", similar}, // two of the same name: a person decides
		{[]string{"acme 1"}, "0", exact},
		{[]string{"", "A"}, "", noMatch},
	} {
		if got, st := best(acme, named(c.names...)); got.ID != c.id || st != c.want {
			t.Errorf("%q: %v with strength %d, want %s with %d", c.names, got, st, c.id, c.want)
		}
	}
}

func TestKeysAreTheirHelp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		uitest.CheckKeys(t, func() *uitest.Driver { d, _ := start(t, 100, 20, ""); return d })
		uitest.CheckKeys(t, func() *uitest.Driver { d, _ := start(t, 100, 20, ""); d.Press("U"); return d }, "a")
	})
}

func TestNeverLargerThanTheTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w, h := rapid.IntRange(60, 200).Draw(r, "width"), rapid.IntRange(13, 60).Draw(r, "height")
		key := rapid.SampledFrom([]string{"down", "n", "U", "d", "I", "/"}).Draw(r, "key")
		synctest.Test(t, func(t *testing.T) {
			d, _ := start(t, w, h, "")
			d.Press(key)
			fresh := d.View()
			d.Resize(60, 13)
			d.View()
			if d.Resize(w, h); d.View() != fresh {
				t.Errorf("%d x %d after %s: shrunk and grown back it differs", w, h, key)
			}
		})
	})
}

// The list names what its mappings lead from and to, in the order of the names,
// and finds them by these.
func TestMappingsHaveNames(t *testing.T) {
	bubble(t, func(t *testing.T) {
		f := servicetest.New()
		f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", Enabled: true, Authorized: true})
		f.AddCredentials("us", integration.Credentials{Verified: true})
		f.SetAccounts(integration.Account{ID: "a-9", Name: "Acme"}, integration.Account{ID: "a-1", Name: "Zenith"})
		f.SetCustomers(integration.Named{ID: "601", Name: "Acme Corporation"})
		f.SetEntities(map[string]string{"p-1": "Data API"})
		for _, m := range []integration.ExternalMapping{
			{M3terEntity: "Product", M3terID: "p-1", ExternalSystem: "Netsuite", ExternalTable: "Item", ExternalID: "12"},
			{M3terEntity: "Account", M3terID: "a-1", ExternalSystem: "Netsuite", ExternalTable: "Customer", ExternalID: "602"},
			{M3terEntity: "Account", M3terID: "a-9", ExternalSystem: "Netsuite", ExternalTable: "Customer", ExternalID: "601"},
		} {
			if _, err := f.PutMapping(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		d := uitest.Start(t, New(uitest.Env(f), "us", ""), 120, 20)
		d.Shows("Acme     a-9 ", "Acme Corporation  601", "Zenith   a-1", "Data API p-1")
		f.SetCustomers(integration.Named{ID: "601", Name: "Acme Corporation of Greater London and the Home Counties"})
		narrow := uitest.Start(t, New(uitest.Env(f), "us", ""), 80, 20)
		narrow.Shows("…  601 ")
		var order []string
		for _, m := range d.Screen.(*Screen).Shown {
			order = append(order, m.M3terID)
		}
		if !slices.Equal(order, []string{"a-9", "a-1", "p-1"}) {
			t.Errorf("in the order %v", order)
		}
		d.Press("/")
		d.Type("corporation")
		d.Shows("a-9", "1 of 3")
	})
}

// An id of NetSuite is a number: letters are said to be none where they are typed.
func TestLettersAreNoInternalID(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 24, "")
		puts := f.Calls("PutMapping")
		d.Press("n")
		d.Type("acme")
		d.Press("tab", "tab")
		d.Type("a-7")
		d.Press("ctrl+s")
		d.Shows(`"acme" is not a NetSuite internal id`)
		if f.Calls("PutMapping") > puts {
			t.Error("it was saved")
		}
	})
}
