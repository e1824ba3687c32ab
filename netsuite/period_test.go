package netsuite

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

func periodRow(id, name string, closed, locked bool) string {
	flag := map[bool]string{true: "T", false: "F"}
	return `{"id":"` + id + `","periodname":"` + name + `","closed":"` + flag[closed] + `","arlocked":"` + flag[locked] + `","alllocked":"F"}`
}

// The first period that is open after a shut one, never an earlier one.
func TestPeriodOfADate(t *testing.T) {
	t.Parallel()
	aug, sep, oct := periodRow("7", "Aug 2026", true, false), periodRow("8", "Sep 2026", false, true), periodRow("9", "Oct 2026", false, false)
	for name, c := range map[string]struct {
		own, later string
		want       mapping.Period
	}{
		"open":             {periodRow("7", "Aug 2026", false, false), oct, mapping.Period{}},
		"closed":           {aug, sep + "," + oct, mapping.Period{Name: "Aug 2026", Shut: "closed", OpenID: "9", OpenName: "Oct 2026"}},
		"locked":           {sep, oct, mapping.Period{Name: "Sep 2026", Shut: "locked", OpenID: "9", OpenName: "Oct 2026"}},
		"none is open":     {aug, sep, mapping.Period{Name: "Aug 2026", Shut: "closed"}},
		"none there":       {"", oct, mapping.Period{}},
		"of two calendars": {aug + "," + periodRow("17", "Aug 2026 (UK)", false, false), oct, mapping.Period{}},
	} {
		f := newFake(t)
		for range 2 {
			f.next("POST /query", func(w http.ResponseWriter, r *http.Request) bool {
				b, _ := io.ReadAll(r.Body)
				rows := c.own
				if strings.Contains(string(b), "startdate > TO_DATE(?, 'YYYY-MM-DD') ORDER BY startdate") {
					rows = c.later
				}
				_, _ = io.WriteString(w, `{"items":[`+rows+`]}`)
				return true
			})
		}
		client := f.client()
		for range 2 { // the second time from memory
			if got, err := client.Period(t.Context(), "2026-08-31", nil); err != nil || got != c.want {
				t.Errorf("%s: %+v %v", name, got, err)
			}
		}
	}
	f := newFake(t)
	f.refuse("POST /query", 400, "USER_ERROR", "Your current role does not have permission to perform this action.")
	if got, err := f.client().Period(t.Context(), "2026-08-31", nil); err != nil || got != (mapping.Period{}) {
		t.Errorf("without SuiteQL: %+v %v", got, err)
	}
}

// Whether a period takes a new document is NetSuite's to say.
func TestClosedPeriodOfACreateIsNetSuitesWord(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.queries["accountingperiod"] = []string{periodRow("7", "Aug 2026", true, true)}
	mustDeliver(t, f.client(), doc(), false, integration.Created)
	if f.count("POST /query") != 0 {
		t.Error("the period was looked up")
	}
	f = newFake(t)
	f.refuse("POST /invoice", 400, "USER_ERROR",
		"Error while accessing a resource. You cannot change the G/L impact of a transaction in a closed period.")
	_, err := f.client().Deliver(t.Context(), encode(doc()), delivery.Before{}, nil)
	failure(t, err, integration.ClassPeriod, "period_closed")
}

// An update stays in the period of its record, and out of one that is shut.
func TestAnUpdateMovesNoPeriod(t *testing.T) {
	t.Parallel()
	for state, shut := range map[string]bool{`"closed":true`: true, `"arLocked":true`: true, `"allLocked":"T"`: true,
		`"closed":false`: false} {
		f := newFake(t)
		c := f.client()
		mustDeliver(t, c, doc(), false, integration.Created)
		f.next("GET /accountingPeriod/7", func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = io.WriteString(w, `{"id":"7","periodName":"Aug 2026",`+state+`}`)
			return true
		})
		var sent string
		f.next("PATCH", func(_ http.ResponseWriter, r *http.Request) bool {
			b, _ := io.ReadAll(r.Body)
			sent = string(b)
			r.Body = io.NopCloser(strings.NewReader(sent))
			return false
		})
		d := doc()
		d.Memo, d.TranDate, d.PeriodID = "other", "2026-10-02", "9" // what Posting Period: First open would choose now
		got, err := c.Deliver(t.Context(), encode(d), delivery.Before{}, nil)
		switch {
		case shut:
			if failure(t, err, integration.ClassPeriod, "period_closed"); f.count("PATCH") != 0 {
				t.Errorf("%s: sent all the same", state)
			}
		case err != nil || got.Outcome != integration.Updated:
			t.Errorf("%s: %+v %v", state, got, err)
		case !strings.Contains(sent, `"postingPeriod":{"id":"7"}`):
			t.Errorf("%s: the update does not keep the period: %s", state, sent)
		}
	}
}
