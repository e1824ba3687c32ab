package netsuite

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox/fault"
	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/suitetalk"
)

// refuse401 makes the next call meet two refusals: of its token and of the
// fresh one.
func (f *fake) refuse401() {
	for range 2 {
		f.refuse("GET /metadata-catalog", 401, "INVALID_LOGIN", "Invalid login attempt. For more details, see the Login Audit Trail")
	}
}

// A login that never worked is wrong when a fresh token is refused at once.
func TestALoginThatNeverWorkedIsWrong(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.client()
	f.refuse401()
	failure(t, f.get(c), integration.ClassAuth, "login_refused")
	if n := f.count("GET /metadata-catalog"); n != 2 || f.issued != 2 {
		t.Errorf("%d calls with %d tokens, want one retry with a fresh token", n, f.issued)
	}
}

// A login that has worked, in this process or before it, is in doubt for ten
// minutes, and wrong only if it was refused time and again until then.
func TestALoginThatWorkedIsInDoubtFirst(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} {
		f, ck := newFake(t), newClock()
		f.now = ck.now
		c := f.client(func(o *Options) { o.Now, o.Worked = ck.now, before })
		if !before {
			if err := f.get(c); err != nil {
				t.Fatal(err)
			}
		}
		doubt := func() {
			t.Helper()
			f.refuse401()
			got := failure(t, f.get(c), integration.ClassLoad, "login_refused_under_load")
			if !strings.Contains(got.Advice, "until ") || !strings.Contains(got.Advice, "REST Web Services") {
				t.Errorf("the advice tells neither the time nor the remedy: %s", got.Advice)
			}
		}
		doubt()
		ck.add(loginGrace + time.Second)
		for range 6 { // a burst is one refusal, however late it comes
			doubt()
		}
		for range 2 {
			ck.add(refusalSpacing)
			doubt()
		}
		ck.add(refusalSpacing)
		f.refuse401()
		failure(t, f.get(c), integration.ClassAuth, "login_refused")
		if err := f.get(c); err != nil {
			t.Fatal(err)
		}
		doubt() // an answer of NetSuite's ends a row:
		f.next("GET /metadata-catalog", func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(502); return true })
		failure(t, f.get(c), integration.ClassTransient, "gateway_error") // that of a gateway does not
		ck.add(loginGrace)
		for range provingRefusals - 2 {
			doubt()
			ck.add(refusalSpacing)
		}
		f.refuse401()
		failure(t, f.get(c), integration.ClassAuth, "login_refused")
		if err := f.get(c); err != nil {
			t.Fatal(err)
		}
		doubt()
		ck.add(time.Minute)
		f.next("POST /auth", func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Date", ck.now().UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
			return true
		})
		failure(t, f.get(c), integration.ClassAuth, "token_invalid_client") // the token endpoint is proof at once
	}
}

// inProcess hands requests to a handler without a network, so that a fake
// clock can run: in it only timers let time pass.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

// A 401 that comes after a minute of silence is a refusal for load, also for a
// login that never worked. It costs one minute, not two, and the next call
// has a fresh token, in case it was the token after all.
func TestA401AfterAHangCostsOneHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		faults, err := fault.NewSet(1, []fault.Fault{{Kind: fault.Refuse401, Target: fault.Read, Nth: []int64{1, 3}, For: time.Minute}})
		if err != nil {
			t.Fatal(err)
		}
		ns := suitetalk.New(suitetalk.Options{AccountID: "1234567", Origin: "http://127.0.0.1:1", World: seed.New(seed.Options{Now: time.Now()}),
			Faults: faults, Concurrency: 5, Now: time.Now, TokenLife: time.Hour, Done: make(chan struct{})})
		kid, err := ns.Register("client", testKeys().cert)
		if err != nil {
			t.Fatal(err)
		}
		c, err := New(Credentials{AccountID: "1234567", ClientID: "client", KeyID: kid, PrivateKey: testKeys().pem,
			RESTURL: "http://127.0.0.1:1"},
			Options{HTTP: &http.Client{Transport: inProcess{ns}}})
		if err != nil {
			t.Fatal(err)
		}
		get := func() error {
			_, err := c.do(t.Context(), call{method: http.MethodGet, path: recordPath + "/metadata-catalog"})
			return err
		}
		began := time.Now()
		failure(t, get(), integration.ClassLoad, "login_refused_under_load")
		if took := time.Since(began); took < time.Minute || took > 61*time.Second {
			t.Errorf("the refusal took %s of the fake clock, want one hang of a minute", took)
		}
		if err := get(); err != nil {
			t.Fatal(err)
		}
		if s := ns.Stats(); s.TokenRequests != 2 || s.Requests != 2 {
			t.Errorf("%d tokens and %d calls, want 2 and 2", s.TokenRequests, s.Requests)
		}
		failure(t, get(), integration.ClassLoad, "login_refused_under_load")
	})
}
