package world

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/sandbox/tree"
)

// month is a day in the accounting period of all Bills.
const month = "2026-11-02"

// play goes through the troubles until all Bills are handed over and all crashes
// are through, and then until everything is settled.
func (w *world) play() error {
	l, err := w.begin()
	if err != nil {
		return err
	}
	for ; w.at < len(w.feed) || len(w.lives) <= w.crashes() && w.step < w.span()+200; w.step++ {
		w.rnd = w.draws("step", w.step)
		w.change()
		if l, err = w.wait(l, time.Duration(1+w.rnd.Int64N(int64(20*time.Second)))); err != nil {
			return err
		}
		w.checkTaken()
		if w.stop() {
			return nil
		}
		if w.o.Script.act(w.step) {
			w.act(l)
		}
	}
	w.endTroubles(l)
	for began := time.Now(); ; {
		if l, err = w.wait(l, 2*time.Minute); err != nil {
			return err
		}
		w.checkTaken()
		open, err := w.mend(l)
		if err != nil {
			return err
		}
		if open == 0 && w.travelling.Load() == 0 || w.stop() {
			break
		}
		if time.Since(began) > settleWithin {
			for _, r := range w.runs(l) {
				if !r.Status.Settled() || r.NeedsPerson() || r.Proof == integration.Pending {
					w.rules.breach(r.EntityID, "long after the troubles %s version %d is %s %s, proof %q, next %s: %s", r.EntityID, r.BillVersion,
						r.Status, r.Cause, r.Proof, r.Next, r.Error)
				}
			}
			w.rules.breach("LIFE", "%d things are not settled long after the troubles, %d events untold", open, w.untold(l))
			return nil
		}
	}
	if !w.stop() {
		w.judge(l)
	}
	return nil
}

// settleWithin is how long after the troubles all must be settled: a day is what a
// run may be retried, as billferry promises.
const settleWithin = 26 * time.Hour

// stop tells whether the world has shown what it can show.
func (w *world) stop() bool {
	return w.rules.failed() || w.o.Most > 0 && w.rules.sends() >= w.o.Most
}

// wait lets time pass, and begins the next life when one has ended.
func (w *world) wait(l *life, d time.Duration) (*life, error) {
	select {
	case <-time.After(d):
	case <-l.dead:
	}
	if !l.gone() {
		w.turns.take("people", l.dead)
	}
	if !l.gone() {
		return l, nil
	}
	if err := l.end(); err != nil {
		return nil, err
	}
	// It is started again, at a moment that does not depend on how the dead ended.
	time.Sleep(time.Until(l.died.Add(dying + time.Duration(w.rnd.Int64N(int64(time.Minute))))))
	next, err := w.begin()
	if err == nil {
		w.turns.take("people", next.dead)
	}
	return next, err
}

// dying is longer than what is left of a life takes to end.
const dying = 10 * time.Second

// act is one thing that people, m3ter, NetSuite or the clock do.
func (w *world) act(l *life) {
	if in := w.pick(l); (!in.Authorized || !in.Enabled) && w.rnd.IntN(2) == 0 {
		w.connect(l, in)
	}
	if w.amending.on && w.rnd.IntN(2) == 0 {
		w.finalize()
	}
	switch p := w.rnd.IntN(100); {
	case p < 2:
		w.comeAndGo(l)
	case p < 4:
		w.purge(l)
	case p < 30 && w.byPlan:
		w.planning(l)
	case p < 40:
	case p < 48:
		w.submit(l)
	case p < 50:
		w.closeEvent(l)
	case p < 54:
		w.unmap(l)
	case p < 55:
		w.pull(l)
	case p < 63:
		w.onRun(l, "retry", failed)
	case p < 67:
		w.onRun(l, "hold", func(r integration.Run) bool {
			return !r.Status.Settled() && (r.Outcome != integration.Held || r.WaitsForPlan())
		})
	case p < 72:
		w.onRun(l, "release", heldByPerson)
	case p < 74:
		w.onRun(l, "skip", failed)
	case p < 75:
		w.onRun(l, "mark", failed)
	case p < 76:
		w.retryAll(l)
	case p < 79:
		w.configure(l)
	case p < 81:
		w.disable(l)
	case p < 84:
		w.period(!w.shut)
	case p < 89 && w.on("clock") && !w.purging: // of two runs the one that was made first goes first
		w.setClock()
	case p < 92:
		w.did("NetSuite forgets all tokens")
		w.ns.ExpireTokens()
	case p < 94:
		n := 1 + w.rnd.IntN(8)
		w.did("NetSuite has other slots")
		w.ns.SetConcurrency(n)
	case p < 98:
		w.inNetSuite()
	default:
		w.did("nothing for long")
		select {
		case <-time.After(time.Duration(w.rnd.Int64N(int64(time.Hour)))):
		case <-l.dead:
		}
	}
}

