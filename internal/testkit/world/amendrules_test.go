package world

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/mapping"
)

// amendmentsOf are the Bills by the beginning of the external ids of their amendments.
var amendmentsOf = func() map[string]string {
	out := map[string]string{}
	for i := range 1000 {
		out[mapping.AmendmentPrefix(mapping.Config{}, billName(i))] = billName(i)
	}
	return out
}()

func isAmendment(ext string) bool { return strings.HasPrefix(ext, "m3d-") }

// amended is an amendment that was sent: for which version of its Bill, and under
// which settings.
type amended struct {
	bill, integration string
	version           int64
	edits             int
}

// since is when something became so, in messages on the wire and by the clock.
type since struct {
	n  int64
	at time.Time
}

// seenWithin is how long what is final may be unknown to who changes it: a look is good
// for half a minute, and some requests take their time before the change.
const seenWithin = 10 * time.Minute

// becomes notes that a document is final from now on.
func (r *rules) becomes(id, how string) {
	if how == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if key := how + " " + id; r.finals[key].n == 0 {
		r.n++
		r.finals[key] = since{r.n, time.Now()}
	}
}

// beside holds what is written against the documents that count with it: an amendment
// is made of what stands, and where there is one, all that is written stands beside it.
func (r *rules) beside(m message) {
	for _, ext := range r.ofBill[m.bill] {
		if ext == m.ext || !isAmendment(ext) && !isAmendment(m.ext) {
			continue
		}
		t := r.made[ext]
		switch {
		case t.open > 0:
			r.note(m.bill, "%s is sent while %s is on its way", m.ext, ext)
		case t.unseen:
			r.note(m.bill, "%s is sent, and nobody looked what %s is since that was sent", m.ext, ext)
		case !t.there && r.recent(t.silent, t.steps):
			r.note(m.bill, "%s is sent %s after %s, which may still come through beside it", m.ext, time.Since(t.silent), ext)
		case isAmendment(m.ext) && r.recent(t.changed, t.since):
			r.note(m.bill, "%s is sent %s after a change of %s, which may still come through", m.ext, time.Since(t.changed), ext)
		}
	}
}

// recent tells whether what got no answer then may still come through. What is done
// after a step of the clock is not judged.
func (r *rules) recent(then time.Time, steps int) bool {
	return !then.IsZero() && time.Since(then) < lateFor && steps == r.w.steps()
}

// changes holds an update against what was known of the document: none of one that
// was final when it was read last.
func (r *rules) changes(m message) {
	id := m.path[strings.LastIndexByte(m.path, '/')+1:]
	if isAmendment(m.ext) {
		r.note(m.bill, "the amendment %s is changed", m.ext)
	}
	for _, how := range []string{paid, issued} {
		key := how + " " + id
		final := r.finals[key]
		switch {
		case final.n == 0 || how == issued && r.w.amending.issued != asFinal:
		case r.read[key] > final.n:
			r.note(m.bill, "%s is changed, which was read as final: "+how, m.ext)
		case time.Since(final.at) > seenWithin:
			r.note(m.bill, "%s is changed %s after it became final: "+how, m.ext, time.Since(final.at))
		}
	}
}

// What queries ask for: the amendments of a Bill, and whether documents were issued.
var (
	amendmentsAsked = regexp.MustCompile(`"(m3d-[0-9a-f]{12})%"`)
	issuedAsked     = regexp.MustCompile(`FROM message m WHERE m\.transaction IN \(([^)]*)\)`)
	numberIn        = regexp.MustCompile(`\d+`)
)

