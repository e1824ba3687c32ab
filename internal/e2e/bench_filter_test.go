package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"billferry/internal/app"
	"billferry/internal/integration"
	"billferry/internal/secret"
)

// letterEvery is the pace of a quick typist.
const letterEvery = 150 * time.Millisecond

// From a letter of a filter over all runs to the rows that it selects: a text
// that an index does not know, and the last letter of a word that one knows.
func BenchmarkFilterRuns(b *testing.B) {
	s := startFilled(b)
	s.see("NetSuite US")
	openRuns(s)
	deep := min(1500, *benchRuns/2) // so many runs lie above the one looked for
	ref := word(*benchRuns - deep)
	b.Run("text", func(b *testing.B) {
		var times []time.Duration
		for range b.N {
			s.press("/")
			for i := range 3 {
				time.Sleep(letterEvery)
				typed := ref[3 : 4+i]
				times = append(times, s.shown(typed[i:], firstRow("/ "+typed, newest(typed))))
			}
			s.press("esc")
			s.see("INVOICE-"+word(*benchRuns-1), "runs")
		}
		reportTimes(b, times)
	})
	b.Run("account", func(b *testing.B) {
		var times []time.Duration
		last := (*benchRuns-deep)/5000*5000 + 77 // the newest run of that account
		for last >= *benchRuns {
			last -= 5000
		}
		for range b.N {
			s.press("/", "acct:acct_7")
			s.see("/ acct:acct_7")
			time.Sleep(letterEvery)
			times = append(times, s.shown("7", firstRow("/ acct:acct_77", "INVOICE-"+word(last))))
			s.press("esc")
			s.see("INVOICE-"+word(*benchRuns-1), "runs")
		}
		reportTimes(b, times)
	})
}

// newest is the reference of the newest run whose reference holds text.
func newest(text string) string {
	for i := *benchRuns - 1; i >= 0; i-- {
		if strings.Contains(word(i), text) {
			return "INVOICE-" + word(i)
		}
	}
	return "none"
}

// firstRow holds of a screen with such a filter line and, below the titles,
// such a first row.
func firstRow(line, row string) func(screen string) bool {
	return func(screen string) bool {
		lines := strings.Split(screen, "\n")
		at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, line) })
		return at >= 0 && at+2 < len(lines) && strings.Contains(lines[at+2], row)
	}
}

// reportTimes writes the median and the 95th percentile.
func reportTimes(b *testing.B, times []time.Duration) {
	b.Helper()
	b.ReportMetric(quantile(times, 0.5), "p50-ms")
	b.ReportMetric(quantile(times, 0.95), "p95-ms")
	b.ReportMetric(0, "ns/op")
}

// From a letter to what m3ter finds for it among 100,000 accounts. m3ter stands
// on loopback and looks a letter up at once: what is measured is billferry.
func BenchmarkFilterAccounts(b *testing.B) {
	dir, err := os.MkdirTemp("", "bfa") // a short path: a socket is made in it
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	names := accountNames(100_000)
	connectSource(b, dir, names)
	s := start(b, 120, 40, nil, "--no-keyring", "--data-dir", dir)
	s.see("Press n to create an integration.")
	openSettings(s)
	s.press("tab", "enter")
	s.see("Search:", names[0])
	time.Sleep(time.Second) // what a start asks m3ter for is over: requests are ten a second
	var times, moves []time.Duration
	for range b.N {
		for typed := names[60_000][:1]; len(typed) <= 4; typed = names[60_000][:len(typed)+1] {
			time.Sleep(letterEvery)
			found := matching(names, typed)
			times = append(times, s.shown(typed[len(typed)-1:], func(screen string) bool {
				return strings.Contains(screen, "Search: "+typed+" ") && strings.Contains(screen, found[0]) &&
					strings.Contains(screen, found[min(3, len(found)-1)]) &&
					strings.Contains(screen, fmt.Sprintf("%d found", min(100, len(found))))
			}))
			for i := 0; i < 10 && len(typed) == 1; i++ {
				moves = append(moves, s.answer("down"))
			}
		}
		for n := 3; n >= 0; n-- {
			s.press("\x7f")
			s.see("Search: " + names[60_000][:n] + " ")
		}
		s.see(names[0])
	}
	reportTimes(b, times)
	b.ReportMetric(quantile(moves, 0.95), "p95-key-ms")
	b.ReportMetric(resident(b, s), "MB")
}

// accountNames are sorted, and in no other text on the screen.
func accountNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = word(i * 40)
	}
	return names
}

func matching(names []string, start string) []string {
	from, _ := slices.BinarySearch(names, start)
	to, _ := slices.BinarySearch(names, start+"~")
	return names[from:to]
}

// connectSource makes a store that knows a m3ter with those accounts.
func connectSource(b *testing.B, dir string, names []string) {
	b.Helper()
	m := httptest.NewServer(accountsOnly(names))
	b.Cleanup(m.Close)
	a, err := app.Open(app.Config{DataDir: dir, NoKeyring: true, Idle: true, PollEvery: -1})
	if err != nil {
		b.Fatal(err)
	}
	source := integration.Source{OrgID: "org", AccessKey: "key", APISecret: secret.New("secret"), BaseURL: m.URL}
	if err := a.ConnectSource(b.Context(), source, nil); err != nil {
		b.Fatal(err)
	}
	if err := a.Close(); err != nil {
		b.Fatal(filepath.Base(dir), err)
	}
}

// accountsOnly is the part of m3ter that the picker needs.
func accountsOnly(names []string) http.Handler {
	data := func(w http.ResponseWriter, names []string) {
		type account struct {
			ID   string `json:"id"`
			Name string `json:"name"`
			Code string `json:"code"`
		}
		list := make([]account, len(names))
		for i, n := range names {
			list[i] = account{fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), n, "code_" + n}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": list})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"access_token":"t","expires_in":18000}`))
	})
	mux.HandleFunc("GET /organizations/org/accounts", func(w http.ResponseWriter, _ *http.Request) { data(w, names[:100]) })
	mux.HandleFunc("GET /organizations/org/accounts/search", func(w http.ResponseWriter, r *http.Request) {
		_, term, _ := strings.Cut(r.URL.Query().Get("searchQuery"), "code~")
		found := matching(names, term)
		data(w, found[:min(100, len(found))])
	})
	mux.HandleFunc("GET /organizations/org/", func(w http.ResponseWriter, _ *http.Request) { data(w, nil) })
	return mux
}
