package m3ter_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
)

func TestTwentyThousandBillsFiftyChanged(t *testing.T) {
	t.Parallel()
	list := &bills{}
	a := newAPI(list.answer)
	p, s := newPoller(t, a, fast)
	for i := range 20_000 {
		id := fmt.Sprintf("bill-%05d", i)
		list.all = append(list.all, map[string]any{"id": id, "version": 1})
		s.have[id] = 1
	}
	for i := 0; i < 20_000; i += 400 {
		list.all[i]["version"] = 2
	}
	pass, err := p.Poll(t.Context())
	if err != nil || pass.Seen != 20_000 || pass.Fetched != 50 || pass.Runs != 50 {
		t.Fatalf("%+v, %v", pass, err)
	}
	if n := len(a.times); n > 251 { // the token is one
		t.Errorf("%d requests", n)
	}
	if pass, err = p.Poll(t.Context()); err != nil || pass.Fetched != 0 {
		t.Errorf("nothing changed, and %+v, %v", pass, err)
	}
	if len(s.have) != 20_000 || s.have["bill-00400"] != 2 {
		t.Error("a changed Bill was not taken")
	}
}

func TestBillsThatChangeWhileTheyArePaged(t *testing.T) {
	t.Parallel()
	list := &bills{}
	for i := range 350 {
		list.put(fmt.Sprintf("bill-%03d", i), 1)
	}
	n := 0
	list.list = func() { // before each page a Bill comes in front and another one changes
		n++
		list.put(fmt.Sprintf("new-%d", n), 1)
		list.put(fmt.Sprintf("bill-%03d", n), n+1)
	}
	a := newAPI(list.answer)
	p, s := newPoller(t, a, fast)
	if _, err := p.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	list.list = nil
	if _, err := p.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, b := range list.all {
		if id := b["id"].(string); s.have[id] != int64(b["version"].(int)) {
			t.Errorf("%s: have version %d of %v", id, s.have[id], b["version"])
		}
	}
}

func TestAStoppedPassGoesOnWhereItStood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		list := &bills{}
		for i := range 500 {
			list.put(fmt.Sprintf("bill-%03d", i), 1)
		}
		down := false
		pages := 0
		a := newAPI(func(path string, r *http.Request) (int, any) {
			if path == "/bills" {
				pages++
			}
			if down || (path == "/bills" && pages == 4) {
				down = true
				return 503, ""
			}
			return list.answer(path, r)
		})
		p, s := newPoller(t, a, fast)
		pass, err := p.Poll(t.Context())
		if err == nil || pass.Seen != 300 {
			t.Fatalf("%+v, %v", pass, err)
		}
		down, pages = false, 100
		if pass, err = p.Poll(t.Context()); err != nil || pass.Seen != 200 || len(s.have) != 500 {
			t.Errorf("%+v, %v; have %d", pass, err, len(s.have))
		}
		// A token that m3ter does not know any more begins a new pass.
		down = true
		_, _ = p.Poll(t.Context())
		time.Sleep(2 * time.Hour)
		down = false
		if pass, err = p.Poll(t.Context()); err != nil || pass.Seen != 500 {
			t.Errorf("after two hours: %+v, %v", pass, err)
		}
	})
}

func TestARefusedPageTokenIsDropped(t *testing.T) {
	t.Parallel()
	list := &bills{}
	for i := range 150 {
		list.put(fmt.Sprintf("bill-%03d", i), 1)
	}
	refuse := true
	a := newAPI(func(path string, r *http.Request) (int, any) {
		if refuse && r.URL.Query().Get("nextToken") != "" {
			return 400, map[string]string{"message": "invalid nextToken"}
		}
		return list.answer(path, r)
	})
	p, s := newPoller(t, a, fast)
	if _, err := p.Poll(t.Context()); err == nil {
		t.Fatal("a refused token is no error")
	}
	refuse = false
	if pass, err := p.Poll(t.Context()); err != nil || pass.Seen != 150 || len(s.have) != 150 {
		t.Errorf("%+v, %v", pass, err)
	}
}

func TestOneBadBillDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	list := &bills{}
	for i := range 5 {
		list.put(fmt.Sprintf("bill-%d", i), 1)
	}
	a := newAPI(func(path string, r *http.Request) (int, any) {
		if strings.HasSuffix(path, "bill-3") {
			return 404, map[string]string{"message": "deleted meanwhile"}
		}
		return list.answer(path, r)
	})
	p, s := newPoller(t, a, fast)
	s.fail = func(id string) error {
		if id == "bill-1" {
			return errors.New("it cannot be read")
		}
		return nil
	}
	pass, err := p.Poll(t.Context())
	if err != nil || pass.Failed != 1 || len(s.have) != 3 {
		t.Errorf("%+v, %v; have %v", pass, err, s.have)
	}
}

func TestThePollerKeepsGoing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		list := &bills{}
		list.put("bill-1", 1)
		broken := true
		a := newAPI(func(path string, r *http.Request) (int, any) {
			if broken {
				return 500, ""
			}
			return list.answer(path, r)
		})
		p, s := newPoller(t, a, 0)
		if _, err := p.Poll(t.Context()); err == nil || len(s.have) != 0 {
			t.Errorf("a broken m3ter passed: %v, have %v", err, s.have)
		}
		broken = false
		if pass, err := p.Poll(t.Context()); err != nil || pass.Failed != 0 || s.have["bill-1"] != 1 {
			t.Errorf("%+v, %v, have %v", pass, err, s.have)
		}
	})
}

func TestExternalMappingsPage(t *testing.T) {
	t.Parallel()
	a := newAPI(func(_ string, r *http.Request) (int, any) {
		m := integration.ExternalMapping{ID: "m1", M3terEntity: "Account", M3terID: "acc", ExternalSystem: "Netsuite",
			ExternalTable: "Customer", ExternalID: "7"}
		if r.URL.Query().Get("nextToken") == "" {
			return 200, map[string]any{"data": []any{m}, "nextToken": "2"}
		}
		return 200, map[string]any{"data": []any{}, "nextToken": "3"}
	})
	c := client(a, fast)
	ms, next, err := c.ExternalMappings(t.Context(), "")
	if err != nil || len(ms) != 1 || ms[0].ExternalID != "7" || next != "2" {
		t.Fatalf("%+v, %q, %v", ms, next, err)
	}
	if ms, next, err = c.ExternalMappings(t.Context(), next); err != nil || len(ms) != 0 || next != "" {
		t.Errorf("the last page gave %+v, %q, %v", ms, next, err)
	}
}
