package netsuite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/integration"
	"billferry/internal/pattern"
)

const causeCancelled = "cancelled"

// detail is one entry of NetSuite's o:errorDetails.
type detail struct {
	Text  string `json:"detail"`
	Code  string `json:"o:errorCode"`
	Path  string `json:"o:errorPath"`
	Param string `json:"o:errorQueryParam"`
	Head  string `json:"o:errorHeader"`
	URL   string `json:"o:errorUrl"`
	page  bool   // it is a web page
}

// where names the part of the request that was refused, "" when it is not told.
func (d detail) where() string {
	for _, s := range []string{d.Path, d.Param, d.Head, d.URL} {
		if s != "" {
			return " (at " + clip(s, 200) + ")"
		}
	}
	return ""
}

// envelope is an error body: of the record API, or of the token endpoint.
type envelope struct {
	Title   string         `json:"title"`
	Code    string         `json:"o:errorCode"`
	Details jsontext.Value `json:"o:errorDetails"`

	OAuth     jsontext.Value `json:"error"`
	OAuthText string         `json:"error_description"`
}

// parseError reads an error body and forgives what NetSuite and the proxies in
// front of it get wrong: HTML, nothing at all, JSON that does not parse,
// missing fields. It always returns at least one entry.
func parseError(a answer) []detail {
	var e envelope
	if err := json.Unmarshal(a.body, &e, lenient); err != nil {
		return []detail{{Text: plainText(a), Code: findCode(a.body), page: bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))}}
	}
	var ds []detail
	if json.Unmarshal(e.Details, &ds, lenient) != nil || len(ds) == 0 {
		ds = []detail{{Text: e.Title, Code: e.Code}}
	}
	if code, ok := oauthCode(e.OAuth); ok {
		ds = []detail{{Code: code, Text: e.OAuthText}}
	}
	for i := range ds {
		ds[i].Text, ds[i].Code = clip(unwrap(ds[i].Text), textMax), clip(ds[i].Code, textMax)
		if ds[i].Code == "" {
			ds[i].Code = e.Code
		}
		switch {
		case ds[i].Text != "":
		case ds[i].Code != "":
			ds[i].Text = or(e.Title, http.StatusText(a.status))
		default:
			ds[i].Text = or(e.Title, plainText(a))
		}
	}
	return ds
}

var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), json.MatchCaseInsensitiveNames(true))

func oauthCode(v jsontext.Value) (string, bool) {
	var s string
	if v == nil || json.Unmarshal(v, &s) != nil || s == "" {
		return "", false
	}
	return s, true
}

var (
	wrapper  = pattern.New(`^(?i:Error while accessing (?:a )?resource[.:])\s*`)
	codeText = pattern.New(`"(?:o:errorCode|error|code)"\s*:\s*"([A-Za-z_]+)"`)
	bearer   = pattern.New(`error="([a-z_]+)"(?:, error_description="([^"]*)")?`)
)

// unwrap takes off the wrapper in front of NetSuite's classic texts and joins
// lines that somebody wrapped.
func unwrap(s string) string {
	return wrapper().ReplaceAllString(strings.Join(strings.Fields(s), " "), "")
}

// findCode looks for a code in JSON that does not parse: Oracle's own sample
// of the 429 does not.
func findCode(b []byte) string {
	if m := codeText().FindSubmatch(b); m != nil {
		return string(m[1])
	}
	return ""
}

// textMax is how many characters of a text are searched for known words.
const textMax = 4 << 10

// plainText says what an answer holds that is no usable JSON.
func plainText(a answer) string {
	if m := bearer().FindStringSubmatch(a.head.Get("WWW-Authenticate")); m != nil {
		return strings.TrimSpace(m[1] + " " + m[2])
	}
	if s := strings.Join(strings.Fields(untagged(string(a.body))), " "); s != "" {
		return clip(s, 300)
	}
	return http.StatusText(a.status)
}

