package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"billferry/internal/integration"
	"billferry/internal/plan"
)

// planning is one thing that people do about plans: the clerk makes and applies them,
// the controller decides on them, and sometimes one does what the other is to do.
func (w *world) planning(l *life) {
	in := w.pick(l)
	first, second := clerk, controller
	if w.rnd.IntN(6) == 0 {
		first, second = second, first
	}
	switch w.rnd.IntN(8) {
	case 0, 1, 2:
		w.makePlan(l, first, in)
	case 3:
		w.decide(l, second, in, plan.Proposed, "reject")
	case 4:
		w.decide(l, first, in, plan.Applying, "stop")
	case 5:
		w.decide(l, first, in, plan.Proposed, "apply")
	case 6:
		w.decide(l, second, in, plan.Proposed, "approve")
	default:
		w.decide(l, second, in, plan.Proposed, "approve")
		w.decide(l, first, in, plan.Approved, "apply")
	}
}

func (w *world) makePlan(l *life, who person, in integration.Integration) (p plan.Plan, ok bool) {
	err := l.ask(who, http.MethodPost, "/integrations/"+in.ID+"/plans", map[string]any{}).result(&p)
	time.Sleep(time.Millisecond) // plans are told apart by when they were made
	w.did(fmt.Sprintf("people make a plan: %s for %s, %d Bills, %v", who.id, in.Name, len(p.Bills), err != nil))
	return p, err == nil
}

// decide does something to the newest plan of a state.
func (w *world) decide(l *life, who person, in integration.Integration, of plan.State, what string) {
	var all []plan.Plan
	if l.ask(who, http.MethodGet, "/plans?integrationId="+in.ID, nil).read(&all) != nil {
		return
	}
	for _, p := range all {
		if p.State == of {
			w.onPlan(l, who, p.ID, what)
			return
		}
	}
}

func (w *world) onPlan(l *life, who person, id, what string) {
	said := l.ask(who, http.MethodPost, "/plans/"+id+"/"+what, map[string]any{"reason": "as compared with m3ter"})
	var p plan.Plan
	done := said.ok()
	if what == "apply" {
		done = said.result(&p) == nil
	}
	w.did(fmt.Sprintf("people %s a plan: %s, %t", what, who.id, done))
}

// planAll has what waits for a plan go out by one.
func (w *world) planAll(l *life, waits map[string]bool) {
	for _, in := range w.integrations(l) {
		if !waits[in.ID] {
			continue
		}
		if p, ok := w.makePlan(l, clerk, in); ok {
			w.onPlan(l, controller, p.ID, "approve")
			w.onPlan(l, clerk, p.ID, "apply")
		}
	}
}

// planned tells whether what is sent is just what an applied plan has of a run that is
// on its way, which another person has approved.
func (l *life) planned(m message, runs []integration.Run) bool {
	sent := content(m.body)
	for _, r := range runs {
		if r.Status != integration.Started || r.Plan == "" {
			continue
		}
		var p plan.Plan
		if raw, err := l.store.Meta(context.Background(), "plan/"+r.Plan); err != nil || json.Unmarshal(raw, &p) != nil ||
			p.Applied == nil || p.Decision == nil || p.Decision.By.ID == p.Author.ID || p.State == plan.Rejected {
			continue
		}
		parts, err := l.store.MetaUnder(context.Background(), "planned/"+r.Plan+"/")
		if err != nil {
			continue
		}
		for key, raw := range parts {
			if slices.ContainsFunc(l.w.plannedBills(key, raw), func(b plan.Bill) bool {
				return b.Run == r.ID && b.Refused == "" && b.External == m.ext && bytes.Equal(content(b.Body), sent)
			}) {
				return true
			}
		}
	}
	return false
}

// plannedBills reads a part of a plan's Bills, once while it stays as it is.
func (w *world) plannedBills(key string, raw []byte) (bills []plan.Bill) {
	type part struct {
		raw   []byte
		bills []plan.Bill
	}
	if was, ok := w.parts.Load(key); ok && bytes.Equal(was.(part).raw, raw) {
		return was.(part).bills
	}
	if json.Unmarshal(raw, &bills) != nil {
		return nil
	}
	w.parts.Store(key, part{raw, bills})
	return bills
}

// content is a document without its posting period: an update leaves that as it is.
func content(body []byte) []byte {
	var all map[string]json.RawMessage
	if json.Unmarshal(body, &all) != nil {
		return body
	}
	delete(all, "postingPeriod")
	raw, err := json.Marshal(all)
	if err != nil {
		return body
	}
	return raw
}
