package suitetalk

import (
	"fmt"
	"slices"
	"strings"

	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/tree"
)

// periodOf is the accounting month a date falls in.
func (d *db) periodOf(date string) *entry {
	for _, p := range d.tables[typePeriod].rows {
		f := &p.fields
		if f.Get("isYear").IsTrue() || f.Get("isQuarter").IsTrue() {
			continue
		}
		if f.TextOf("startDate") <= date && date <= f.TextOf("endDate") {
			return p
		}
	}
	return nil
}

// shut tells whether the role may not post to the period: into a closed one
// nobody may, into a locked one only who has Override Period Restrictions.
func (d *db) shut(p *entry) bool {
	if p == nil || p.fields.Get("closed").IsTrue() {
		return true
	}
	return !d.override && (p.fields.Get("arLocked").IsTrue() || p.fields.Get("allLocked").IsTrue())
}

// settlePeriod finds the posting period of t and refuses one that is shut.
func (d *db) settlePeriod(t *transaction, isNew bool, named *tree.Value) *reply {
	p := d.periodOf(t.date)
	if named != nil && named.Kind != tree.Null {
		asked, no := d.reference(typePeriod, named, "postingPeriod")
		if no != nil {
			return no
		}
		outside := d.profile.DateOutsidePeriod
		if asked != p && outside != account.Allow && outside != account.Warn {
			return userError("The transaction date you specified is not within the date range of your accounting period.")
		}
		p = asked
	}
	if isNew && d.shut(p) {
		return userError(fmt.Sprintf("Insert Transaction Failure: No valid, open, posting period for date - %s. "+
			"Please visit Setup > Manage Accounting Periods to set up a new accounting period.", american(t.date)))
	}
	t.period = p
	return nil
}

// quiet are the fields without G/L effect: they may change in a closed period.
var quiet = names(`memo otherRefNum message email toBeEmailed toBePrinted externalId`)

// moved refuses what may not happen to a transaction in, or into, a period
// that is shut.
func (d *db) moved(was, now *transaction, c change) *reply {
	if was.period != now.period && (d.shut(was.period) || d.shut(now.period)) {
		return userError("You cannot move a transaction to or from a closed period.")
	}
	if !d.shut(was.period) {
		return nil
	}
	for _, m := range c.body.Members {
		low := lower(m.Name)
		if quiet[low] == "" && !strings.HasPrefix(low, "custbody") && readOnly[low] == "" {
			return userError("You cannot change the G/L impact of a transaction in a closed period.")
		}
	}
	return nil
}

// american writes a date as the account's preference has it: M/D/YYYY.
func american(date string) string {
	var y, m, d int
	if _, err := fmt.Sscanf(date, "%d-%d-%d", &y, &m, &d); err != nil {
		return date
	}
	return fmt.Sprintf("%d/%d/%d", m, d, y)
}

// PeriodState is what SetPeriod makes of a period.
type PeriodState string

// The states of an accounting period.
const (
	Open   PeriodState = "open"
	Locked PeriodState = "lock"
	Closed PeriodState = "close"
)

// fillPeriods makes the accounting periods; those that the profile leaves out are
// there to be set up.
func (d *db) fillPeriods(list []seed.Period) {
	lastDay := d.now().UTC().Format("2006") + "-12-31"
	for _, p := range list {
		if d.profile.PeriodsThisYear && p.Start > lastDay {
			d.later = append(d.later, p)
			continue
		}
		d.addPeriod(p)
	}
}

func (d *db) addPeriod(p seed.Period) {
	d.tables[typePeriod].add(&entry{id: p.ID, name: p.Name, fields: tree.Obj(
		tree.M("periodName", tree.Str(p.Name)), tree.M("startDate", tree.Str(p.Start)), tree.M("endDate", tree.Str(p.End)),
		tree.M("isYear", tree.Boolean(p.Kind == "year")), tree.M("isQuarter", tree.Boolean(p.Kind == "quarter")),
		tree.M("isAdjust", tree.Boolean(false)),
		tree.M("closed", tree.Boolean(p.Closed)), tree.M("arLocked", tree.Boolean(p.Locked || p.Closed)),
		tree.M("allLocked", tree.Boolean(p.Closed)))})
}

// setUp makes the periods of a year that has none yet.
func (d *db) setUp(year string) bool {
	n := len(d.later)
	d.later = slices.DeleteFunc(d.later, func(p seed.Period) bool {
		if !strings.HasPrefix(p.Start, year+"-") {
			return false
		}
		d.addPeriod(p)
		return true
	})
	return len(d.later) < n
}

// LastClosed is the first day of the latest month that is closed; "" when none is.
func (s *Server) LastClosed() (start string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, p := range s.db.tables[typePeriod].rows {
		is := func(flag string) bool { return p.fields.Get(flag).IsTrue() }
		if at := p.fields.TextOf("startDate"); !is("isYear") && !is("isQuarter") && is("closed") && at > start {
			start = at
		}
	}
	return start
}

// SetPeriod opens, locks or closes the period with that id, or the month that
// a civil date falls in. A year that has no periods yet is set up by opening it.
func (s *Server) SetPeriod(idOrDate string, to PeriodState) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(idOrDate) == 4 && to == Open && s.db.setUp(idOrDate) {
		return nil
	}
	p := s.db.tables[typePeriod].byID[idOrDate]
	if p == nil {
		p = s.db.periodOf(idOrDate)
	}
	if p == nil {
		return fmt.Errorf("no accounting period %q: give its id or a date like 2026-10-01", idOrDate)
	}
	switch to {
	case Open, Locked, Closed:
	default:
		return fmt.Errorf("unknown state %q of an accounting period: open, lock or close", to)
	}
	p.fields.Set("closed", tree.Boolean(to == Closed))
	p.fields.Set("arLocked", tree.Boolean(to != Open))
	p.fields.Set("allLocked", tree.Boolean(to == Closed))
	return nil
}
