package conformance

import (
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"sync/atomic"
)

func (s *suite) create() {
	id := s.make("invoice", newID(), "60.00", "12.50")
	if id == "" || id == "0" {
		s.Errorf("Location ends in %q, not in an internal id", id)
	}
}

func (s *suite) unique() {
	eid := newID()
	id := s.make("invoice", eid, "10.00")
	s.refused(s.call(http.MethodPost, records+"/invoice", s.body(eid, "10.00")), "already exists")
	if got := s.read("invoice", "eid:"+eid).value("id"); fmt.Sprint(got) != id {
		s.Errorf("the external id leads to %v, not to %s", got, id)
	}
}

func (s *suite) race() {
	eid := newID()
	var made, other atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			switch a := s.call(http.MethodPost, records+"/invoice", s.body(eid, "10.00")); a.status {
			case http.StatusNoContent:
				made.Add(1)
			case http.StatusBadRequest, http.StatusTooManyRequests, http.StatusInternalServerError:
				other.Add(1)
			default:
				s.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	wg.Wait()
	s.remove("invoice", fmt.Sprint(s.read("invoice", "eid:"+eid).value("id")))
	if made.Load() != 1 || other.Load() != 3 {
		s.Errorf("%d of 4 creates with one external id succeeded", made.Load())
	}
}

func (s *suite) sharedNamespace() {
	eid := newID()
	s.make("invoice", eid, "10.00")
	s.refused(s.call(http.MethodPost, records+"/creditMemo", s.body(eid, "10.00")), "already exists")
}

func (s *suite) absent() {
	a := s.call(http.MethodGet, records+"/invoice/eid:"+newID(), nil)
	if a.status == http.StatusNotFound {
		return
	}
	s.refused(a, "does not exist", "transaction type specified is incorrect")
}

func (s *suite) readBack() {
	eid := newID()
	a := s.read("invoice", s.make("invoice", eid, "60.00", "12.50"))
	for _, c := range []struct {
		want string
		keys []any
	}{
		{eid, []any{"externalId"}}, {s.CustomerID, []any{"entity", "id"}}, {s.CurrencyID, []any{"currency", "id"}}, {s.Date, []any{"tranDate"}},
		{"billferry conformance", []any{"memo"}}, {s.ItemID, []any{"item", "items", 0, "item", "id"}},
		{"conformance 12.50", []any{"item", "items", 1, "description"}},
		{"2", []any{"item", "totalResults"}},
	} {
		if got := fmt.Sprint(a.value(c.keys...)); got != c.want {
			s.Errorf("%v is %s, want %s", c.keys, got, c.want)
		}
	}
	s.number(a, "60", "item", "items", 0, "amount")
	if a.value("taxTotal") == nil || rational(a.value("taxTotal")).Sign() == 0 {
		s.number(a, "72.5", "total")
	}
	s.number(a, "0", "amountPaid")
}

// number compares by value: 60, 60.0 and 60.00 are one.
func (s *suite) number(a answer, want string, keys ...any) {
	s.Helper()
	if got := a.value(keys...); rational(got).Cmp(rational(want)) != 0 {
		s.Errorf("%v is %v, want %s", keys, got, want)
	}
}

func rational(v any) *big.Rat {
	r, ok := new(big.Rat).SetString(fmt.Sprint(v))
	if !ok {
		return big.NewRat(-1, 1)
	}
	return r
}

func (s *suite) merge() {
	id := s.make("invoice", newID(), "10.00")
	lines := func() string { return fmt.Sprint(s.read("invoice", id).value("item", "totalResults")) }
	patch := func(query string) {
		s.Helper()
		body := map[string]any{"item": map[string]any{"items": []any{s.line("7.00")}}}
		if a := s.call(http.MethodPatch, records+"/invoice/"+id+query, body); a.status != http.StatusNoContent {
			s.Fatalf("patch%s: %d %s", query, a.status, a.body)
		}
	}
	if patch(""); lines() != "2" {
		s.Errorf("a line without a key was not added: %s lines", lines())
	}
	if patch("?replace=item"); lines() != "1" {
		s.Errorf("replace=item left %s lines", lines())
	}
	s.number(s.read("invoice", id), "7", "item", "items", 0, "amount")
}

func (s *suite) fields() {
	body := s.body(newID(), "10.00")
	body["noSuchFieldOfBillferry"] = "x"
	s.refused(s.call(http.MethodPost, records+"/invoice", body, "X-NetSuite-PropertyNameValidation", "Error"), "nosuchfieldofbillferry",
		"invalid", "unknown")
	a := s.call(http.MethodPost, records+"/invoice", body)
	if a.status != http.StatusNoContent {
		s.Fatalf("by default an unknown field is ignored, but: %d %s", a.status, a.body)
	}
	s.remove("invoice", fmt.Sprint(s.read("invoice", "eid:"+body["externalId"].(string)).value("id")))
}

func (s *suite) badItem() {
	body := s.body(newID(), "10.00")
	body["item"].(map[string]any)["items"].([]map[string]any)[0]["item"] = map[string]string{"id": "999999999"}
	s.refused(s.call(http.MethodPost, records+"/invoice", body), "item")
}

func (s *suite) negative() {
	s.refused(s.call(http.MethodPost, records+"/invoice", s.body(newID(), "10.00", "-10.01")), "negative")
}

func (s *suite) creditMemo() {
	s.number(s.read("creditMemo", s.make("creditMemo", newID(), "25.00")), "25", "item", "items", 0, "amount")
}

func (s *suite) login() {
	a := s.callAs("not-a-token", http.MethodGet, records+"/metadata-catalog", nil)
	if a.status != http.StatusUnauthorized || a.value("o:errorDetails", 0, "o:errorCode") != "INVALID_LOGIN" {
		s.Errorf("%d %s", a.status, a.body)
	}
}

func (s *suite) metadata() {
	if a := s.call(http.MethodGet, records+"/metadata-catalog", nil); a.status != http.StatusOK {
		s.Errorf("%d %s", a.status, a.body)
	}
}
