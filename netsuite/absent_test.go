package netsuite

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// NetSuite has several ways to say that there is no such record, and many
// refusals that say nothing of it: after those nothing is sent.
func TestWhatCountsAsAbsent(t *testing.T) {
	t.Parallel()
	for _, r := range []struct {
		status     int
		code, text string
		cause      string // of the failure; "": it counts as absent
	}{
		{404, "NONEXISTENT_ID", "The record instance does not exist. Provide a valid record instance ID.", ""},
		{404, "", "", ""},
		{400, "USER_ERROR", "Error while accessing a resource. Transaction type specified is incorrect.", ""},
		{400, "USER_ERROR", "Error while accessing a resource. That record does not exist.", ""},
		{400, "NONEXISTENT_ID", "The record instance for external ID 'x' does not exist. Provide a valid record instance ID.", ""},
		{404, "NONEXISTENT_ID", "Record type 'invoice' does not exist.", causeNoType},
		{400, "USER_ERROR", "Your current role does not have permission to perform this action.", causeForbidden},
		{403, "INSUFFICIENT_PERMISSION", "Permission Violation: you may not access this record.", causeRestricted},
		{400, "USER_ERROR", "This record has been locked by a user defined workflow.", "workflow_lock"},
		{400, "INVALID_PARAMETER", "Invalid search query.", causeQuery},
		{500, "UNEXPECTED_ERROR", "An unexpected error occurred.", "unexpected_error"},
	} {
		f := newFake(t)
		f.refuse("GET /invoice/eid:", r.status, r.code, r.text)
		got, err := f.client().Deliver(t.Context(), encode(doc()), delivery.Before{Look: true}, nil)
		posts := f.count("POST /invoice")
		if r.cause == "" {
			if err != nil || got.Outcome != integration.Created || posts != 1 {
				t.Errorf("%d %s %s: %v %v, %d creates", r.status, r.code, r.text, got.Outcome, err, posts)
			}
			continue
		}
		if f := asFailure(err); err == nil || f.Cause != r.cause || !f.Unknown || posts != 0 {
			t.Errorf("%d %s %s: %v, %d creates", r.status, r.code, r.text, err, posts)
		}
	}
}

// The Location of something else (an async job, another type) gives no id: the
// record is then looked up by its external id, and that is its proof too.
func TestOnlyARecordsLocationGivesItsID(t *testing.T) {
	t.Parallel()
	for location, byID := range map[string]bool{
		recordPath + "/invoice/101":                              true,
		"https://1.suitetalk.api.netsuite.com/x/Invoice/101?a=b": true,
		"/services/rest/async/v1/job/7":                          false,
		recordPath + "/creditMemo/7":                             false,
		recordPath + "/invoice/eid:x":                            false,
		"https://7":                                              false,
		"7":                                                      false,
		"":                                                       false,
		"%zz":                                                    false,
	} {
		f := newFake(t)
		f.next("POST /invoice", func(w http.ResponseWriter, r *http.Request) bool {
			f.mu.Lock()
			f.create(httptest.NewRecorder(), r, "/invoice")
			f.mu.Unlock()
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, "{}")
			return true
		})
		got := mustDeliver(t, f.client(), doc(), false, integration.Created)
		looked := f.count("GET /invoice/eid:")
		if got.ID != "101" || (got.Proof == nil) != byID || (looked == 0) != byID || f.count("GET /invoice") != looked {
			t.Errorf("%q: %s by %v", location, got.ID, f.seen)
		}
	}
}
