package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"billferry/internal/outbound"
	"billferry/internal/outbound/echotest"
	"billferry/internal/sandbox"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// cell is a place and a form in which the other side repeats.
type cell struct{ place, form string }

// cells are all of them; those of the forms that are met most when short.
func cells() (out []cell) {
	forms := slices.Sorted(maps.Keys(echotest.Forms))
	if testing.Short() {
		forms = []string{"plain", "base64", "Basic", "JSON", "query", "first part"}
	}
	for _, p := range slices.Sorted(maps.Keys(echotest.Places)) {
		for _, f := range forms {
			out = append(out, cell{p, f})
		}
	}
	return out
}

// Wherever and however m3ter, NetSuite or their token endpoints repeat what
// they were sent, no secret is in what a caller is answered, the console is
// shown, a webhook is told, or the log, the store and its backup hold.
func TestWhatTheOtherSideRepeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 30, Seed: 5})
	w.close(t)
	var log, told, hooked syncBuffer
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(&hooked, r.Body) }))
	defer hook.Close()
	put(t, filepath.Join(w.dir, "hook.secret"), "a-secret-that-signs")
	put(t, filepath.Join(w.dir, "notify.yaml"), "webhooks:\n  - url: "+hook.URL+"/\n    secretFile: hook.secret\n")
	a, err := Open(Config{DataDir: w.dir, NoKeyring: true, PollEvery: -1,
		Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.app = a
	show := func(text string) { _, _ = io.WriteString(&told, text+"\n") }
	step := func(s service.Step) { show(fmt.Sprintf("%+v", s)) }

	// How requests for a token, and those with one, are answered; nil passes them
	// on. While it is more than 0, each create is answered in another place.
	var login, data atomic.Pointer[cell]
	var creates atomic.Int64
	places := slices.Sorted(maps.Keys(echotest.Places))
	src := w.sb.Source()
	m3ter := echotest.New(t, src.BaseURL)
	c, err := w.sb.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	ns := echotest.New(t, c.RESTURL)
	for _, s := range []*echotest.Server{m3ter, ns} {
		s.Choose = func(r *http.Request) (string, string) {
			use := &data
			if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
				use = &login
			}
			if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/record/v1/") && creates.Load() > 0 {
				return places[creates.Add(1)%int64(len(places))], "plain"
			}
			if c := use.Load(); c != nil {
				return c.place, c.form
			}
			return "", ""
		}
	}
	in := w.create(t, "One", defaultItem)
	q := service.Connect{
		IntegrationID: in.ID,
		Values: spec.Values{"externalCustomerId": c.AccountID, "clientId": c.ClientID, "keyId": c.KeyID, "restUrl": ns.URL,
			"tokenUrl": strings.Replace(c.TokenURL, c.RESTURL, ns.URL, 1)},
		Secrets: map[string]secret.Value{"privateKey": c.PrivateKey},
	}
	src.BaseURL = m3ter.URL
	ctx := t.Context()

	for _, x := range cells() {
		login.Store(&x)
		refused := a.ConnectSource(ctx, src, step)
		_, refusedToo := a.Connect(ctx, q, step)
		if refused == nil || refusedToo == nil {
			t.Errorf("%+v is no answer to a login: %v, %v", x, refused, refusedToo)
		}
		show(fmt.Sprintf("%+v %v %v", x, refused, refusedToo))
	}
	login.Store(nil)
	if err := a.ConnectSource(ctx, src, step); err != nil {
		t.Fatal(err)
	}
	q.Values.Set("tokenUrl", c.TokenURL) // an assertion names the endpoint that it is for
	if _, err := a.Connect(ctx, q, step); err != nil {
		t.Fatal(err)
	}
	socket := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", SocketPath(w.dir))
	}}}
	get := func(path string) {
		resp, err := socket.Get("http://billferry/organizations/-" + path)
		if err != nil {
			show(err.Error())
			return
		}
		b, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		show(fmt.Sprintf("%s %v %s %v", resp.Status, resp.Header, b, err))
	}
	for _, x := range cells() {
		data.Store(&x)
		get("/accounts")
		show(fmt.Sprint(a.Test(ctx, in.ID, step)))
	}
	data.Store(&cell{"a JSON error", "base64"})
	a.pollOnce(ctx)
	get("/billferry/source")
	data.Store(nil)
	if _, err := a.Connect(ctx, q, step); err != nil { // and forgets what it was told of currencies
		t.Fatal(err)
	}
	creates.Store(1)
	for _, b := range w.sb.World().Bills {
		if _, err := a.Submit(ctx, in.ID, b.Append(nil, true, true), "file"); err != nil {
			t.Fatal(err)
		}
	}
	w.until(t, func(context.Context) any {
		if n := creates.Load(); int(n) <= len(places) {
			return n
		}
		return nil
	})
	w.until(t, func(context.Context) any {
		if !strings.Contains(hooked.String(), `"type"`) {
			return "no webhook yet"
		}
		return nil
	})
	get("/billferry/events?limit=200")
	get("/billferry/source")
	show(w.everything(t, in.ID))
	backup := filepath.Join(t.TempDir(), "backup.db")
	f, err := os.Create(backup)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Backup(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	w.close(t)
	for _, name := range []string{backup, StorePath(w.dir)} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		show(string(b))
	}
	show(log.String())
	all := told.String() + hooked.String()
	if n := strings.Count(all, outbound.Removed); m3ter.Seen() < 3 || ns.Seen() < len(cells()) || n < len(cells()) {
		t.Fatalf("m3ter was sent %d secrets, NetSuite %d, and %d were taken out", m3ter.Seen(), ns.Seen(), n)
	}
	for _, x := range append(m3ter.Told(all), ns.Told(all)...) {
		t.Error(x)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A private key given as an id or an address is refused, neither repeated nor
// kept, whether it comes whole or as its inside alone.
func TestAKeyInAnotherField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 1})
	in := w.create(t, "One", defaultItem)
	c, err := w.sb.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	pem := c.PrivateKey.Reveal()
	inside := strings.Split(pem, "\n")[1]
	good := service.Connect{IntegrationID: in.ID, Values: c.Values(), Secrets: c.Secrets(), Unverified: true}
	for label, key := range map[string]string{
		"External Customer Id": "externalCustomerId",
		"Client Id":            "clientId",
		"Key Id":               "keyId",
		"REST":                 "restUrl",
		"Token":                "tokenUrl",
	} {
		for _, text := range []string{pem, inside, strings.ReplaceAll(pem, "\n", " "), "x " + pem} {
			q := good
			q.Values = good.Values.Clone()
			q.Values.Set(key, text)
			got, err := w.app.Connect(t.Context(), q, nil)
			if told := fmt.Sprintf("%v %+v %+v", err, err, got); err == nil || strings.Contains(told, inside[:20]) ||
				!strings.Contains(strings.ToLower(told), strings.ToLower(label)) ||
				!strings.Contains(told, "is a private key") {
				t.Errorf("%s: %s", label, told)
			}
		}
	}
	if d, err := w.app.Integration(t.Context(), in.ID); err != nil || d.Credentials != nil {
		t.Errorf("%+v, %v", d.Credentials, err)
	}
	if _, err := w.app.Connect(t.Context(), good, nil); err != nil {
		t.Error(err)
	}
}
