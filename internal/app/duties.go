package app

import (
	"context"
	"slices"
	"strings"
	"sync"

	"billferry/internal/plan"
	"billferry/internal/service"
	"billferry/store/postgres"
)

// duties are what one process does for all that share a store, until ctx ends.
func (a *App) duties(ctx context.Context) []func() {
	out := []func(){
		func() { a.purgeAll(ctx) }, func() { a.watchCertificates(ctx) }, func() { a.notifier.Run(ctx) }, func() { a.followPlans(ctx) },
	}
	if a.cfg.PollEvery >= 0 {
		out = append(out, func() { a.poll(ctx) }, func() { a.mappings.follow(ctx) })
	}
	return out
}

// beginDuties does them until end is called, which returns when they have ended.
func (a *App) beginDuties() (end func()) {
	ctx, cancel := context.WithCancel(a.running)
	var all sync.WaitGroup
	for _, f := range a.duties(ctx) {
		all.Go(f)
	}
	a.kickRequeue() // who had them may have left something
	return func() {
		cancel()
		all.Wait()
	}
}

// others does what changes that other processes committed ask for.
func (a *App) others(changes []postgres.Change) {
	wakes := false
	for _, c := range changes {
		wakes = wakes || c.Wakes || c.Kind == ""
		switch c.Kind {
		case "":
			a.keys.forget()
			a.changed(service.AnyChange, "")
			a.plans.kick()
		case "note":
			a.noteChanged(c.ID)
		case "source":
			a.changed(c.Kind, c.ID)
			a.source.again()
		default:
			a.changed(c.Kind, c.ID)
		}
	}
	if !wakes {
		return
	}
	a.engine.Wake()
	if a.cluster != nil && slices.ContainsFunc(changes, func(c postgres.Change) bool { return c.Kind != "run" }) {
		a.cluster.kick()
	}
}

// noteChanged does what a change of a small thing asks for.
func (a *App) noteChanged(key string) {
	id, isPlan := strings.CutPrefix(key, planHeads)
	switch {
	case isPlan:
		if stop, ok := a.plans.under.Load(id); ok {
			if p, err := a.planHead(a.running, id); err == nil && p.State == plan.Stopping {
				stop.(context.CancelFunc)()
			}
		}
		a.changed("plan", id)
		a.plans.kick()
	case strings.HasPrefix(key, planFar):
		a.changed("plan", strings.TrimPrefix(key, planFar))
	case key == polledMeta:
		a.changed("source", "")
	case key == filtersMeta:
		a.changed("filter", "")
	case key == keysMeta:
		a.keys.forget()
	}
}
