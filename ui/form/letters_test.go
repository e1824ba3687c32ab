package form_test

import (
	"reflect"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/spec"
	"billferry/ui/form"
)

// On each row of all settings each key that a person may type either does something or
// is answered: none is swallowed without a word.
func TestNoKeyIsSwallowed(t *testing.T) {
	t.Parallel()
	pressed := []tea.KeyMsg{letters("x"), letters("7"), letters("q"), key(tea.KeySpace), key(tea.KeyBackspace), key(tea.KeyLeft),
		key(tea.KeyRight), {Type: tea.KeyRunes, Runes: []rune("ab cd"), Paste: true}}
	kinds, opens := map[spec.Kind]bool{}, map[spec.Kind]bool{spec.ItemMap: true, spec.FieldMap: true, spec.Rules: true}
	for _, k := range pressed {
		f, s := newForm()
		for _, x := range s.Fields {
			f.Shut(x.Panel, false)
		}
		f.Set("billferry.fields", []any{map[string]any{"to": "department", "value": "5"}})
		f.SetSize(100, 400)
		f.Update(key(tea.KeyPgUp))
		for last := ""; f.FocusID() != last; f.Update(key(tea.KeyDown)) {
			last = f.FocusID()
			x, option, set := f.Focused()
			kinds[x.Kind] = true
			before, values := f.View(), f.Values()
			r := f.Update(k)
			folds := (!set || option == "" && opens[x.Kind]) && (k.Type == tea.KeyLeft || k.Type == tea.KeyRight || k.Type == tea.KeySpace)
			text := f.Typing() && !r.Ask && r.Nothing == "" // a cursor at the end of its text has nowhere to go
			if !folds && !text && !r.Changed && !r.Ask && r.Nothing == "" && f.View() == before && reflect.DeepEqual(f.Values(), values) {
				t.Errorf("%q on %s (%s) does nothing and says nothing", k, f.FocusID(), x.Kind)
			}
			f.Focus(last)
			if !set {
				f.Shut(spec.Panel(strings.TrimPrefix(last, "panel:")), false)
			}
		}
	}
	if len(kinds) < 9 {
		t.Errorf("rows of few kinds: %v", kinds)
	}
}

// Letters on a list begin to search it, and so do ids that are pasted.
func TestLettersSearchAList(t *testing.T) {
	t.Parallel()
	f, _ := newForm()
	for _, id := range []string{"accountIds", "excludedLineItemTypes"} {
		f.Focus(id)
		if r := f.Update(letters("g")); !r.Ask || r.Query != "g" || !f.Typing() {
			t.Errorf("%s: %+v, takes letters: %v", id, r, f.Typing())
		}
	}
	f.Focus("accountIds")
	if r := f.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("acct-1\nacct-2"), Paste: true}); r.Query != "acct-1\nacct-2" {
		t.Errorf("%+v", r)
	}
}

// A letter goes to the next choice that begins with it, and round; one that begins none
// is answered.
func TestALetterChooses(t *testing.T) {
	t.Parallel()
	fields := []spec.Field{{Key: "to", Label: "To", Kind: spec.Enum, Options: []spec.Option{
		{Value: "", Label: "all"}, {Value: "m", Label: "Müller"}, {Value: "g", Label: "Globex"}, {Value: "n", Label: "Mundt"}}}}
	f := form.New(fields, "", spec.Values{}, "")
	f.SetSize(60, 5)
	for _, x := range []struct{ letter, to string }{{"m", "m"}, {"m", "n"}, {"M", "m"}, {"g", "g"}, {"a", ""}} {
		if r := f.Update(letters(x.letter)); !r.Changed || f.Values().Text("to") != x.to {
			t.Errorf("%s: %+v, %q", x.letter, r, f.Values().Text("to"))
		}
	}
	if v := f.View(); !strings.Contains(v, "‹ all ›") {
		t.Errorf("the choice of nothing has no name:\n%s", v)
	}
	if r := f.Update(letters("z")); r.Nothing != "no choice begins with z: ← → or the first letter chooses" || r.Said() == nil {
		t.Errorf("%+v", r)
	}
}
