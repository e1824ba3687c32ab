package m3ter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"billferry/internal/integration"
)

// refusal puts an answer other than 200 into words. m3ter's errors are
// {"message": "..."} (OpenAPI: every 4XX and 5XX).
func refusal(status int, head http.Header, body []byte, now time.Time) error {
	words := message(body)
	f := &integration.Failure{Message: fmt.Sprintf("m3ter answered %d %s", status, http.StatusText(status))}
	if words != "" {
		f.Message += ": " + words
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		f.Class, f.Cause = integration.ClassAuth, "source_refused"
		f.Advice = "check the organisation id, and that the access key's service user may read Bills and accounts; then run 'billferry " +
			"source connect' again"
	case status == http.StatusTooManyRequests:
		f.Class, f.Cause, f.After = integration.ClassLoad, "source_busy", retryAfter(head, now)
		f.Advice = "it is asked again by itself; other programs may use up m3ter's limit for the organisation"
	case status == http.StatusNotFound:
		f.Class, f.Cause, f.Err = integration.ClassData, "source_not_found", integration.ErrNotFound
		f.Advice = "check the id: m3ter has nothing under it"
	case status >= 500 || status == http.StatusRequestTimeout:
		f.Class, f.Cause, f.After = integration.ClassTransient, "source_down", retryAfter(head, now)
		f.Advice = "it is asked again by itself; see m3ter's status page if it stays"
	default:
		f.Class, f.Cause = integration.ClassRefused, "source_refused_request"
		f.Advice = "report it with this message: billferry asked in a way m3ter does not take"
	}
	return f
}

// message finds m3ter's words in an error body, whatever else it holds.
func message(body []byte) string {
	var m struct {
		Message string `json:"message"`
		Error   string `json:"error_description"` // as OAuth 2.0 names it
	}
	if json.Unmarshal(body, &m) == nil {
		if m.Message != "" {
			return clip(m.Message)
		}
		return clip(m.Error)
	}
	if s := strings.TrimSpace(string(body)); !strings.HasPrefix(s, "<") {
		return clip(s)
	}
	return "a web page instead of JSON; a proxy may stand between"
}

func clip(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}

// unreachable is a request without a whole answer. The end of the caller's
// context is told as such.
func unreachable(req *http.Request, err error) error {
	if ctxErr := req.Context().Err(); ctxErr != nil {
		return ctxErr
	}
	what := "does not answer"
	if errors.Is(err, context.DeadlineExceeded) {
		what = fmt.Sprintf("did not answer within %s", callTime)
	}
	return &integration.Failure{
		Class: integration.ClassTransient, Cause: "source_unreachable", Err: err,
		Message: fmt.Sprintf("m3ter at %s %s: %v", req.URL.Host, what, err),
		Advice:  "check the network, a proxy, and the base URL; it is asked again by itself",
	}
}

func asFailure(err error) *integration.Failure {
	var f *integration.Failure
	errors.As(err, &f)
	return f
}
