package runs

import (
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/runfilter"
)

// typeKey handles a key of the filter line: tab completes, enter keeps a line
// that reads, and a pause applies what has been typed so far.
func (s *Screen) typeKey(m tea.KeyMsg) tea.Cmd {
	switch m.String() {
	case "tab":
		if len(s.offers) > 0 {
			s.filter.SetValue(s.offers[0])
			return s.typedNow()
		}
		return nil
	case "enter":
		if s.parse(); s.wrong != nil {
			return nil // the fault stands on the screen; nothing typed is lost
		}
		s.filter.Key(m)
		return s.applyAgain()
	case "esc":
		s.filter.Key(m)
		return s.apply()
	}
	if s.filter.Key(m) {
		return s.typedNow()
	}
	return nil
}

// applyAgain reads the rows even if the filter is the same by now: parse has
// taken it already, and the pause before it has not come.
func (s *Screen) applyAgain() tea.Cmd {
	s.typed++
	s.offers = nil
	if s.groups != nil {
		return s.loadGroups()
	}
	return s.reload(false)
}

func (s *Screen) typedNow() tea.Cmd {
	s.typed++
	s.offers = runfilter.Complete(s.filter.Value(), s.seen())
	_, s.wrong = runfilter.Parse(s.filter.Value(), s.env.Now())
	gen := s.typed
	return tea.Tick(typedAfter, func(time.Time) tea.Msg { return typedMsg{s, gen} })
}

// seen gathers words of the loaded rows to complete with.
func (s *Screen) seen() runfilter.Known {
	var k runfilter.Known
	add := func(to *[]string, v string) {
		if v != "" && len(*to) < 20 && !slices.Contains(*to, v) {
			*to = append(*to, v)
		}
	}
	for _, rows := range s.pages.rows {
		for _, r := range rows {
			add(&k.Causes, r.Cause)
			add(&k.Accounts, r.AccountCode)
			add(&k.Currencies, r.Currency)
		}
	}
	slices.Sort(k.Causes)
	slices.Sort(k.Accounts)
	slices.Sort(k.Currencies)
	return k
}
