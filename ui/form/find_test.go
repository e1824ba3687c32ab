package form_test

import (
	"slices"
	"testing"

	"billferry/internal/spec"
	"billferry/ui/form"
)

func TestSettingsAreFoundByLabelKeyAndHelp(t *testing.T) {
	t.Parallel()
	f, s := newForm()
	found := func(query string) (out []string) {
		for _, x := range f.Find(query) {
			out = append(out, x.Key)
		}
		return out
	}
	for query, want := range map[string][]string{
		"  STRICT ":         {"billferry.strictItems", "restrictedAccountIds"}, // the start of a word first
		"maxConc":           {"billferry.maxConcurrency"},
		"requests once":     {"billferry.maxConcurrency"}, // words of the help, with others between
		"integrationDis":    {"integrationDisabledNotificationUsers"},
		"minimum spend":     {"netsuiteMinimumSpendId"},
		"no such thing":     nil,
		"account filter":    {"accountFilter"},
		"restricted accoun": {"restrictedAccountIds"},
	} {
		if got := found(query); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	if got := found("filter"); len(got) == 0 || got[0] != "accountFilter" {
		t.Errorf("the label that has the word is not first: %q", got)
	}
	if got := found(""); len(got) != len(s.Fields) {
		t.Errorf("nothing typed lists %d of %d settings", len(got), len(s.Fields))
	}
}

// A jump opens the panel, checks the setting that it leaves, and finds a row for
// a setting that has none now.
func TestJumpOpensThePanel(t *testing.T) {
	t.Parallel()
	never := func(spec.Values) bool { return false }
	f := form.New([]spec.Field{
		{Key: "name", Label: "Name", Panel: spec.Global, Kind: spec.Text},
		{Key: "many", Label: "Many", Panel: spec.Global, Kind: spec.Int},
		{Key: "first", Label: "First", Panel: spec.Customer, Kind: spec.Text, ShowWhen: never},
		{Key: "second", Label: "Second", Panel: spec.Customer, Kind: spec.Text},
		{Key: "third", Label: "Third", Panel: spec.Customer, Kind: spec.Text, ShowWhen: never},
	}, "n", spec.Values{}, "Save")
	f.SetSize(80, 20)
	f.Focus("many")
	f.Update(letters("x"))
	for _, c := range []struct{ to, want string }{
		{"second", "second"}, {"third", "second"}, {"first", "panel:" + string(spec.Customer)}, {"gone", "name"},
	} {
		f.Shut(spec.Customer, true)
		if c.to == "gone" {
			f.Focus("name")
		}
		if f.Jump(c.to); f.FocusID() != c.want {
			t.Errorf("to %s: the focus is on %s", c.to, f.FocusID())
		}
	}
	if !f.Faulty("many") {
		t.Error("the setting that was left is not checked")
	}
}
