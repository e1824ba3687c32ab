package form_test

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"pgregory.net/rapid"

	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
	"billferry/ui/form"
)

func newForm() (*form.Form, spec.Form) {
	s := servicetest.Catalog()[0]
	f := form.New(s.Fields, "", s.Defaults(), "Create")
	f.SetSize(80, 20)
	return f, s
}

func letters(s string) tea.KeyMsg { return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(s)} }

func key(k tea.KeyType) tea.KeyMsg {
	if k == tea.KeySpace {
		return tea.KeyMsg{Type: k, Runes: []rune(" ")}
	}
	return tea.KeyMsg{Type: k}
}

func TestEachKindIsEditedIntoItsJSONType(t *testing.T) {
	t.Parallel()
	f, s := newForm()
	edit := func(id string, keys ...tea.KeyMsg) {
		f.Focus(id)
		for _, k := range keys {
			f.Update(k)
		}
	}
	edit("name", letters(" NetSuite US "))
	edit("onlySendBillOnApproval", key(tea.KeySpace))
	edit("splitUsageLineItems", key(tea.KeyRight))
	edit("netsuiteDefaultItemId", letters("199"))
	edit("netsuiteItemMapping/USAGE", letters("101"))
	edit("billferry.maxConcurrency", key(tea.KeyBackspace), letters("12"))
	edit("integrationDisabledNotificationUsers", letters("a, b"))
	v := f.Values()
	if f.Name() != "NetSuite US" || !v.Bool("onlySendBillOnApproval") || v.Text("splitUsageLineItems") != "ITEM_PER_AGGREGATION" ||
		v.Text("netsuiteDefaultItemId") != "199" || v.Map("netsuiteItemMapping")["USAGE"] != "101" || v.Int("billferry.maxConcurrency") != 12 ||
		len(v.Strings("integrationDisabledNotificationUsers")) != 2 {
		t.Fatalf("%q %v", f.Name(), v)
	}
	if p := s.Validate(f.Name(), v); p.Err() != nil {
		t.Fatal(p)
	}
	edit("netsuiteItemMapping/USAGE", key(tea.KeyCtrlU))
	if m := f.Values().Map("netsuiteItemMapping"); len(m) != 0 {
		t.Fatalf("an emptied cell stays: %v", m)
	}
}

func TestTextInANumberIsKeptAndNamed(t *testing.T) {
	t.Parallel()
	f, _ := newForm()
	f.Focus("billferry.maxConcurrency")
	f.Update(letters("x"))
	f.Update(key(tea.KeyTab))
	if v := f.View(); f.Values().Get("billferry.maxConcurrency") != "5x" || !strings.Contains(v, "must be a whole number") {
		t.Fatalf("%v\n%s", f.Values(), v)
	}
}

func TestAFaultInAClosedPanelOpensIt(t *testing.T) {
	t.Parallel()
	f, _ := newForm()
	f.Shut(spec.Destination, true)
	f.SetProblems(spec.Problems{
		{Key: "billferry.strictItems", Warning: true, Message: "only a warning"},
		{Key: "netsuiteDefaultItemId", Message: "not a number"},
	})
	if v := f.View(); f.FocusID() != "netsuiteDefaultItemId" || !strings.Contains(v, "not a number") || strings.Contains(v, "only a warning") {
		t.Fatalf("focus on %s\n%s", f.FocusID(), v)
	}
}

func TestAGridSaysWhatAnEmptyCellFallsBackTo(t *testing.T) {
	t.Parallel()
	f, _ := newForm()
	f.Set("netsuiteDefaultItemId", "199")
	f.Focus("netsuiteItemMapping/USAGE")
	f.Update(key(tea.KeyDown))
	if v := f.View(); !strings.Contains(v, "– → default item 199") {
		t.Fatal(v)
	}
}

// Whatever is pressed, the row in focus is in view and the frame has its size.
func TestTheFocusIsAlwaysInView(t *testing.T) {
	t.Parallel()
	all := []tea.KeyType{tea.KeyTab, tea.KeyShiftTab, tea.KeyDown, tea.KeyUp, tea.KeyPgDown, tea.KeyPgUp, tea.KeyEnter, tea.KeySpace,
		tea.KeyLeft, tea.KeyRight, tea.KeyCtrlO, tea.KeyBackspace}
	rapid.Check(t, func(t *rapid.T) {
		f, _ := newForm()
		f.SetSize(rapid.IntRange(50, 120).Draw(t, "width"), rapid.IntRange(3, 30).Draw(t, "height"))
		for range rapid.IntRange(0, 40).Draw(t, "keys") {
			f.Update(key(rapid.SampledFrom(all).Draw(t, "key")))
		}
		if v := f.View(); !strings.Contains("\n"+v, "\n▸ ") { // a closed panel has its mark further in
			t.Fatalf("no row in focus (%s):\n%s", f.FocusID(), v)
		}
	})
}
