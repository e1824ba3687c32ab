package netsuite

import (
	"bytes"
	"net/http"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/outbound"
	"billferry/internal/pattern"
)

// exchange is what a run keeps of one request and its answer.
type exchange integration.Exchange

// Headers worth keeping, in canonical form. Authorization and Set-Cookie are
// not among them.
var (
	requestHeaders = []string{"Content-Type", "Accept", "Prefer", "X-Netsuite-Propertynamevalidation"}
	answerHeaders  = []string{
		"Content-Type", "Date", "Location", "Retry-After", "Www-Authenticate", "Preference-Applied",
		"X-N-Operationid", "X-Netsuite-Jobid", "X-Netsuite-Propertyvalidation", "X-Netsuite-Warning", "Ns_rtimer_composite",
	}
)

func pick(h http.Header, names []string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := h[n]; len(v) > 0 {
			out[n] = strings.Join(v, ", ")
		}
	}
	return out
}

func (x *exchange) body(b []byte) { x.ReqBody = x.cut(b) }

func (x *exchange) answer(a answer) {
	x.Status = a.status
	x.RespHead = pick(a.head, answerHeaders)
	x.RespBody = x.cut(redact(a.body))
}

// cut keeps the first 64 KiB of b and says so.
func (x *exchange) cut(b []byte) []byte {
	if len(b) > keepMax {
		x.Cut = true
		return b[:keepMax:keepMax]
	}
	return b
}

// removed stands where a secret was.
const removed = outbound.Removed

// tokenText finds an access token in an answer, whole or cut short.
var tokenText = pattern.New(`("(?:access|refresh|id)_token"\s*:\s*")(?:[^"\\]|\\.)*`)

func redact(b []byte) []byte {
	// Nearly every answer ends here; the expression alone would take a tenth of
	// the time that reading back an invoice costs.
	if !bytes.Contains(b, []byte(`_token"`)) {
		return b
	}
	return tokenText().ReplaceAll(b, []byte("${1}"+removed))
}