// saw takes what a question that left at a time was told about documents.
func (r *rules) saw(m message, a reply) {
	switch {
	case !a.whole():
	case m.method == http.MethodGet && m.document() && a.status == http.StatusOK:
		var d struct{ ID, ExternalID string }
		if json.Unmarshal(a.body, &d) != nil || d.ID == "" {
			return
		}
		r.read[paid+" "+d.ID] = m.left
		if billOf(d.ExternalID) != "" {
			r.seen(d.ExternalID, true)
		}
	case m.method == http.MethodGet && m.bill != "" && (a.status == http.StatusNotFound ||
		a.status == http.StatusBadRequest && !strings.Contains(string(a.body), "CONCURRENCY")):
		r.seen(m.ext, false)
	case m.method == http.MethodPost && a.status == http.StatusOK:
		if ids := issuedAsked.FindSubmatch(m.body); ids != nil {
			for _, id := range numberIn.FindAll(ids[1], -1) {
				r.read[issued+" "+string(id)] = m.left
			}
		}
		if prefix := amendmentsAsked.FindSubmatch(m.body); prefix != nil {
			for _, ext := range r.ofBill[amendmentsOf[string(prefix[1])]] {
				if isAmendment(ext) && !strings.Contains(strings.ToLower(string(a.body)), strings.ToLower(ext)) {
					r.seen(ext, false)
					if t := r.trace(ext); t.heard && t.open == 0 {
						t.doubt = false // somebody has deleted it; what got no answer is read by its id
					}
				}
			}
		}
	}
}

func (r *rules) seen(ext string, there bool) {
	if t := r.trace(ext); t.open == 0 {
		t.unseen, t.there = false, there
	}
}

// taken is an amendment that NetSuite has taken, and what its Bill came to with it.
type taken struct {
	ext, bill, memo string
	sum             decimal.D
	beside          []string // numbers and ids of the Bill's documents
}

// takes notes what NetSuite has made of a request.
func (w *world) takes(m message, status int) {
	if !m.create() || status/100 != 2 {
		return
	}
	var body struct{ Memo, ExternalID string }
	if err := json.Unmarshal(m.body, &body); err != nil {
		w.rules.breach(m.bill, "%s is no JSON: %v", m.ext, err)
	}
	if body.ExternalID != m.ext {
		w.rules.breach(m.bill, "NetSuite has made %q of a Bill whose document is %s", body.ExternalID, m.ext)
	}
	if !isAmendment(m.ext) {
		return
	}
	t := taken{ext: m.ext, bill: m.bill, memo: body.Memo}
	for _, d := range w.documents()[m.bill] {
		t.sum = t.sum.Add(d.net)
		if d.ext != m.ext {
			t.beside = append(t.beside, d.number, d.id)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken = append(w.taken, t)
}

// checkTaken holds what NetSuite took against the Bills: with each amendment the
// documents of a Bill come to one of its versions, no version is amended twice, and
// each names what it amends.
func (w *world) checkTaken() {
	w.mu.Lock()
	all := w.taken
	w.taken = nil
	w.mu.Unlock()
	for _, t := range all {
		w.acts["amendments"]++
		if w.byHand[t.bill] {
			continue
		}
		if !slices.ContainsFunc(t.beside, func(name string) bool { return strings.HasPrefix(t.memo, "amends "+name+" of ") }) {
			w.rules.breach(t.bill, "%s says %q, and beside it are %v", t.ext, t.memo, t.beside)
		}
		if w.amending.revenue { // it may be the first of two
			continue
		}
		if !w.comesTo(t.bill, t.sum) {
			w.rules.breach(t.bill, "with %s the documents of %s come to %s, which none of its versions does", t.ext, t.bill, t.sum)
		}
		own := w.rules.sentFor(t.ext)
		if other := w.amended[own]; other != "" && own.version > 0 && other != t.ext {
			w.rules.breach(t.bill, "%s and %s amend version %d of %s", other, t.ext, own.version, t.bill)
		}
		w.amended[own] = t.ext
	}
}

// comesTo tells whether a version of a Bill that m3ter had comes to a sum.
func (w *world) comesTo(bill string, sum decimal.D) bool {
	return slices.ContainsFunc(w.feed[:w.at], func(v version) bool { return v.bill == bill && v.worth().Equal(sum) })
}

// worth is what a document of the version comes to.
func (v version) worth() decimal.D {
	places, _ := mapping.Exponent(v.acc.Currency)
	return v.total.Round(places)
}

// amends notes which run sent an amendment first.
func (r *rules) amends(l *life, m message, run integration.Run) {
	a := amended{bill: m.bill, integration: l.named(run.IntegrationID), version: run.BillVersion, edits: int(r.w.edits.Load())}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.amendments[m.ext]; !known {
		r.amendments[m.ext] = a
	}
}

// sentFor tells what an amendment was sent for.
func (r *rules) sentFor(ext string) amended {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.amendments[ext]
}
