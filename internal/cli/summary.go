package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"billferry/internal/integration"
)

// summary is what send prints at its end.
type summary struct {
	Bills    int                          `json:"bills"`
	Unread   int                          `json:"unreadable"`
	Left     int                          `json:"left"` // not settled when it stopped
	Elapsed  float64                      `json:"seconds"`
	ByStatus map[integration.Status]tally `json:"byStatus"`
	ByCause  map[string]int               `json:"byCause,omitempty"`
	ByProof  map[integration.Proof]int    `json:"byProof,omitempty"` // of what was delivered
	Money    map[string]integration.Money `json:"money"`             // by currency, each Bill once
}

type tally struct {
	Bills    int                         `json:"bills"`
	Outcomes map[integration.Outcome]int `json:"outcomes,omitempty"`
}

func summarise(runs []integration.Run, bad int, elapsed time.Duration) summary {
	s := summary{Bills: len(runs), Unread: bad, Elapsed: elapsed.Seconds(), ByStatus: map[integration.Status]tally{},
		ByCause: map[string]int{}, ByProof: map[integration.Proof]int{}, Money: map[string]integration.Money{}}
	for _, r := range runs {
		t := s.ByStatus[r.Status]
		if t.Outcomes == nil {
			t.Outcomes = map[integration.Outcome]int{}
		}
		t.Bills++
		if r.Outcome != "" {
			t.Outcomes[r.Outcome]++
		}
		s.ByStatus[r.Status] = t
		if r.Status.Failed() && r.Cause != "" {
			s.ByCause[r.Cause]++
		}
		if !r.Status.Settled() {
			s.Left++
		}
		if r.Proof != "" {
			s.ByProof[r.Proof]++
		}
		if m := r.Figures(); r.Currency != "" && !m.IsZero() {
			s.Money[r.Currency] = s.Money[r.Currency].Plus(m)
		}
	}
	return s
}

// proofs counts the Bills that have one, of any kind.
func (s summary) proofs() (n int) {
	for _, of := range s.ByProof {
		n += of
	}
	return n
}

// undelivered counts Bills that are not where, or what, they should be.
func (s summary) undelivered() int {
	n := s.Unread + s.Left + s.ByProof[integration.Drift]
	for st, t := range s.ByStatus {
		if st.Failed() {
			n += t.Bills
		}
	}
	return n
}

// summarise prints what became of the Bills, also when sending was cut short.
func (e *env) summarise(w *waiter, bad int, cut bool, cause error) error {
	waited := errors.Is(cause, errWaited)
	if waited {
		cause = nil
	}
	stopped := errors.Is(cause, context.Canceled)
	runs, err := w.results(context.Background()) // also after Ctrl-C: say what is left
	if err != nil {
		if cause != nil && !stopped {
			return cause // which is why there are no results
		}
		return err
	}
	s := summarise(runs, bad, time.Since(w.start))
	if err := e.print(s, s.write); err != nil {
		return err
	}
	if waited {
		e.say("waited %s: %d bills are left. They are on disk; send, serve or the terminal UI goes on with them.", w.limit, s.Left)
	}
	if stopped && s.Left > 0 {
		e.say("stopped: %d bills are left. They are on disk; send, serve or the terminal UI goes on with them.", s.Left)
	}
	if stopped && cut {
		e.say("stopped before the end of the file: send it again for the rest; what arrived is not sent twice.")
	}
	if n := planned(runs); n > 0 {
		e.say("%s for a plan: 'billferry plan' makes one, for another person to approve.", manyWait(n))
	}
	switch {
	case cause != nil && !stopped:
		return cause
	case s.undelivered() > 0 || cut:
		return errNotDelivered
	}
	return nil
}

// planned counts the runs that wait for a plan.
func planned(runs []integration.Run) (n int) {
	for i := range runs {
		if runs[i].WaitsForPlan() {
			n++
		}
	}
	return n
}

func manyWait(n int) string {
	if n == 1 {
		return "1 bill waits"
	}
	return fmt.Sprintf("%d bills wait", n)
}

func (s summary) write(w io.Writer) {
	var rows [][]string
	for _, st := range integration.Statuses {
		t, ok := s.ByStatus[st]
		if !ok {
			continue
		}
		what := ""
		for _, o := range slices.Sorted(maps.Keys(t.Outcomes)) {
			what += fmt.Sprintf("%d %s  ", t.Outcomes[o], o)
		}
		rows = append(rows, []string{string(st), strconv.Itoa(t.Bills), what})
	}
	if s.Unread > 0 {
		rows = append(rows, []string{"(unreadable)", strconv.Itoa(s.Unread), "see the messages above"})
	}
	table(w, "STATUS|>BILLS|OUTCOME", rows)
	if s.ByProof[integration.Proven] < s.proofs() {
		rows = nil
		for _, p := range integration.Proofs {
			if n := s.ByProof[p]; n > 0 {
				rows = append(rows, []string{string(p), strconv.Itoa(n)})
			}
		}
		_, _ = fmt.Fprintln(w)
		table(w, "PROOF|>BILLS", rows)
	}
	if len(s.Money) > 0 {
		_, _ = fmt.Fprintln(w)
		moneyTable(w, s.Money)
	}
	if len(s.ByCause) > 0 {
		_, _ = fmt.Fprintln(w)
		rows = nil
		for _, c := range slices.Sorted(maps.Keys(s.ByCause)) {
			rows = append(rows, []string{c, strconv.Itoa(s.ByCause[c])})
		}
		table(w, "CAUSE|>BILLS", rows)
	}
	_, _ = fmt.Fprintf(w, "\n%d bills in %.1f s\n", s.Bills+s.Unread, s.Elapsed)
}
