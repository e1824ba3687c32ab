package form

import (
	"encoding/json"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/spec"
	"billferry/ui/rule"
)

func ruleForm(rules ...any) *Form {
	v := spec.Values{}
	v.Set("ours.fields", rules)
	f := New([]spec.Field{
		{Key: "name", Label: "Name", Panel: spec.Global, Kind: spec.Text},
		{Key: "ours.fields", Label: "Fields", Panel: spec.Filled, Kind: spec.Rules, Default: []any{}, Ours: true,
			Help: "Rules that fill fields."},
	}, "n", v, "Save")
	f.SetSize(90, 30)
	return f
}

func press(f *Form, keys ...string) {
	for _, k := range keys {
		switch k {
		case "tab":
			f.Update(tea.KeyMsg{Type: tea.KeyTab})
		case "up":
			f.Update(tea.KeyMsg{Type: tea.KeyUp})
		case "enter":
			f.Update(tea.KeyMsg{Type: tea.KeyEnter})
		case "clear":
			for range 200 {
				f.Update(tea.KeyMsg{Type: tea.KeyBackspace})
			}
		default:
			for _, r := range k {
				f.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
			}
		}
	}
}

func rulesOf(t *testing.T, f *Form) string {
	t.Helper()
	b, err := json.Marshal(f.Value("ours.fields"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A rule is typed row by row: what is typed decides whether it is a value, a
// source or a template.
func TestRulesAreTyped(t *testing.T) {
	t.Parallel()
	f := ruleForm()
	if v := f.View(); !strings.Contains(v, "Fields") || !strings.Contains(v, "as usual") || strings.Contains(v, "+ a rule") {
		t.Errorf("the group is not closed and calm:\n%s", v)
	}
	f.Focus(cellID("ours.fields", addRule))
	press(f, "enter", "department", "tab", "5")
	f.Focus(cellID("ours.fields", addRule))
	press(f, "enter", "line.class", "tab", "product.customFields.c", "tab", "EMEA=12, US=13", "tab", "11", "tab",
		"types=USAGE,AD_HOC products=api")
	f.Focus(cellID("ours.fields", addRule))
	press(f, "enter", "custbody_x", "tab", "{bill.id} of {account.code}", "tab", "text", "tab", "tab", "LEAVE_OUT")
	f.Focus(cellID("ours.fields", addRule))
	press(f, "enter", "memo", "tab", "=bill.id")
	want := `[{"to":"department","value":"5"},` +
		`{"default":"11","from":"product.customFields.c","lookup":{"EMEA":"12","US":"13"},"to":"line.class","when":{"products":["api"],` +
		`"types":["USAGE","AD_HOC"]}},` +
		`{"as":"TEXT","missing":"LEAVE_OUT","template":"{bill.id} of {account.code}","to":"custbody_x"},{"to":"memo","value":"bill.id"}]`
	if got := rulesOf(t, f); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	for _, s := range []string{"rule 1 fills", "rule 2 fills", "EMEA=12, US=13", "otherwise", "products=api types=USAGE,AD_HOC",
		"=bill.id", "4 rules"} {
		if !strings.Contains(f.View(), s) {
			t.Errorf("no %q in\n%s", s, f.View())
		}
	}
	f.Shut(spec.Filled, true)
	if !strings.Contains(f.View(), "Fields: department, line.class, custbody_x, memo") {
		t.Errorf("closed it says\n%s", f.View())
	}
}

// Whatever a file says stays when the form shows it and nobody touches it.
func TestRulesThatNobodyTouchesStay(t *testing.T) {
	t.Parallel()
	const text = `[{"to":"department","value":5},{"as":"MULTI_SELECT","to":"custbody_m","value":["1","2"]},{"from":"line.type",` +
		`"lookup":{"USAGE":"1"},"to":"line.class"}]`
	var rules []any
	if err := json.Unmarshal([]byte(text), &rules); err != nil {
		t.Fatal(err)
	}
	f := ruleForm(rules...)
	f.Focus(cellID("ours.fields", "0/"+rule.To))
	for range 15 {
		press(f, "tab")
	}
	for range 15 {
		press(f, "up")
	}
	if got := rulesOf(t, f); got != text {
		t.Errorf("%s\nwant\n%s", got, text)
	}
}

// The order of rules decides: one is moved with the focus on any part of it, and what was
// wrong with it is told anew when all is submitted.
func TestARuleIsMoved(t *testing.T) {
	t.Parallel()
	f := ruleForm(map[string]any{"to": "department", "value": "5"}, map[string]any{"to": "class", "value": "1"},
		map[string]any{"to": "memo", "value": "x"})
	f.Focus(cellID("ours.fields", "2/"+rule.With))
	up, down := tea.KeyMsg{Type: tea.KeyShiftUp}, tea.KeyMsg{Type: tea.KeyShiftDown}
	order := func(want string) {
		t.Helper()
		var got []string
		for _, r := range rule.List(f.Value("ours.fields")) {
			got = append(got, rule.Text(r, rule.To))
		}
		if strings.Join(got, " ") != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	for _, want := range []string{"department memo class", "memo department class"} {
		if r := f.Update(up); !r.Changed || r.Nothing != "" {
			t.Fatalf("%+v", r)
		}
		order(want)
	}
	if r := f.Update(up); r.Nothing != "no rule is moved: it is the first already" || r.Changed {
		t.Errorf("past the first place: %+v", r)
	}
	press(f, "y") // the focus is on what it is filled with
	if rules := rulesOf(t, f); !strings.HasPrefix(rules, `[{"to":"memo","value":"xy"}`) {
		t.Error(rules)
	}
	f.SetProblems(spec.Problems{{Key: "ours.fields[1].to", Message: "it is never reached"}})
	if !strings.Contains(f.View(), "it is never reached") {
		t.Fatalf("the fault is not shown:\n%s", f.View())
	}
	f.Update(down)
	order("memo class department")
	if strings.Contains(f.View(), "it is never reached") {
		t.Errorf("the fault stands beside another rule:\n%s", f.View())
	}
	f.Focus(cellID("ours.fields", addRule))
	if r := f.Update(down); r.Nothing != "no rule is moved: only on a rule" {
		t.Errorf("on the row that adds one: %+v", r)
	}
}

func TestAnEmptiedRuleGoes(t *testing.T) {
	t.Parallel()
	f := ruleForm(map[string]any{"to": "department", "value": "5"}, map[string]any{"to": "class", "value": "1"})
	f.Focus(cellID("ours.fields", "0/"+rule.To))
	press(f, "clear")
	f.Focus(cellID("ours.fields", "1/"+rule.To))
	for range 6 {
		press(f, "tab")
	}
	if got := rulesOf(t, f); got != `[{"to":"class","value":"1"}]` {
		t.Error(got)
	}
}

// A fault stands beside the part that is wrong, and the focus goes there.
func TestFaultsOfRulesStandBesideTheirPart(t *testing.T) {
	t.Parallel()
	f := ruleForm(map[string]any{"to": "department", "value": "5"}, map[string]any{"to": "class", "from": "x.y"})
	f.SetProblems(spec.Problems{{Key: "ours.fields[1].from", Message: "rule 2 (class) cannot be read"}})
	if f.FocusID() != cellID("ours.fields", "1/"+rule.With) || !strings.Contains(f.View(), "✗ rule 2 (class) cannot be read") {
		t.Errorf("%s\n%s", f.FocusID(), f.View())
	}
	if to, part, ok := f.Rule(); !ok || to != "class" || part != rule.With {
		t.Errorf("%q %q %v", to, part, ok)
	}
}
