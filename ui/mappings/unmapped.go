package mappings

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/ui/confirm"
	"billferry/ui/listing"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// unmapped are the accounts without a customer, those that runs wait for first.
type unmapped struct {
	listing.List[Candidate]
	of     *Screen
	found  []Candidate // with those that have a customer by now
	seen   seen
	ended  error // why no more suggestions come
	asking bool  // a customer is looked for
	width  int
	asked  map[string]bool // accounts whose customer is looked for; true: and it was told
}

var unmappedKeys = struct{ form, accept, all, back key.Binding }{
	form:   key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "map by hand")),
	accept: key.NewBinding(key.WithKeys("a"), key.WithHelp("a", "accept the suggestion")),
	all:    key.NewBinding(key.WithKeys("A"), key.WithHelp("A", "accept all exact ones")),
	back:   key.NewBinding(key.WithKeys("U"), key.WithHelp("U", "back to the mappings")),
}

func (s *Screen) unmappedKeys() []screen.Key {
	u := s.unmapped
	c, _ := u.Selected()
	return u.Keys(
		screen.Key{Binding: unmappedKeys.form, Footer: true, Disabled: u.Unless(false, "")},
		screen.Key{Binding: unmappedKeys.accept, Footer: true, Disabled: u.Act(c.strength == noMatch, "there is no suggestion for this account")},
		screen.Key{Binding: unmappedKeys.all, Footer: true, Disabled: u.Unless(len(u.exact()) == 0, "no suggestion is exact")},
		screen.Key{Binding: unmappedKeys.back, Footer: true},
	)
}

// without leaves out the accounts that have a customer by now.
func (u *unmapped) without(mappings []integration.ExternalMapping) {
	u.All = without(u.of.words(), mappings, u.found)
	u.Choose()
	u.layout()
}

// suggestNext looks for the customer of the next account: one at a time and no
// more than suggestAhead unseen, because the destination's slots are for
// invoices; those in view first, then those that most runs wait for.
func (s *Screen) suggestNext() tea.Cmd {
	u := s.unmapped
	if u == nil || u.ended != nil || u.asking {
		return nil
	}
	from, to := u.Rows.Window()
	for i := range to - from + min(len(u.Shown), suggestAhead) {
		at := from + i
		if at >= to {
			at = i - (to - from)
		}
		c := u.Shown[at]
		if _, asked := u.asked[c.ID]; asked {
			continue
		}
		id := s.asks("")
		if id == "" {
			u.ended = fmt.Errorf("no integration is connected to %s: connect one to get suggestions", s.words().System)
			return nil
		}
		u.asked[c.ID], u.asking = false, true
		svc := s.env.Service
		return load.Do(&u.List, load.Deadline, func(ctx context.Context) (Candidate, error) { return Suggest(ctx, svc, id, c) }, s.suggested)
	}
	return nil
}

func (s *Screen) suggested(got Candidate, err error) tea.Cmd {
	u := s.unmapped
	if u == nil {
		return nil
	}
	u.asking = false
	if u.ended = err; err != nil {
		return nil // it stands at the top of the list
	}
	u.asked[got.ID] = true
	for _, list := range [][]Candidate{u.found, u.All, u.Shown} {
		if i := slices.IndexFunc(list, func(c Candidate) bool { return c.ID == got.ID }); i >= 0 {
			list[i].Customer, list[i].strength = got.Customer, got.strength
		}
	}
	u.layout()
	return s.suggestNext()
}

// exact are the accounts whose suggestion can be accepted unseen.
func (u *unmapped) exact() []Candidate {
	var out []Candidate
	for _, c := range u.Shown {
		if c.strength == exact {
			out = append(out, c)
		}
	}
	return out
}

// unasked is how many accounts no customer was looked for yet.
func (u *unmapped) unasked() int {
	n := 0
	for _, c := range u.Shown {
		if _, asked := u.asked[c.ID]; !asked {
			n++
		}
	}
	return n
}

func (s *Screen) unmappedKey(m tea.KeyMsg) tea.Cmd {
	u := s.unmapped
	c, ok := u.Selected()
	switch {
	case key.Matches(m, unmappedKeys.back):
		s.unmapped = nil
	case !ok:
	case key.Matches(m, unmappedKeys.form):
		return s.edit(s.of(c))
	case key.Matches(m, unmappedKeys.accept) && c.strength > noMatch:
		return s.accept([]Candidate{c})
	case key.Matches(m, unmappedKeys.all) && len(u.exact()) > 0:
		return s.acceptAll()
	}
	return nil
}

// of is the mapping that a candidate would get.
func (s *Screen) of(c Candidate) integration.ExternalMapping {
	m := s.blank()
	m.M3terID, m.ExternalID = c.ID, c.Customer.ID
	if m.IntegrationID == "" && c.Customer.ID != "" {
		m.IntegrationID = s.asks("") // the id was found in that one's destination
	}
	return m
}

func (s *Screen) acceptAll() tea.Cmd {
	all := s.unmapped.exact()
	text := fmt.Sprintf("%s of %s accounts have a customer with the same name, code or email, and no other. The rest stay unmapped.",
		widget.Count(len(all)), widget.Count(len(s.unmapped.Shown)))
	if n := s.unmapped.unasked(); n > 0 {
		text += fmt.Sprintf(" No customer was looked for yet for %s of them: they get one when they are in view.", widget.Count(n))
	}
	return s.env.Open(confirm.New(s.env, "Map the accounts with an exact suggestion?", text, "Map "+widget.Count(len(all)),
		func() tea.Cmd { return s.accept(all) }))
}

