package netsuite

import (
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"billferry/internal/integration"
)

var update = flag.Bool("update", false, "rewrite golden files and docs/ERRORS.md")

// ask sends a write to a server that answers like that, and returns the failure.
func ask(t *testing.T, status int, body string, head ...string) *integration.Failure {
	t.Helper()
	f := newFake(t)
	answer := func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i+1 < len(head); i += 2 {
			w.Header().Set(head[i], head[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
	f.next("POST /invoice", answer)
	f.next("POST /invoice", answer) // a 401 is tried twice
	_, err := f.client().do(t.Context(), call{method: http.MethodPost, path: recordPath + "/invoice", write: true})
	if err == nil {
		t.Fatalf("%d %s was taken for success", status, body)
	}
	return asFailure(err)
}

// askToken sends a call to a server whose token endpoint answers like that.
func askToken(t *testing.T, status int, body string) *integration.Failure {
	t.Helper()
	f := newFake(t)
	f.next("POST /auth", func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	})
	err := f.get(f.client())
	if err == nil {
		t.Fatalf("the token endpoint's %d %s was taken for success", status, body)
	}
	return asFailure(err)
}

// Each row is reached by answers of its own, with each status, each code and
// each sentence it names, and is not hidden by one above.
func TestEveryRowIsReached(t *testing.T) {
	t.Parallel()
	for _, r := range table {
		t.Run(r.Cause, func(t *testing.T) {
			t.Parallel()
			for _, status := range or400(r.Status) {
				if r.Page {
					r.same(t, ask(t, status, "<html><body>Mr X says no</body></html>"))
					continue
				}
				for _, code := range r.Codes {
					r.same(t, ask(t, status, refusal(code, "Mr X: no")))
				}
				for _, p := range r.Says {
					r.same(t, ask(t, status, refusal("USER_ERROR", "Mr X: "+example(p)+". Ask him")))
				}
				if len(r.Codes)+len(r.Says) == 0 {
					r.same(t, ask(t, status, refusal("USER_ERROR", "Mr X: no")))
				}
			}
		})
	}
	for _, r := range tokenTable {
		if r.Page || len(r.Says) > 0 {
			continue // like those above
		}
		t.Run(r.Cause, func(t *testing.T) {
			t.Parallel()
			for _, status := range or400(r.Status) {
				for _, code := range append(slices.Clone(r.Codes), "unheard_of")[:max(1, len(r.Codes))] {
					got := askToken(t, status, `{"error":"`+code+`"}`)
					r.same(t, got)
					if !strings.HasPrefix(got.Message, "the token endpoint: ") {
						t.Errorf("the message does not say who refused: %s", got.Message)
					}
				}
			}
		})
	}
}

func refusal(code, text string) string {
	return `{"o:errorDetails":[{"detail":` + strconv.Quote("Error while accessing a resource. "+text) + `,"o:errorCode":"` + code + `"}]}`
}

// example is a sentence that a phrase is.
func example(phrase string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(phrase, gap, " xyz ")), " ")
}

// or400 is the statuses of a row, or a common one for a row that takes any.
func or400(statuses []int) []int {
	if len(statuses) == 0 {
		return []int{400}
	}
	return statuses
}

func (r rule) same(t *testing.T, got *integration.Failure) {
	t.Helper()
	if got.Class != r.Class || got.Cause != r.Cause || got.Advice != r.Advice || got.Unknown != r.Unknown || got.Lone != r.Lone {
		t.Errorf("%v %v %q: %+v", r.Status, r.Codes, r.Says, got)
	}
}

func TestBrokenBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  int
		body    string
		cause   string
		unknown bool
		words   string
	}{
		{502, "<html><head><style>p{}</style></head><body><h1>Bad</h1> gateway</body></html>", "gateway_error", true, "Bad gateway"},
		{503, "", "gateway_error", true, "Service Unavailable"},
		{500, `{"title":`, "server_error", true, `{"title":`},
		{429, `{"o:errorDetails": [ "detail" : "Concurrent", ]`, "concurrency_limit", false, "429"},
		{400, `{"o:errorDetails": [ { "o:errorCode": "CONCURRENCY_LIMIT_EXCEEDED" "detail": "x" } ]`, "concurrency_limit", false, "CONCURRENCY"},
		{400, `{"o:errorCode":"INVALID_CONTENT","title":"Bad Request"}`, "content_refused", false, "Bad Request"},
		{400, `{"o:errorDetails":[{"o:errorCode":"INVALID_ID"}]}`, "id_malformed", false, "Bad Request"},
		{400, `{"o:errorDetails":{"detail":"not a list"},"title":"record has been changed"}`, "record_changed", false, ""},
		{418, `null`, "netsuite_418_", true, "null"},
		{409, `[]`, "netsuite_409_", true, "[]"},
		{520, `strange`, "netsuite_520_", true, "strange"},
		{403, "  <html><body>Access Denied. Reference #18</body></html>", "blocked_on_the_way", true, "Access Denied"},
		{400, "<!doctype html><p>NetSuite is undergoing scheduled maintenance", "maintenance", true, "scheduled"},
		{404, "<html>nothing here</html>", "not_found", false, "nothing"},
	} {
		got := ask(t, c.status, c.body)
		if !strings.HasPrefix(got.Cause, c.cause) || got.Unknown != c.unknown || !strings.Contains(got.Message, c.words) {
			t.Errorf("%d %q: %+v", c.status, c.body, got)
		}
	}
	got := ask(t, 400, "", "WWW-Authenticate",
		`Bearer realm="1", error="invalid_request",`+
			` error_description="The request could not be understood by the server due to malformed syntax."`)
	if got.Cause != "request_malformed" {
		t.Errorf("%+v", got)
	}
}

