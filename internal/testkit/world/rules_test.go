package world

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"billferry/internal/integration"
)

// lateFor is how long after a request without an answer a document of the other
// kind may not be made: netsuite.Options.Late.
const lateFor = 15 * time.Minute

// rules watch the wire. NetSuite's own refusal of a second document under one
// external id hides most breaks of "exactly once" from what it holds in the end.
type rules struct {
	w *world

	mu      sync.Mutex
	n       int64 // what went over the wire
	made    map[string]*trace
	inUse   map[*life]int
	most    int             // slots that the settings allow now, or allowed for what is still under way
	lost    map[string]bool // Bills of which an update got no good answer
	secrets []string
	heads   *heads // see secretHeads
	broken  []breach
	creates int
	writes  int // creates and updates

	ofBill     map[string][]string // the external ids of a Bill
	amendments map[string]amended  // by external id
	finals     map[string]since    // when a document became final, by how and its id
	read       map[string]int64    // when it was last asked for that, by the same
}

// breach is a rule that was broken.
type breach struct {
	rule string // the same for each breach of it
	bill string // or LIFE
	text string
}

func (b breach) String() string { return b.text }

// trace is what the wire knows of one external id.
type trace struct {
	open  int   // creates that are under way
	doubt bool  // a create left, and no look-up since said that there is nothing
	heard bool  // the last one was answered: the document was there
	ended int64 // when the last one ended
	// silent is when the last one ended that got no answer. It may make the document
	// again, however often that was seen: a person may have deleted it.
	silent time.Time
	steps  int // of the clock, until then

	unseen  bool      // something was sent about it, and it was not read since
	there   bool      // as it was read last
	changed time.Time // when a change of it last ended that got no answer
	since   int       // steps of the clock, until then
}

func newRules(w *world) *rules {
	return &rules{w: w, made: map[string]*trace{}, lost: map[string]bool{}, inUse: map[*life]int{}, ofBill: map[string][]string{},
		amendments: map[string]amended{}, finals: map[string]since{}, read: map[string]int64{}}
}

// breach notes that something does not hold.
func (r *rules) breach(bill, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(bill, format, args...)
}

func (r *rules) note(bill, format string, args ...any) {
	if len(r.broken) < 3 {
		text := fmt.Sprintf("after %d sends: ", r.writes) + fmt.Sprintf(format, args...) + "\n" + r.w.history.about(bill)
		r.broken = append(r.broken, breach{format, bill, text})
	}
}

func (r *rules) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.broken) > 0
}

func (r *rules) sends() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.writes
}

func (r *rules) trace(ext string) *trace {
	t := r.made[ext]
	if t == nil {
		t = &trace{}
		r.made[ext] = t
		r.ofBill[billOf(ext)] = append(r.ofBill[billOf(ext)], ext)
	}
	return t
}

// leaves is called when a request goes out, and notes in it when that was and whether
// it is a create of what was sent before.
func (r *rules) leaves(l *life, m *message) {
	intended, planned := true, true
	if m.write() {
		intended, planned = l.allowed(*m)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	m.left = r.n
	if m.write() {
		r.writes++
	}
	if m.document() {
		r.inUse[l]++
		if r.inUse[l] > r.most {
			r.note(m.bill, "%d requests about documents at once, and %d slots", r.inUse[l], r.most)
		}
	}
	if !planned {
		r.note(m.bill, "%s is sent by %s, and no approved plan that is applied has just that", m.ext, m.method)
	}
	if m.write() {
		r.beside(*m)
	}
	if m.update() {
		r.changes(*m)
		r.trace(m.ext).unseen = true
	}
	if !m.create() {
		return
	}
	r.creates++
	if m.bill == "" {
		r.note("LIFE", "a document without an external id of ours: %s", m.body)
		return
	}
	if !intended {
		r.note(m.bill, "%s is sent and its intent is not on disk", m.ext)
	}
	alone := []string{"m3b-" + m.bill, "m3c-" + m.bill} // what an amendment stands beside, and the others do not
	if isAmendment(m.ext) {
		alone = []string{m.ext}
	}
	for _, ext := range alone {
		t := r.trace(ext)
		switch {
		case t.open > 0:
			r.note(m.bill, "%s is sent while %s is on its way", m.ext, ext)
		case t.doubt:
			r.note(m.bill, "%s is sent, and nobody looked whether there is %s since that was", m.ext, ext)
		case ext != m.ext && !t.silent.IsZero() && time.Since(t.silent) < lateFor && t.steps == r.w.steps():
			r.note(m.bill, "%s is sent %s after %s, which may still come through", m.ext, time.Since(t.silent), ext)
		}
	}
	own := r.trace(m.ext)
	m.again = own.ended > 0
	own.open++
	own.doubt, own.unseen, own.heard = true, true, false
}

// returns is called when a request has come back, or its client knows that it
// will not.
func (r *rules) returns(l *life, m message, a reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	if m.document() {
		r.inUse[l]--
	}
	switch {
	case m.update():
		if !a.whole() || a.status >= 300 {
			r.lost[m.bill] = true
		}
		if t := r.trace(m.ext); !a.whole() || a.status >= 500 {
			t.changed, t.since = time.Now(), r.w.steps()
		}
	case m.create() && m.bill != "":
		t := r.trace(m.ext)
		t.open--
		t.ended = r.n
		switch {
		case a.err == nil && a.status/100 == 2: // it is there
			t.heard = true
		case !a.whole() || a.status >= 500:
			t.silent, t.steps = time.Now(), r.w.steps()
		case !strings.Contains(string(a.body), "already exists"):
			t.doubt, t.unseen = false, false // it was refused, and did nothing
		}
	case m.method == http.MethodGet && m.bill != "" && a.whole():
		t := r.trace(m.ext)
		switch {
		case t.open > 0:
		case a.status == http.StatusNotFound, a.status == http.StatusBadRequest && !strings.Contains(string(a.body), "CONCURRENCY"):
			t.doubt = false
		case a.status == http.StatusOK && strings.Contains(string(a.body), `"Voided"`):
			t.doubt = false // it does not count
		}
	}
	r.saw(m, a)
}

// unheard tells whether an update of a Bill's document may have come later than
// its answer.
func (r *rules) unheard(bill string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost[bill] || r.lost[""]
}

// allow says how many slots the settings allow. What is under way ends first.
func (r *rules) allow(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, used := range r.inUse {
		n = max(n, used)
	}
	r.most = n
}

// secret remembers what must not be written anywhere.
func (r *rules) secret(body []byte) {
	var v struct {
		Token string `json:"access_token"`
	}
	if json.Unmarshal(body, &v) == nil && v.Token != "" {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.secrets = append(r.secrets, v.Token)
	}
}

// allowed tells whether the disk knows that a document may be made, and whether a plan
// has what is written, where one is asked for.
func (l *life) allowed(m message) (intended, planned bool) {
	page, err := l.store.Runs(context.Background(), integration.RunFilter{BillID: m.bill}, "", 50)
	if err != nil || l.gone() {
		return l.gone(), l.gone()
	}
	i := slices.IndexFunc(page.Runs, func(run integration.Run) bool {
		return run.Status == integration.Started && run.InFlight &&
			slices.ContainsFunc(run.Doubt, func(d integration.Doc) bool { return d.ExternalID == m.ext })
	})
	if i >= 0 && isAmendment(m.ext) {
		l.w.rules.amends(l, m, page.Runs[i])
	}
	return i >= 0 || !m.create(), !l.w.byPlan || !m.write() || l.planned(m, page.Runs)
}
