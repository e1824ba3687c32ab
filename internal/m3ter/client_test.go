package m3ter_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/internal/m3ter"
)

const fast = 1_000_000 // requests a second: no pace in tests of other things

func TestATokenIsSharedAndRenewedEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(func(string, *http.Request) (int, any) { return 200, map[string]any{"data": []any{}} })
		c := client(a, fast)
		for _, step := range []struct {
			after  time.Duration
			tokens int
		}{{0, 1}, {4 * time.Hour, 1}, {54 * time.Minute, 1}, {2 * time.Minute, 2}} {
			time.Sleep(step.after)
			if _, _, err := c.Accounts(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			if a.tokens != step.tokens {
				t.Errorf("after %s more: %d tokens, want %d", step.after, a.tokens, step.tokens)
			}
		}
		if n := len(a.seen()); n != 4 {
			t.Errorf("%d requests; one was refused", n)
		}
	})
}

func TestA403MeansANewTokenOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(func(string, *http.Request) (int, any) { return 200, map[string]any{"data": []any{}} })
		c := client(a, fast)
		if _, _, err := c.Accounts(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		a.issued = map[string]time.Time{} // m3ter forgets its tokens
		if _, _, err := c.Accounts(t.Context(), ""); err != nil || a.tokens != 2 {
			t.Errorf("%d tokens: %v", a.tokens, err)
		}
		a.answer = func(string, *http.Request) (int, any) { return 403, map[string]string{"message": "Forbidden: bills"} }
		_, _, err := c.Accounts(t.Context(), "")
		var f *integration.Failure
		if !errors.As(err, &f) || f.Class != integration.ClassAuth || a.tokens != 3 || !strings.Contains(f.Message, "Forbidden: bills") ||
			f.Advice == "" {
			t.Errorf("%d tokens: %v", a.tokens, err)
		}
	})
}

func TestAtMostTenRequestsASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(func(string, *http.Request) (int, any) { return 200, map[string]any{"data": []any{}} })
		c := client(a, 0)
		done := make(chan error, 60)
		for range 60 {
			go func() {
				_, _, err := c.Accounts(t.Context(), "")
				done <- err
			}()
		}
		for range 60 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if a.tokens != 1 {
			t.Errorf("%d tokens", a.tokens)
		}
		for i := 10; i < len(a.times); i++ {
			if span := a.times[i].Sub(a.times[i-10]); span < 999*time.Millisecond {
				t.Fatalf("11 requests within %s", span)
			}
		}
	})
}

func TestAnswersOtherThan200(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		class  integration.Class
		words  string
		tries  int
	}{
		{429, `{"message":"Too many"}`, integration.ClassLoad, "Too many", 5},
		{500, `<html><body>oops</body></html>`, integration.ClassTransient, "a web page", 5},
		{502, ``, integration.ClassTransient, "502 Bad Gateway", 5},
		{400, `{"message":"bad token"}`, integration.ClassRefused, "bad token", 1},
		{404, `{"message":"no account"}`, integration.ClassData, "no account", 1},
		{413, `{"message":"too large"}`, integration.ClassRefused, "too large", 1},
		{302, `moved`, integration.ClassRefused, "302", 1},
	} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newAPI(func(string, *http.Request) (int, any) { return c.status, c.body })
				_, err := client(a, fast).Account(t.Context(), "acc")
				var f *integration.Failure
				if !errors.As(err, &f) || f.Class != c.class || !strings.Contains(f.Message, c.words) || f.Advice == "" {
					t.Errorf("got %v", err)
				}
				if got := len(a.seen()); got != c.tries {
					t.Errorf("asked %d times, want %d", got, c.tries)
				}
				if errors.Is(err, integration.ErrNotFound) != (c.status == 404) {
					t.Errorf("not found: %v", err)
				}
				if strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "token-1") {
					t.Errorf("a secret is shown: %v", err)
				}
			})
		})
	}
}

func TestRetryAfterOf429(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		a := newAPI(nil)
		a.head.Set("Retry-After", "7")
		a.answer = func(string, *http.Request) (int, any) {
			if n++; n == 1 {
				return 429, map[string]string{"message": "slow down"}
			}
			return 200, map[string]any{"id": "acc", "name": "Acme"}
		}
		start := time.Now()
		got, err := client(a, fast).Account(t.Context(), "acc")
		if took := time.Since(start); err != nil || got.Name != "Acme" || took < 7*time.Second || took > 8*time.Second {
			t.Errorf("%+v after %s: %v", got, took, err)
		}
	})
}

func TestAccountsCarryWhatAFilterNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(func(path string, r *http.Request) (int, any) {
			acme := `{"id":"acc","name":"Acme","code":"acme","emailAddress":"a@b.c","currency":"USD","address":{"country":"US",` +
				`"locality":"Austin"},"customFields":{"tier":"gold","limit":12345678901234567890.10}}`
			if path == "/accounts/acc" {
				return 200, acme
			}
			if q := r.URL.Query(); path == "/accounts/search" && (q.Get("searchQuery") != "name~ac$code~ac" || q.Get("operator") != "OR") {
				return 400, q
			}
			return 200, `{"data":[` + acme + `],"nextToken":null}`
		})
		c := client(a, fast)
		for range 2 {
			got, err := c.Account(t.Context(), "acc")
			want := "map[accountCode:acme accountName:Acme address.country:US address.locality:Austin currency:USD " +
				"customFields.limit:12345678901234567890.10 customFields.tier:gold id:acc]"
			if err != nil || fmt.Sprint(got.Fields) != want || got.Email != "a@b.c" {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if n := len(a.seen()); n != 1 {
			t.Errorf("an account read a moment ago was read again: %d requests", n)
		}
		time.Sleep(time.Hour)
		if _, err := c.Account(t.Context(), "acc"); err != nil || len(a.seen()) != 2 {
			t.Errorf("after an hour: %d requests, %v", len(a.seen()), err)
		}
		for _, query := range []string{"", "a$c"} {
			if got, err := c.SearchAccounts(t.Context(), query, 5); err != nil || len(got) != 1 || got[0].Code != "acme" {
				t.Errorf("search %q: %+v, %v", query, got, err)
			}
		}
	})
}

// The first accounts are as many as one asks for, whatever m3ter's pages hold.
func TestTheFirstAccountsComeInPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(func(_ string, r *http.Request) (int, any) {
			from, _ := strconv.Atoi(r.URL.Query().Get("nextToken"))
			size, _ := strconv.Atoi(r.URL.Query().Get("pageSize"))
			var data []any
			for i := from; i < min(from+size, 250); i++ {
				data = append(data, map[string]any{"id": strconv.Itoa(i)})
			}
			body := map[string]any{"data": data}
			if from+size < 250 {
				body["nextToken"] = strconv.Itoa(from + size)
			}
			return 200, body
		})
		c := client(a, fast)
		for limit, want := range map[int]int{5: 5, 100: 100, 230: 230, 250: 250, 1000: 250} {
			got, err := c.SearchAccounts(t.Context(), "", limit)
			if err != nil || len(got) != want || got[want-1].ID != strconv.Itoa(want-1) {
				t.Errorf("%d of 250 accounts: got %d, %v", limit, len(got), err)
			}
		}
	})
}

func TestVerifySaysWhichCheckFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAPI(func(path string, _ *http.Request) (int, any) {
			if path == "/bills" {
				return 403, map[string]string{"message": "no permission"}
			}
			return 200, map[string]any{"data": []any{}}
		})
		var got []string
		step := func(s m3ter.Step) { got = append(got, s.Name+" "+s.State) }
		err := client(a, fast).Verify(t.Context(), step)
		want := "access token running, access token passed, read accounts running, read accounts passed, read Bills running, read Bills failed"
		if err == nil || strings.Join(got, ", ") != want {
			t.Errorf("%v, %v", got, err)
		}
		wrong := source
		wrong.AccessKey = "nobody"
		err = m3ter.New(wrong, m3ter.Options{HTTP: &http.Client{Transport: a}}).Verify(t.Context(), nil)
		var f *integration.Failure
		if !errors.As(err, &f) || f.Cause != "source_credentials_refused" {
			t.Errorf("a wrong key gave %v", err)
		}
	})
}

func TestSecretsGoNowhereUnsafe(t *testing.T) {
	t.Parallel()
	for base, ok := range map[string]bool{
		"https://api.m3ter.com": true, "http://127.0.0.1:9000": true, "http://localhost:1": true, "http://[::1]:1": true,
		"http://api.m3ter.com": false, "ftp://x": false, "api.m3ter.com": false, "https://user@evil": false, "http://127.0.0.1.evil.test": false,
	} {
		a := newAPI(func(string, *http.Request) (int, any) { return 200, map[string]any{"data": []any{}} })
		s := source
		s.BaseURL = base
		_, _, err := m3ter.New(s, m3ter.Options{HTTP: &http.Client{Transport: a}, Rate: fast}).Accounts(t.Context(), "")
		if (err == nil) != ok || (!ok && len(a.times) > 0) {
			t.Errorf("%s: %v after %d requests", base, err, len(a.times))
		}
	}
}
