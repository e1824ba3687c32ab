package suitetalk

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"billferry/internal/sandbox/fault"
)

// Stats counts what came in.
type Stats struct {
	mu        sync.Mutex
	n         int64
	byStatus  map[int]int64
	tokens    int64
	refusals  map[string]int64 // at the token endpoint, by the reason of NetSuite's login audit trail
	creates   map[string]int   // by externalId
	unnamed   int64            // creates without an externalId
	updates   int64
	deletes   int64
	dupes     int64 // creates refused because the externalId is taken
	firstCall time.Time
	lastReply time.Time
}

func newStats() *Stats {
	return &Stats{byStatus: map[int]int64{}, refusals: map[string]int64{}, creates: map[string]int{}}
}

func (s *Stats) requests() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

func (s *Stats) count(rep *reply, began time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	status := 0 // the connection was dropped
	if rep != nil {
		status = rep.status
	}
	s.byStatus[status]++
	if s.firstCall.IsZero() {
		s.firstCall = began
	}
	s.lastReply = time.Now()
}

func (s *Stats) created(externalID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if externalID == "" {
		s.unnamed++
		return
	}
	s.creates[externalID]++
}

func (s *Stats) add(counter *int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*counter++
}

func (s *Stats) tokenRefused(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[reason]++
}

// Snapshot is the statistics at one moment.
type Snapshot struct {
	Requests            int64                `json:"requests"` // to the web services; tokens are apart
	ByStatus            map[string]int64     `json:"by_status"`
	TokenRequests       int64                `json:"token_requests"`
	TokenRefusals       map[string]int64     `json:"token_refusals"` // by NetSuite's audit trail reason
	Limit               int                  `json:"concurrency_limit"`
	HighestConcurrency  int                  `json:"highest_concurrency"`
	ConcurrencyRefusals int64                `json:"refusals"`
	Creates             int64                `json:"creates"`
	Updates             int64                `json:"updates"`
	Deletes             int64                `json:"deletes"`
	RefusedDuplicates   int64                `json:"refused_duplicates"` // a second create was tried and refused
	DuplicateCreates    int64                `json:"duplicate_creates"`  // a second create was accepted: must stay 0
	CreatesWithoutID    int64                `json:"creates_without_external_id"`
	CreatesByExternalID map[string]int       `json:"creates_by_external_id"`
	Faults              map[fault.Kind]int64 `json:"faults"`
	SlotSeconds         float64              `json:"slot_seconds"` // time that slots were in use, added up
	SpanSeconds         float64              `json:"span_seconds"` // first call to last answer

	// How full the slots were from the first admission to that of the last write,
	// which leaves out the tail: see Fill.
	FillSlotSeconds     float64 `json:"fill_slot_seconds"`     // slot-seconds in use in that span
	FillCapacitySeconds float64 `json:"fill_capacity_seconds"` // slot-seconds there were in it, a changed limit counted as it was
	FillSpanSeconds     float64 `json:"fill_span_seconds"`     // how long it was
}

// Fill is the share of the slots in use between the first admission and that
// of the last write, 0 to 1; 0 when nothing was written after the first.
func (s Snapshot) Fill() float64 {
	if s.FillCapacitySeconds == 0 {
		return 0
	}
	return s.FillSlotSeconds / s.FillCapacitySeconds
}

// Stats is the statistics as of now.
func (s *Server) Stats() Snapshot {
	out := Snapshot{ByStatus: map[string]int64{}, TokenRefusals: map[string]int64{}, CreatesByExternalID: map[string]int{},
		Faults: s.o.Faults.Struck()}
	s.limiter.report(&out, time.Now())

	st := s.stats
	st.mu.Lock()
	defer st.mu.Unlock()
	out.Requests, out.TokenRequests, out.Updates, out.Deletes = st.n, st.tokens, st.updates, st.deletes
	out.RefusedDuplicates, out.CreatesWithoutID = st.dupes, st.unnamed
	out.Creates = st.unnamed
	for code, n := range st.byStatus {
		name := strconv.Itoa(code)
		if http.StatusText(code) == "" {
			name = "dropped"
		}
		out.ByStatus[name] = n
	}
	for reason, n := range st.refusals {
		out.TokenRefusals[reason] = n
	}
	for id, n := range st.creates {
		out.CreatesByExternalID[id] = n
		out.Creates += int64(n)
		out.DuplicateCreates += int64(n - 1)
	}
	out.SpanSeconds = st.lastReply.Sub(st.firstCall).Seconds()
	return out
}