// Unknown errors group although their ids and numbers differ.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	body := func(s string) string { return `{"o:errorDetails":[{"detail":"` + s + `","o:errorCode":"NEW_ERROR"}]}` }
	a := ask(t, 400, body("Widget 12 of 'Acme' on 2026-08-31 failed, id 2f6f2c1e-0000-4000-8000-000000000001"))
	b := ask(t, 400, body("Widget 7 of 'Globex' on 2026-09-30 failed, id 91d1dd0e-aaaa-4bbb-8000-00000000beef"))
	other := ask(t, 400, body("Gadget 7 of 'Globex' on 2026-09-30 failed, id 91d1dd0e-aaaa-4bbb-8000-00000000beef"))
	if a.Cause != b.Cause || a.Cause == other.Cause || a.Class != integration.ClassRefused ||
		!regexp.MustCompile(`^netsuite_400_[0-9a-f]{8}$`).MatchString(a.Cause) {
		t.Fatal(a.Cause, b.Cause, other.Cause)
	}
	if a.Message == b.Message || a.Advice == "" {
		t.Fatal("the message lost what differs")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		head []string
		want string
	}{
		{nil, "0s"}, {[]string{"Retry-After", "9"}, "9s"}, {[]string{"Retry-After", "-1"}, "0s"}, {[]string{"Retry-After", "soon"}, "0s"},
		{[]string{"Retry-After", "99999999"}, "1h0m0s"},
		{[]string{"Retry-After", "Sun, 22 Nov 2026 12:00:30 GMT", "Date", "Sun, 22 Nov 2026 12:00:00 GMT"}, "30s"},
	} {
		if got := ask(t, 429, "", c.head...); got.After.String() != c.want {
			t.Errorf("%v: %s", c.head, got.After)
		}
	}
}

// Every error body of the fixtures gets the class the golden table says.
func TestFixturesAreClassified(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../shared/fixtures/netsuite/*")
	if len(files) == 0 {
		t.Skip("no fixtures at ../shared/fixtures/netsuite beside the repository; the golden table is not compared")
	}
	var out strings.Builder
	for _, file := range files {
		name := filepath.Base(file)
		if !isRefusal(name) {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answersOf(name, string(b)) {
			f := ask(t, a.status, string(a.body), "WWW-Authenticate", a.head.Get("WWW-Authenticate"))
			out.WriteString(name + "\t" + strconv.Itoa(a.status) + "\t" + string(f.Class) + "\t" + f.Cause + "\t" + f.Message + "\n")
		}
	}
	golden(t, "testdata/fixtures.golden", out.String())
}

// isRefusal tells the fixtures that NetSuite answered with from requests,
// tokens and answers that all is well.
func isRefusal(name string) bool {
	kind, _, _ := strings.Cut(name, "-")
	return (kind == "err" || strings.Contains(name, "-resource-")) && !strings.Contains(name, "request")
}

var (
	statusOf = regexp.MustCompile(`-([45]\d\d)-`)
	soapText = regexp.MustCompile(`(?m)^[A-Z_]+ +(.+)$`)
)

// answersOf turns a fixture into answers: a body, headers, or texts that
// NetSuite puts into a USER_ERROR.
func answersOf(name, text string) []answer {
	status := 400
	if m := statusOf.FindStringSubmatch(name); m != nil {
		status, _ = strconv.Atoi(m[1])
	}
	switch {
	case strings.HasPrefix(text, "WWW-Authenticate: "):
		h := http.Header{}
		h.Set("WWW-Authenticate", strings.TrimSpace(strings.TrimPrefix(text, "WWW-Authenticate: ")))
		return []answer{{status: status, head: h}}
	case strings.Contains(name, "closed-period"):
		var out []answer
		for _, m := range soapText.FindAllStringSubmatch(text, -1) {
			out = append(out, answer{status: 400, head: http.Header{},
				body: []byte(`{"o:errorDetails":[{"o:errorCode":"USER_ERROR","detail":` + strconv.Quote(m[1]) + `}]}`)})
		}
		return out
	}
	if i := strings.IndexByte(text, '{'); i >= 0 && !strings.HasPrefix(text, "- ") {
		// A body that its source wrapped in the middle of a string.
		text = strings.Join(strings.Fields(text[i:]), " ")
	}
	return []answer{{status: status, head: http.Header{}, body: []byte(text)}}
}

// The table of docs/ERRORS.md, below what a person wrote, is the one that decides.
func TestErrorTableIsPrinted(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/ERRORS.md")
	if err != nil {
		t.Fatal(err)
	}
	head, _, marked := strings.Cut(string(page), errorTableMark)
	if !marked {
		t.Fatal("docs/ERRORS.md has no mark of the table")
	}
	golden(t, "../docs/ERRORS.md", head+errorTableMark+ErrorTable())
}

const errorTableMark = "<!-- answers -->\n\n"

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is out of date; run with -update and read the difference. Got:\n%s", file, got)
	}
}
