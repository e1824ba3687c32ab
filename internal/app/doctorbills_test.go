package app

import (
	"fmt"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// line is what the doctor says of one line.
func (w *world) line(t *testing.T, in integration.Integration, name string) service.Step {
	t.Helper()
	var out service.Step
	if err := w.app.Test(t.Context(), in.ID, func(s service.Step) {
		if s.Name == name {
			out = s
		}
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// set changes one setting.
func (w *world) set(t *testing.T, in integration.Integration, key string, v any) {
	t.Helper()
	now, err := w.app.Integration(t.Context(), in.ID)
	if err != nil {
		t.Fatal(err)
	}
	now.ConfigData.Set(key, v)
	if _, err := w.app.Update(t.Context(), now.Integration); err != nil {
		t.Fatal(err)
	}
}

// What Bills and documents tell: documents that something else made for the same
// customers from Send From on, and prepayments without an item of their own.
func TestTheDoctorLooksAtBillsAndDocuments(t *testing.T) {
	t.Parallel()
	w, in := delivered(t)
	docs := w.reconcile(t, in, month()).Rows
	w.set(t, in, "billferry.sendFrom", month()+"-01")
	if s := w.line(t, in, "Other software"); s.State != "passed" || !strings.Contains(s.Detail, "no other software made documents") {
		t.Errorf("%+v", s)
	}
	w.byHand(t, "copies", fmt.Sprintf(`{"transaction":%q}`, docs[0].Doc))
	w.byHand(t, "copies", fmt.Sprintf(`{"transaction":%q,"externalId":"other-1"}`, docs[1].Doc))
	if s := w.line(t, in, "Other software"); s.State != "todo" || !strings.Contains(s.Detail, "2 documents that billferry did not make: ") ||
		!strings.Contains(s.Remedy, "Send From") {
		t.Errorf("%+v", s)
	}
	w.set(t, in, "billferry.sendFrom", "2040-01-01") // what was there before the cut-over is as it should be
	if s := w.line(t, in, "Other software"); s.State != "passed" {
		t.Errorf("%+v", s)
	}

	w.set(t, in, "billferry.sendFrom", "")
	for _, x := range []struct {
		values      spec.Values
		state, says string
	}{
		{spec.Values{}, "todo", "have them on the default item"},
		{spec.Values{"netsuiteItemMapping": map[string]any{"COMMITMENT_FEE": "101", "COMMITMENT_CONSUMED": "101", "BALANCE_FEE": "101",
			"BALANCE_CONSUMED": "101", "USAGE": "101"}}, "todo", "land on item 101, which takes usage as well"},
		{spec.Values{"netsuiteItemMapping": map[string]any{"COMMITMENT_FEE": "102", "COMMITMENT_CONSUMED": "102", "BALANCE_FEE": "102",
			"BALANCE_CONSUMED": "102"}, "billferry": map[string]any{"prepaymentItems": "TYPE_FIRST"}}, "passed", "have items of their own"},
	} {
		for k, v := range x.values {
			w.set(t, in, k, v)
		}
		if s := w.line(t, in, "Prepayments"); s.State != x.state || !strings.Contains(s.Detail, x.says) {
			t.Errorf("%v: %+v", x.values, s)
		}
	}
}
