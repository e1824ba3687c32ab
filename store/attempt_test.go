package store

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"billferry/internal/integration"
)

func TestEveryFieldOfAnAttemptIsKept(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 8, 1, 10, 0, 0, 1, time.UTC)
	a := integration.Attempt{
		N: 3, Look: true, Start: at, End: at.Add(time.Second), Status: integration.Errored, Cause: "refused", Error: "no \"way\" <b>\n\u2028é",
		Document: []byte(`{"lines":[]}`),
		Exchanges: []integration.Exchange{
			{Purpose: "create", Method: "POST", URL: "https://x/invoice?a=b&c=d", Start: at, Duration: time.Second, ReqBody: []byte("{\"a\":1}\xff"),
				ReqHead: map[string]string{"Accept": "application/json"}, Status: 400, RespHead: map[string]string{"Date": "now", "Location": `a"b`},
				RespBody: bytes.Repeat([]byte("e"), 70000), Cut: true, Error: "broke off"},
			{Purpose: "look up", Method: "GET", URL: "https://x", Start: at, Error: "timeout"},
			{},
		},
	}
	// A field that is new in integration has to be set above, and written.
	for _, v := range []reflect.Value{reflect.ValueOf(a), reflect.ValueOf(a.Exchanges[0])} {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s.%s is not tested", v.Type(), v.Type().Field(i).Name)
			}
		}
	}
	for _, want := range []integration.Attempt{a, {}, {N: -1, Exchanges: []integration.Exchange{{}}}} {
		got, err := unpackAttempt(packAttempt(want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	got, err := unpackAttempt(packAttempt(integration.Attempt{Error: "a\xffb"}))
	if err != nil || got.Error != "a\ufffdb" {
		t.Errorf("text that is not UTF-8 came back as %q, %v", got.Error, err)
	}
}
