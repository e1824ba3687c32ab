package runs

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/runfilter"
	"billferry/ui/saved"
	"billferry/ui/widget"
)

func (s *Screen) openFilter() {
	s.words = s.seen()
	s.filter.Open()
}

// typeKey handles a key of the filter line: tab completes, enter keeps a line
// that reads, and a pause applies what has been typed so far.
func (s *Screen) typeKey(m tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(m, keys.complete):
		if len(s.offers) > 0 {
			s.filter.SetValue(s.offers[0])
			return s.typedNow()
		}
		return nil
	case key.Matches(m, widget.SaveKey):
		return saved.Name(s.env, s.filter)
	case m.String() == "enter":
		changed := s.parse()
		if s.wrong != nil {
			return nil // the fault stands on the screen; nothing typed is lost
		}
		s.filter.Key(m)
		s.pause.Drop()
		s.offers, s.late = nil, false
		if !changed {
			return nil // its rows are asked for already
		}
		return s.afresh()
	case m.String() == "esc":
		s.filter.Key(m)
		return s.apply()
	}
	if s.filter.Key(m) {
		return s.typedNow()
	}
	return nil
}

// typedNow asks at once for the rows of what was typed, with two exceptions. A
// word that can still be completed is most likely half typed: it is asked for
// after a pause. And while rows of the letters before are on their way, those
// come first: a text that no index answers reads thousands of runs for a page.
func (s *Screen) typedNow() tea.Cmd {
	s.offers = runfilter.Complete(s.filter.Value(), s.words)
	_, s.wrong = runfilter.Parse(s.filter.Value(), s.env.Now())
	if len(s.offers) == 0 && s.groups == nil {
		if s.coming == nil {
			return s.take()
		}
		s.late = true
	}
	return s.pause.After(s, typedAfter, s.take)
}

// takeLate asks for the rows of what was typed while others were on their way.
func (s *Screen) takeLate() tea.Cmd {
	late := s.late
	if s.late = false; !late {
		return nil
	}
	return s.take()
}

// seen gathers words of the loaded rows to complete with, before a word that
// is half typed empties the list.
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
			add(&k.Accounts, r.AccountRef())
			add(&k.Currencies, r.Currency)
		}
	}
	slices.Sort(k.Causes)
	slices.Sort(k.Accounts)
	slices.Sort(k.Currencies)
	return k
}
