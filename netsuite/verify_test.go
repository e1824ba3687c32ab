package netsuite

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"billferry/internal/destination"
	"billferry/internal/integration"
)

// steps collects what ended, in one line each.
func steps(all *[]destination.Step) func(destination.Step) {
	return func(s destination.Step) {
		if s.State != destination.Running {
			*all = append(*all, s)
		}
	}
}

func states(all []destination.Step) string {
	var out []string
	for _, s := range all {
		out = append(out, s.Name+" "+s.State)
	}
	return strings.Join(out, ", ")
}

// stepOf is the step of a name.
func stepOf(t *testing.T, all []destination.Step, name string) destination.Step {
	t.Helper()
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no step %s: %v", name, all)
	return destination.Step{}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var all []destination.Step
	if err := f.client().Verify(t.Context(), steps(&all)); err != nil || states(all) != "Access token passed, REST record service passed" {
		t.Fatal(states(all), err)
	}
	if err := f.client().Verify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	all = nil
	f.next("POST /auth", func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(400)
		_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"invalid_client"}`))
		return true
	})
	failure(t, f.client().Verify(t.Context(), steps(&all)), integration.ClassAuth, "token_invalid_client")
	if states(all) != "Access token failed, REST record service skipped" || all[0].Remedy == "" {
		t.Fatal(all)
	}
	all = nil
	f.refuse("GET /metadata", 401, "INVALID_LOGIN", "Invalid login attempt.")
	f.refuse("GET /metadata", 401, "INVALID_LOGIN", "Invalid login attempt.")
	failure(t, f.client().Verify(t.Context(), steps(&all)), integration.ClassAuth, "login_refused")
	if states(all) != "Access token passed, REST record service failed" || !strings.Contains(all[1].Remedy, "REST Web Services (Full)") {
		t.Fatal(all)
	}
	all = nil
	late := f.client(func(o *Options) { o.Now = func() time.Time { return time.Now().Add(-5 * time.Minute) } })
	if err := late.Verify(t.Context(), steps(&all)); err != nil || !strings.Contains(all[0].Detail, "behind NetSuite's: set it (NTP)") {
		t.Fatal(all, err)
	}
	all = nil
	f.refuse401()
	failure(t, f.client(func(o *Options) { o.Worked = true }).Verify(t.Context(), steps(&all)), integration.ClassAuth,
		"login_refused_under_load")
	if remedy := all[1].Remedy; !strings.Contains(remedy, "again in a minute") || !strings.Contains(remedy, "REST Web Services (Full)") {
		t.Fatal(all)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.queries["item"] = []string{`{"id":"199","itemid":"Services"}`}
	v := Form().Defaults()
	v.Set("netsuiteDefaultItemId", "199")
	v.Set("billferry.negativeBills", "CREDIT_MEMO")
	var all []destination.Step
	if err := f.client().Check(t.Context(), destination.Needs{Values: v}, steps(&all)); err != nil {
		t.Fatal(err)
	}
	for name, detail := range map[string]string{"Access token": "", "REST record service": "", "SuiteQL": "",
		"Currencies": "EUR, USD", "Customers": "",
		"Items": "199 Services", "Invoices": "", "Credit memos": ""} {
		if s := stepOf(t, all, name); s.State != destination.Passed || !strings.Contains(s.Detail, detail) {
			t.Errorf("%+v", s)
		}
	}
	// What this account does not tell is no fault of it.
	for _, s := range all {
		// the fake answers all queries of items alike
		if (s.State == destination.ToDo || s.State == destination.Failed) && s.Name != "Revenue dates" {
			t.Errorf("%+v", s)
		}
	}
}

// The trap: without SuiteAnalytics Workbook lists and queries fail, and all
// that is needed for sending works.
func TestCheckFindsTheSuiteAnalyticsTrap(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	for range 40 {
		f.refuse("POST /query", 400, "USER_ERROR", noPermission)
	}
	f.next("GET /currency/1", func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = w.Write([]byte(`{"id":"1","symbol":"USD"}`))
		return true
	})
	v := Form().Defaults()
	v.Set("netsuiteDefaultItemId", "199")
	var all []destination.Step
	if err := f.client().Check(t.Context(), destination.Needs{Values: v}, steps(&all)); err != nil {
		t.Fatal(err)
	}
	for name, state := range map[string]string{"SuiteQL": destination.Skipped, "Currencies": destination.Passed,
		"Customers": destination.Passed,
		"Items":     destination.Skipped, "Invoices": destination.Passed} {
		if s := stepOf(t, all, name); s.State != state {
			t.Errorf("%+v, want %s", s, state)
		}
	}
	if !strings.Contains(stepOf(t, all, "Items").Remedy, "can be sold") || !strings.Contains(stepOf(t, all, "SuiteQL").Remedy,
		"SuiteAnalytics Workbook (Edit)") ||
		!strings.Contains(stepOf(t, all, "Read-back").Detail, "2 calls a Bill instead of 1.02") {
		t.Error(all)
	}
}

func TestCheckNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	v := Form().Defaults()
	v.Set("netsuiteItemMapping", map[string]any{"USAGE": "77"})
	f.refuse("GET /customer", 400, "USER_ERROR", noPermission)
	f.refuse("GET /invoice", 403, "INSUFFICIENT_PERMISSION", "Permission Violation")
	var all []destination.Step
	if err := f.client().Check(t.Context(), destination.Needs{Values: v}, steps(&all)); err != nil {
		t.Fatal(err)
	}
	for name, remedy := range map[string]string{"Customers": "Customers (View)", "Items": "Netsuite Item Mapping, USAGE",
		"Invoices": "Invoice (Edit)"} {
		if s := stepOf(t, all, name); s.State != destination.ToDo || !strings.Contains(s.Remedy, remedy) {
			t.Errorf("%+v", s)
		}
	}
}