// untagged takes tags, scripts and styles out of a page, in one walk: a page
// from a stranger may hold thousands that are never closed.
func untagged(page string) string {
	var out strings.Builder
	for {
		text, rest, more := strings.Cut(page, "<")
		out.WriteString(text)
		if !more {
			return out.String()
		}
		end := ">"
		for _, name := range []string{"script", "style"} {
			if strings.HasPrefix(rest, name) {
				end = "</" + name + ">"
			}
		}
		if _, page, more = strings.Cut(rest, end); !more {
			if end == ">" {
				out.WriteString("<" + rest) // no tag: a sign in plain text
			}
			return out.String()
		}
		out.WriteByte(' ')
	}
}

// classify says what a refused call means, by the table. write tells that an
// answer which proves nothing leaves the outcome unknown.
func classify(a answer, write bool) *integration.Failure {
	ds := parseError(a)
	for _, d := range ds {
		for _, r := range table {
			if r.matches(a.status, d) {
				return r.failure(a, d, write)
			}
		}
	}
	return unknown(a, ds[0], write)
}

// unknown is an answer that the table does not have: an answer of the server's
// own trouble is waited out, any other is final once a look-up has told that
// nothing was saved after all. Its cause is a fingerprint, so that equal ones
// group although their ids and numbers differ.
func unknown(a answer, d detail, write bool) *integration.Failure {
	f := &integration.Failure{
		Class: integration.ClassRefused, Cause: fingerprint(a.status, d), Message: say(a.status, d), After: retryAfter(a), Unknown: write,
		Advice: "billferry does not know this answer; read NetSuite's words, mend what they name and retry the run",
	}
	if a.status >= 500 || a.status < 400 { // a redirect is not NetSuite's
		f.Class, f.Advice = integration.ClassTransient, adviceLater
	}
	return f
}

func say(status int, d detail) string {
	code := ""
	if d.Code != "" {
		code = " " + clip(d.Code, 80)
	}
	return fmt.Sprintf("netsuite answered %d%s: %s%s", status, code, clip(d.Text, 600), d.where())
}

var (
	quoted  = pattern.New(`'[^']*'|"[^"]*"`)
	varying = pattern.New(`[0-9a-f]{8}-[0-9a-f-]{20,}|\b\S*\d\S*\b`)
)

// fingerprint names an unknown error stably: ids, numbers and quoted values
// are left out of it.
func fingerprint(status int, d detail) string {
	s := quoted().ReplaceAllString(strings.ToLower(d.Text), "?")
	s = strings.Join(strings.Fields(varying().ReplaceAllString(s, "#")), " ")
	sum := sha256.Sum256([]byte(strconv.Itoa(status) + "|" + strings.ToUpper(d.Code) + "|" + s))
	return "netsuite_" + strconv.Itoa(status) + "_" + hex.EncodeToString(sum[:4])
}

// retryAfter reads the header in both its forms. NetSuite does not document
// it, so a missing or unreadable one is 0.
func retryAfter(a answer) time.Duration {
	h := a.head.Get("Retry-After")
	if s, err := strconv.Atoi(h); err == nil && s >= 0 {
		return time.Duration(min(s, 3600)) * time.Second // an hour at most; clipped first, or it overflows
	}
	at, err := http.ParseTime(h)
	if err != nil {
		return 0
	}
	here, err := http.ParseTime(a.head.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(0, at.Sub(here)), time.Hour)
}

// noAnswer is a call that ended without an answer, or with half of one.
func noAnswer(err error, write bool) *integration.Failure {
	f := &integration.Failure{Class: integration.ClassTransient, Cause: "no_answer", Err: err, Unknown: write,
		Message: "netsuite gave no answer: " + err.Error(),
		Advice:  "nothing to do yet: it is looked up and tried again; if it stays so, check the network and the account id"}
	switch {
	case errors.Is(err, context.Canceled):
		f.Cause, f.Message = causeCancelled, "the call was cancelled before netsuite answered"
	case errors.Is(err, context.DeadlineExceeded):
		f.Cause, f.Message = "timeout", "netsuite did not answer in time"
	}
	return f
}
