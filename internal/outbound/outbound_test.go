package outbound

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"billferry/internal/outbound/echotest"
	"billferry/internal/secret"
)

const (
	apiSecret = `kD9/x+"Zq&w<7=%41Lr`
	jwt       = "eyJraWQiOiJjLjEuMjAyNiIsImFsZyI6IkVTMjU2In0." +
		"" +
		"eyJzdWIiOiIxOzMiLCJhdWQiOlsiQjFBRiJdfQ.Q1w-_kZx0vG3hTqPz8sYbN5uJm2cRfLeXoWdIaKn4yM7"
)

var forms = echotest.Forms

// A secret in any form is taken out of a text, and what stands around it stays.
func TestEveryFormIsTakenOut(t *testing.T) {
	t.Parallel()
	for _, k := range []string{apiSecret, jwt, "a wrong API secret", "abcd1234"} {
		s := search{m: newMatcher([]known{{text: "another-secret-altogether"}, {text: k, bearer: k == jwt}})}
		for name, write := range forms {
			if strings.Contains(name, "part") && len(k) < 17 {
				continue
			}
			text := write(k)
			for around, sides := range map[string][2]string{"alone": {}, "in words": {"refused: ", ", again"}, "in JSON": {`{"m":"`, `","z":1}`},
				"in a tag": {"<p>", "</p>"}} {
				got := s.clean(sides[0] + text + sides[1])
				if got != sides[0]+Removed+sides[1] && !allowed(name, got, sides) {
					t.Errorf("%q as %s, %s: %q of %q", k, name, around, got, text)
				}
			}
		}
	}
}

// allowed are the marks of forms where more than the secret stands.
func allowed(name, got string, sides [2]string) bool {
	got, begins := strings.CutPrefix(got, sides[0])
	got, ends := strings.CutSuffix(got, sides[1])
	before, after, found := strings.Cut(got, Removed)
	most := map[string]int{"Basic": 7, "in longer base64": 20, "JSON in JSON": 12, "quoted by Go": 2, "UTF-16": 1,
		"base64 in a query": 8}[name]
	return begins && ends && found && len(before)+len(after) <= most
}

