package picker_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service/servicetest"
	"billferry/ui/picker"
	"billferry/ui/uitest"
)

// directory is a search that keeps what it was asked, and finds one customer.
type directory struct{ asked []string }

func (d *directory) search(_ context.Context, query string, _ int) ([]picker.Choice, error) {
	d.asked = append(d.asked, query)
	if query == "" {
		return nil, nil
	}
	return []picker.Choice{{ID: "601", Name: "Northwind Analytics"}}, nil
}

func (d *directory) open(t *testing.T) (*picker.Picker, *uitest.Driver) {
	p := picker.New(picker.Options{Title: "Customer", Free: true, Search: d.search, Env: uitest.Env(servicetest.New())})
	return p, uitest.Start(t, p, 80, 20)
}

// A quick search answers each letter. Letters that are typed while it is under
// way are asked for together, as soon as it is over.
func TestSearchesFollowTheLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var dir directory
		p, d := dir.open(t)
		d.Type("No")
		late := p.Update(uitest.Key("r"))
		d.Type("thwind")
		d.Wait(late)
		time.Sleep(time.Second) // whatever else was waiting
		if want := []string{"", "N", "No", "Nor", "Northwind"}; !slices.Equal(dir.asked, want) {
			t.Errorf("asked for %q", dir.asked)
		}
	})
}

// What is on the screen always holds what is typed, also before the answer.
func TestTheRowsAreNarrowedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		search := func(context.Context, string, int) ([]picker.Choice, error) {
			return []picker.Choice{{ID: "601", Name: "Northwind Analytics"}, {ID: "602", Name: "Globex", Note: "glob"}}, nil
		}
		p := picker.New(picker.Options{Title: "Customer", Search: search, Env: uitest.Env(servicetest.New())})
		d := uitest.Start(t, p, 80, 20)
		d.Shows("Northwind Analytics", "Globex")
		p.Update(uitest.Key("N")) // whose search takes its time
		d.Shows("Northwind Analytics")
		d.Hides("Globex")
	})
}

// A search that takes its time is overtaken by a newer one.
func TestASlowSearchIsOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var dir directory
		p, d := dir.open(t)
		late := p.Update(uitest.Key("N"))
		begin := time.Now()
		d.Wait(p.Update(uitest.Key("o")))
		d.Shows("Northwind Analytics")
		if onFound := time.Since(begin); onFound > 200*time.Millisecond {
			t.Errorf("after %s", onFound)
		}
		d.Wait(late)
		if want := []string{"", "No", "N"}; !slices.Equal(dir.asked, want) {
			t.Errorf("asked for %q", dir.asked)
		}
		d.Shows("Northwind Analytics")
	})
}

// Who types a name and presses enter gets the record of that name, not the
// name as an id, although that row stood alone until the search was over.
func TestEnterTakesTheBestMatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var dir directory
		p, d := dir.open(t)
		searching := p.Update(uitest.Key("N"))
		d.Shows("│ ▸                                  use this id as it")
		d.Wait(searching)
		d.Shows("│ ▸     Northwind Analytics", "use this id as it")
	})
}

// heard keeps what was chosen.
type heard struct {
	*picker.Picker
	ids []string
}

func (h *heard) Update(msg tea.Msg) tea.Cmd {
	if m, done := msg.(picker.DoneMsg); done {
		h.ids = append(h.ids, m.IDs...)
	}
	return h.Picker.Update(msg)
}

// An enter that is typed ahead of the search takes what that finds, not the name as an
// id; a second one does not wait.
func TestEnterWaitsForTheSearch(t *testing.T) {
	t.Parallel()
	for presses, want := range []string{"", "601", "N"} {
		synctest.Test(t, func(t *testing.T) {
			var dir directory
			p, _ := dir.open(t)
			h := &heard{Picker: p}
			d := uitest.Start(t, h, 80, 20)
			searching := h.Update(uitest.Key("N"))
			for range presses {
				d.Press("enter")
			}
			d.Wait(searching)
			if got := strings.Join(h.ids, " "); got != want {
				t.Errorf("enter pressed %d times: %q is chosen, want %q", presses, got, want)
			}
		})
	}
}

// What it is opened with is searched; ids that were pasted are chosen.
func TestWhatItIsOpenedWith(t *testing.T) {
	t.Parallel()
	for query, shows := range map[string][]string{
		"North":            {"Search: North", "[ ] Northwind Analytics"},
		"acct-1, acct-2\n": {"2 chosen", "[x]", "acct-1", "acct-2"},
	} {
		synctest.Test(t, func(t *testing.T) {
			var dir directory
			p := picker.New(picker.Options{Title: "Accounts", Multi: true, Free: true, Query: query, Search: dir.search,
				Env: uitest.Env(servicetest.New())})
			uitest.Start(t, p, 80, 20).Shows(shows...)
		})
	}
}

// What is named as it is typed comes first, and what only has it somewhere last.
func TestTheBestNameComesFirst(t *testing.T) {
	t.Parallel()
	found := []picker.Choice{
		{ID: "a", Name: "Only after Préapproval"}, {ID: "b", Name: "Only On (Approval)"}, {ID: "c", Name: "Approval Kinds"},
		{ID: "d", Name: "Approval"}, {ID: "e", Name: "Approvals"}, {ID: "f", Name: "Something", Note: "approval"},
		{ID: "approval", Name: "By id"},
	}
	for query, want := range map[string]string{
		"": "a b c d e f approval", "APPROVAL": "d approval c e b a f", "kinds": "c a b d e f approval",
	} {
		synctest.Test(t, func(t *testing.T) {
			search := func(context.Context, string, int) ([]picker.Choice, error) { return found, nil }
			p := picker.New(picker.Options{Title: "Setting", Search: search, Env: uitest.Env(servicetest.New())})
			d := uitest.Start(t, p, 100, 20)
			d.Type(query)
			var have []string
			for _, line := range strings.Split(d.View(), "\n") {
				for _, c := range found {
					if cells := strings.Fields(strings.Trim(line, "│║┃ ")); strings.Contains(line, c.Name+"  ") && cells[len(cells)-1] == c.ID {
						have = append(have, c.ID)
					}
				}
			}
			if got := strings.Join(have, " "); got != want {
				t.Errorf("%q: %s, want %s\n%s", query, got, want, d.View())
			}
		})
	}
}
