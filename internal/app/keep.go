package app

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/m3ter"
)

// Age is how long something is kept, in calendar units: seven years are not a
// number of hours. The zero value keeps for ever.
type Age struct{ Years, Days int }

// DefaultGuard is how often documents are looked at again.
const DefaultGuard = time.Hour

// DefaultKeep is how long runs are kept: what an auditor may ask for.
var DefaultKeep = Age{Years: 7}

// ParseAge reads "7y", "90d" or "0", which keeps for ever.
func ParseAge(s string) (Age, error) {
	if s == "0" {
		return Age{}, nil
	}
	for unit, age := range map[string]func(int) Age{
		"y": func(n int) Age { return Age{Years: n} }, "d": func(n int) Age { return Age{Days: n} },
	} {
		text, ok := strings.CutSuffix(s, unit)
		if n, err := strconv.Atoi(text); ok && err == nil && n > 0 && n < 100_000 {
			return age(n), nil
		}
	}
	return Age{}, fmt.Errorf("%q is not an age: say years (7y), days (90d), or 0 to keep for ever", s)
}

// String writes what ParseAge reads.
func (a Age) String() string {
	switch {
	case a.Years > 0:
		return fmt.Sprintf("%dy", a.Years)
	case a.Days > 0:
		return fmt.Sprintf("%dd", a.Days)
	}
	return "0"
}

// Set implements the value of a flag.
func (a *Age) Set(s string) (err error) {
	*a, err = ParseAge(s)
	return err
}

// Type names the value of a flag in help texts.
func (a *Age) Type() string { return "age" }

// before is the moment that lies this age before now; ok is false for ever.
func (a Age) before(now time.Time) (at time.Time, ok bool) {
	return now.AddDate(-a.Years, 0, -a.Days), a != Age{}
}

const (
	purgeFirst = time.Minute   // after the start, when what was due is on its way
	purgeEvery = 6 * time.Hour // and then
	purgeStep  = 200           // runs in one transaction
)

// purgeAll deletes what is older than Config.Keep until ctx ends.
func (a *App) purgeAll(ctx context.Context) {
	for pause := purgeFirst; wait(ctx, pause); pause = purgeEvery {
		if a.cfg.Keep == (Age{}) {
			return
		}
		if err := a.purge(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("old runs could not be deleted; it is tried again later", "error", err)
		}
	}
}

// purge deletes what is older than Config.Keep once. What m3ter may still list stays:
// the poller would bring it again as something new.
func (a *App) purge(ctx context.Context) error {
	at, ok := a.cfg.Keep.before(a.now())
	if !ok {
		return nil
	}
	if listed := a.now().Add(-cmp.Or(a.cfg.PollWindow, m3ter.DefaultWindow)); at.After(listed) {
		at = listed
	}
	return a.Purge(ctx, at)
}

// Purge deletes the settled runs from before a time. That they may be gone is on disk
// first: a Bill of that time that comes again is looked for before it is sent.
func (a *App) Purge(ctx context.Context, before time.Time) error {
	if err := delivery.Purges(ctx, a.store, before); err != nil {
		return err
	}
	n, err := a.store.Purge(ctx, before, purgeStep)
	if n > 0 {
		a.audit("retention", "delete old runs", fmt.Sprintf("%d settled runs from before %s", n, before.UTC().Format(time.DateOnly)))
	}
	return err
}