func TestOrdinaryTextStays(t *testing.T) {
	t.Parallel()
	s := search{m: newMatcher([]known{{text: apiSecret}, {text: jwt, bearer: true}, {text: strings.Repeat("x", 30)},
		{text: "0000000000000000"}, {text: "short"}})}
	for _, text := range []string{
		`{"id":"48001","memo":"Storage 19% \"net\" &amp; more","total":100000000000000,"x":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}`,
		"short", "", "\\", "%", "&", "&#", "%2", `\u00`, "eyJraWQiOiJjLjE", strings.Repeat("%&\\\x00", 100),
	} {
		if got := s.clean(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func do(t *testing.T, rt http.RoundTripper, ctx context.Context, address, token string) *http.Response {
	t.Helper()
	resp, err := try(rt, ctx, address, token)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func try(rt http.RoundTripper, ctx context.Context, address, token string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return rt.RoundTrip(r)
}

// Wherever an answer repeats a secret, malformed answers too, nobody reads it,
// and the errors say what was wrong.
func TestEveryPlaceOfAnAnswer(t *testing.T) {
	t.Parallel()
	var at string
	srv := echotest.New(t, "http://127.0.0.1:1")
	srv.Choose = func(*http.Request) (string, string) { return at, "plain" }
	rt := New(nil)
	for at = range echotest.Places {
		resp, err := try(rt, t.Context(), srv.URL, jwt)
		told := ""
		if err != nil {
			told = err.Error()
		} else {
			b, err := ReadAll(resp)
			told = fmt.Sprintf("%s %v %s %v %v", resp.Status, resp.Header, b, resp.Trailer, err)
		}
		if got := srv.Told(told); len(got) > 0 || !strings.Contains(told, Removed) && at != "a chunk's length" {
			t.Errorf("%s: %s", at, told)
		}
		if at == "the whole line" && !strings.Contains(told, "malformed HTTP") {
			t.Errorf("%s: the error tells nothing: %s", at, told)
		}
	}
}

// The answer that brings a token is read as it is, but for what was sent for it.
func TestATokenIsNotTakenFromTheAnswerThatBringsIt(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"access_token":%q,"you_sent":%q}`, jwt, r.Header.Get("Authorization"))
	}))
	defer srv.Close()
	rt := New(nil)
	_ = do(t, rt, t.Context(), srv.URL, jwt).Body.Close()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL, nil)
	r.SetBasicAuth("me", apiSecret)
	resp, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ReadAll(resp)
	if want := `{"access_token":"` + jwt + `","you_sent":"Basic ` + Removed + `"}`; string(b) != want || err != nil {
		t.Fatalf("%s, %v", b, err)
	}
	if resp = do(t, rt, t.Context(), srv.URL, jwt); resp != nil {
		if b, _ = ReadAll(resp); strings.Contains(string(b), jwt) {
			t.Errorf("told later: %s", b)
		}
	}
}

// What a request holds beside its Authorization is named; a private key is
// found by its lines.
func TestSecretsThatAreNamed(t *testing.T) {
	t.Parallel()
	const line = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgVx7Tq0sYlZk3"
	key := "-----BEGIN PRIVATE KEY-----\n" + line + "\n-----END PRIVATE KEY-----\n"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "signing-secret-of-hook "+strings.ReplaceAll(key, "\n", `\r\n`)+" in-a-url-of-ours")
	}))
	defer srv.Close()
	rt := New(nil)
	rt.Hide(secret.New("in-a-url-of-ours"))
	resp := do(t, rt, With(t.Context(), secret.New("signing-secret-of-hook"), secret.New(key)), srv.URL, jwt)
	b, err := ReadAll(resp)
	if strings.Contains(string(b), "signing") || strings.Contains(string(b), line[:20]) || strings.Contains(string(b), "of-ours") ||
		err != nil {
		t.Errorf("%s, %v", b, err)
	}
	err = Clean(errors.New("535 AUTH PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00me\x00a mail password"))),
		secret.New("a mail password"))
	if !strings.Contains(err.Error(), Removed) || Clean(nil) != nil {
		t.Error(err)
	}
}

// A cleaned error is still what it was for errors.Is, and an ordinary one is
// not touched at all.
func TestErrorsStayWhatTheyAre(t *testing.T) {
	t.Parallel()
	s := search{m: newMatcher([]known{{text: jwt}})}
	if got := s.err(io.EOF); got != io.EOF {
		t.Error(got)
	}
	got := s.err(fmt.Errorf("said %q: %w", jwt, context.DeadlineExceeded))
	var timeout net.Error
	if !errors.Is(got, context.DeadlineExceeded) || strings.Contains(fmt.Sprintf("%+v %#v", got, errors.Unwrap(got)), jwt) ||
		!errors.As(got, &timeout) || !timeout.Timeout() {
		t.Errorf("%v", got)
	}
}

// Should a client follow redirects, none goes to another host.
func TestARedirectToAnotherHost(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	defer other.Close()
	srv := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer srv.Close()
	if resp, err := (&http.Client{Transport: New(nil)}).Get(srv.URL); err == nil || !strings.Contains(err.Error(), "another host") {
		t.Error(resp, err)
	}
	if resp, err := Client(nil).Get(srv.URL); err != nil || resp.StatusCode != http.StatusTemporaryRedirect {
		t.Error(resp, err)
	}
}

// What is remembered is bounded, and what is in use is not forgotten.
func TestWhatIsRemembered(t *testing.T) {
	t.Parallel()
	var s memory
	s.add([]known{{text: apiSecret}}) // asked for once an hour
	for i := range 3 * remembered {
		s.add([]known{{text: fmt.Sprintf("%s%d", jwt, i)}, {text: fmt.Sprintf("token-number-%d-of-many", i), bearer: true},
			{text: "the-token-in-use", bearer: true}})
	}
	m := search{m: s.m.Load()}
	if len(s.all) != remembered+1 || m.clean(apiSecret) != Removed || m.clean("the-token-in-use") != Removed {
		t.Error(len(s.all))
	}
	for i := range 3 * remembered {
		s.add([]known{{text: fmt.Sprintf("secret-number-%d-of-many", i)}})
	}
	if len(s.all) != 2*remembered {
		t.Error(len(s.all))
	}
}

func FuzzClean(f *testing.F) {
	for _, write := range forms {
		f.Add(apiSecret, write(apiSecret))
	}
	f.Fuzz(func(t *testing.T, k, text string) {
		s := search{m: newMatcher([]known{{text: k}})}
		got := s.clean(text)
		if s.m != nil && strings.Contains(got, k) && !strings.Contains(Removed, k) && len(k) <= perGrams {
			t.Errorf("%q stays in %q", k, got)
		}
	})
}