// accept writes the mappings of candidates; it goes on past one that fails.
func (s *Screen) accept(list []Candidate) tea.Cmd {
	svc := s.env.Service
	mappings := make([]integration.ExternalMapping, len(list))
	for i, c := range list {
		mappings[i] = s.of(c)
	}
	return load.Do(&s.List, time.Duration(len(list))*load.Deadline, func(ctx context.Context) (done int, failed error) {
		for _, m := range mappings {
			if _, err := svc.PutMapping(ctx, m); err != nil {
				failed = fmt.Errorf("map account %s: %w", m.M3terID, err)
				continue
			}
			done++
		}
		return done, failed
	}, func(done int, err error) tea.Cmd {
		if err != nil {
			return s.changed("", fmt.Errorf("%d of %d accounts mapped, the last failure: %w", done, len(mappings), err))
		}
		return s.mapped(widget.Many(done, "account")+" mapped", "runs that waited go on", mappings...)
	})
}
func (u *unmapped) setSize(width, height int) {
	u.width = width
	u.Rows.SetSize(width, max(1, height-headLines-footLines))
	u.layout()
}

// suggestedMore is what stands around the name of a suggested customer, which is most
// often that of the account.
const suggestedMore = 10

// layout gives names what they need, and leaves the columns out that the line below
// the list has of the account under the cursor.
func (u *unmapped) layout() {
	cols := []widget.Column{
		{Title: "ACCOUNT", Width: 16, Whole: true, Flex: 1},
		{Title: "CODE", Width: 10, Drop: 1},
		{Title: "EMAIL", Width: 18, Drop: 2},
		{Title: "WAITING", Width: 7, Right: true},
		{Title: "SUGGESTED CUSTOMER", Width: 20, Whole: true, Flex: 2},
	}
	for _, c := range u.All[:min(len(u.All), measured)] {
		for i, cell := range []string{cmp.Or(c.Name, c.ID), c.Code, c.Email} {
			cols[i].Want = max(cols[i].Want, min(widget.Cells(widget.Clean(cell)), longest))
		}
	}
	for i := range cols[1:3] {
		if cols[1+i].Want == 0 {
			hide(&cols[1+i])
		}
	}
	cols[4].Want = cols[0].Want + suggestedMore
	for _, c := range u.All[:min(len(u.All), measured)] {
		cols[4].Want = max(cols[4].Want, widget.Cells(u.suggestion(c)))
	}
	u.Table = widget.NewTable(u.width-2, cols...)
}

// longest is what a column takes for its longest text.
const longest = 30

// foot is the account under the cursor and its suggestion, by their whole ids.
func (u *unmapped) foot() []string {
	c, ok := u.Selected()
	if !ok {
		return nil
	}
	var told []string
	for _, s := range []string{c.Name, c.Code, c.Email} {
		if s != "" {
			told = append(told, s)
		}
	}
	w := u.of.words()
	found, more := w.CustomerTable+" "+c.Customer.ID, c.Customer.Name
	switch c.strength {
	case noMatch:
		found = "no customer to suggest"
	case similar:
		more += " · similar, not the same"
	}
	return sides(u.width, "m3ter", account+" "+c.ID, strings.Join(told, " · "), w.System, found, more)
}

func (u *unmapped) topLine(width int) string {
	left := "accounts without a " + u.of.words().System + " customer"
	if u.ended != nil {
		left = "no suggestions: " + widget.Clean(u.ended.Error())
	}
	count := widget.Count(len(u.Shown))
	count += u.seen.partly()
	if right := u.looking(); right != "" {
		count = right
	}
	if u.Filter.Active() {
		return u.Filter.View(width, len(u.Shown), len(u.All))
	}
	return widget.Spread(theme.Dim.Render(left), theme.Dim.Render(count), width)
}

// looking is the spinner while accounts come on top of those shown.
func (u *unmapped) looking() string {
	if !u.Loaded {
		return ""
	}
	return u.Busy.View("looking")
}

func (u *unmapped) emptyText() string {
	if len(u.All) > 0 {
		return "No account matches this filter. esc clears it."
	}
	return "Every account has a mapping."
}

func (u *unmapped) draw(c Candidate, _ bool) []string {
	waiting := "–"
	if c.Waiting > 0 {
		waiting = theme.Warn.Render(widget.Count(c.Waiting))
	}
	name := c.Name
	if name == "" {
		name = c.ID
	}
	return []string{widget.Clean(name), widget.Clean(c.Code), widget.Clean(c.Email), waiting, u.suggestion(c)}
}

// suggestion says how sure it is in a word and a glyph.
func (u *unmapped) suggestion(c Candidate) string {
	text := widget.Clean(c.Customer.Name) + " #" + widget.Clean(c.Customer.ID)
	switch {
	case c.strength == exact:
		return theme.Good.Render("= " + text)
	case c.strength == similar:
		return theme.Warn.Render("~ similar: " + text)
	case u.asked[c.ID] && u.ended == nil:
		return theme.Dim.Render("none found")
	}
	return "–"
}