// did notes what somebody did, and after a colon what came of it.
func (w *world) did(what string) {
	kind, _, _ := strings.Cut(what, ": ")
	w.acts[kind]++
	w.history.add("%s", what)
}

// onRun does something to a run that it fits.
func (w *world) onRun(l *life, what string, fits func(integration.Run) bool) {
	var of []integration.Run
	for _, r := range w.runs(l) {
		if fits(r) {
			of = append(of, r)
		}
	}
	if len(of) == 0 {
		return
	}
	w.do(l, what, of[w.rnd.IntN(len(of))])
}

// actOn asks the API for what people do to a run.
func (l *life) actOn(what string, runs ...integration.Run) answer {
	var ids []string
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	switch what {
	case "hold":
		return l.ask(operator, http.MethodPost, "/runs/hold", map[string]any{"runIds": ids, "reason": "to be looked at"})
	case "skip":
		return l.ask(operator, http.MethodPost, "/runs/"+ids[0]+"/skip", map[string]any{"reason": "not to be sent"})
	case "mark":
		return l.ask(operator, http.MethodPost, "/runs/"+ids[0]+"/sent",
			map[string]any{"externalId": "4711", "reason": "it is there by other means", "confirmed": true})
	default: // retry, release
		return l.ask(operator, http.MethodPost, "/runs/"+what, map[string]any{"runIds": ids})
	}
}

// do acts on a run, or retries or releases several.
func (w *world) do(l *life, what string, runs ...integration.Run) {
	if len(runs) == 0 {
		return
	}
	said := l.actOn(what, runs...)
	if (what == "skip" || what == "mark") && said.done(l) {
		w.byHand[runs[0].EntityID] = true
	}
	w.acts[what] += len(runs)
	for _, r := range runs {
		w.history.add("people %s %s version %d (%s %s): %d", what, r.EntityID, r.BillVersion, r.Status, r.Cause, said.status)
	}
}

// runs is all of them, oldest first.
func (w *world) runs(l *life) []integration.Run {
	var out []integration.Run
	for token := ""; ; {
		p, err := l.store.Runs(context.Background(), integration.RunFilter{Oldest: true}, token, 500)
		if err != nil {
			if !l.gone() {
				w.rules.breach("LIFE", "list the runs: %v", err)
			}
			return nil
		}
		out = append(out, p.Runs...)
		if token = p.Next; token == "" {
			return out
		}
	}
}

func (w *world) disable(l *life) {
	w.enable(l, w.pick(l), false)
}

const periodIs = "NetSuite's period is "

func (w *world) period(shut bool) {
	to := suitetalk.Open
	if shut {
		to = suitetalk.Closed
	}
	if err := w.ns.SetPeriod(month, to); err != nil {
		w.rules.breach("LIFE", "%v", err)
	}
	w.shut = shut
	w.did(periodIs + string(to))
}

// setClock steps the clock of this machine: by seconds, or so far that NetSuite
// refuses the login. A step forward while a request is under way that nobody
// waits for would make a short time look long: no program can tell.
func (w *world) setClock() {
	d := time.Duration(w.rnd.IntN(100)-50) * time.Second
	if w.rnd.IntN(4) == 0 {
		d = time.Duration(w.rnd.IntN(600)-300) * time.Minute
	}
	if d > time.Minute && w.travelling.Load() > 0 {
		return
	}
	w.set(d)
}

func (w *world) set(d time.Duration) {
	if w.offset.Swap(int64(d)) != int64(d) {
		w.stepped.Add(1)
		w.did("the clock is set")
	}
}

// inNetSuite is what accountants do there whatever the settings: delete, void, pay.
func (w *world) inNetSuite() {
	docs := slices.DeleteFunc(w.ns.Invoices(), func(d tree.Value) bool { return billOf(d.TextOf("externalId")) == "" })
	if len(docs) > 0 {
		w.onDocument(&docs[w.rnd.IntN(len(docs))], []string{"delete", "void", "pay"}[w.rnd.IntN(3)])
	}
}

func must(d decimal.D, err error) decimal.D {
	if err != nil {
		panic(err)
	}
	return d
}
