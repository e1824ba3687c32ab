package form

import (
	"errors"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/spec"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// letters is for keys on a row that takes no text. Where a list is chosen from they
// begin to search it, where one of several is chosen they go to it; elsewhere they do
// nothing, and that is said: a key that is swallowed without a word looks like a
// program that hangs.
func (f *Form) letters(r row, msg tea.KeyMsg) Result {
	text := ""
	if msg.Type == tea.KeyRunes {
		text = strings.TrimSpace(string(msg.Runes))
	}
	switch {
	case r.field != nil && searched(r.field.Kind) && text != "":
		return Result{Ask: true, Query: text}
	case r.field != nil && r.field.Kind == spec.Enum && text != "":
		return f.choose(r.field, text)
	case text != "" || slices.Contains([]tea.KeyType{tea.KeySpace, tea.KeyBackspace, tea.KeyDelete, tea.KeyLeft, tea.KeyRight}, msg.Type):
		return Result{Nothing: nameOf(msg) + " does nothing here: " + f.doing(r)}
	}
	return Result{}
}

// searched tells the kinds that are chosen from a list which is searched as one types.
func searched(k spec.Kind) bool { return k == spec.Accounts || k == spec.Multi }

// choose goes to the next choice that begins with a text.
func (f *Form) choose(x *spec.Field, text string) Result {
	now, _ := f.get(x.Key).(string)
	at := slices.IndexFunc(x.Options, func(o spec.Option) bool { return o.Value == now })
	for i := range x.Options {
		o := x.Options[(at+1+i)%len(x.Options)]
		if strings.HasPrefix(widget.Fold(x.Show(o.Value)), widget.Fold(text)) {
			f.put(x.Key, o.Value)
			delete(f.errs, x.Key)
			return Result{Changed: o.Value != now}
		}
	}
	return Result{Nothing: "no choice begins with " + widget.Clean(text) + ": " + hint(x.Kind, "")}
}

// doing is what the keys do on a row.
func (f *Form) doing(r row) string {
	switch {
	case r.id == ActionID:
		return "enter is for " + f.action
	case r.field == nil:
		return "enter opens and closes the panel"
	}
	return hint(r.field.Kind, r.option)
}

func nameOf(msg tea.KeyMsg) string {
	switch {
	case msg.Type == tea.KeySpace:
		return "space"
	case msg.Paste:
		return "what was pasted"
	}
	return msg.String()
}

// Said says why a key did nothing; nil when it did something.
func (r Result) Said() tea.Cmd {
	if r.Nothing == "" {
		return nil
	}
	return screen.Fail(errors.New(r.Nothing))
}
