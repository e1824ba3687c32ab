package form

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/spec"
	"billferry/ui/rule"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// Result is what a key did.
type Result struct {
	Changed bool   // a value
	Ask     bool   // the owner shall open a picker for the setting in focus
	Query   string // what it searches first; several ids: what was pasted
	Submit  bool   // the action was chosen
	Nothing string // why the key did nothing
}

var keys = struct{ next, prev, pageUp, pageDown, enter, toggle, left, right, look, submit, fold, raise, lower key.Binding }{
	next:     key.NewBinding(key.WithKeys("tab", "down"), key.WithHelp("tab/↓", "next field")),
	prev:     key.NewBinding(key.WithKeys("shift+tab", "up"), key.WithHelp("shift+tab/↑", "previous field")),
	pageUp:   key.NewBinding(key.WithKeys("pgup"), key.WithHelp("pgup", "panel before")),
	pageDown: key.NewBinding(key.WithKeys("pgdown"), key.WithHelp("pgdn", "next panel")),
	enter:    key.NewBinding(key.WithKeys("enter"), key.WithHelp("enter", "choose, or next field")),
	toggle:   key.NewBinding(key.WithKeys(" "), key.WithHelp("space", "switch on or off")),
	left:     key.NewBinding(key.WithKeys("left"), key.WithHelp("←", "choice before")),
	right:    key.NewBinding(key.WithKeys("right"), key.WithHelp("→", "next choice")),
	look:     key.NewBinding(key.WithKeys("ctrl+l"), key.WithHelp("ctrl+l", "find by name")),
	fold:     key.NewBinding(key.WithKeys("ctrl+o"), key.WithHelp("ctrl+o", "open or close the panel")),
	raise:    key.NewBinding(key.WithKeys("shift+up"), key.WithHelp("shift+↑", "move the rule up")),
	lower:    key.NewBinding(key.WithKeys("shift+down"), key.WithHelp("shift+↓", "move the rule down")),
	submit:   key.NewBinding(key.WithKeys("ctrl+s")),
}

// Keys is the form's key map; submit says what ctrl+s does.
func (f *Form) Keys(submit string) []screen.Key {
	s := keys.submit
	s.SetHelp("ctrl+s", submit)
	look := screen.Key{Binding: keys.look}
	if !f.findable() {
		look.Disabled = "only where ids can be looked up"
	}
	out := []screen.Key{
		{Binding: s, Footer: true}, {Binding: keys.next, Footer: true}, {Binding: keys.prev}, {Binding: keys.enter},
		{Binding: keys.toggle}, {Binding: keys.left}, {Binding: keys.right}, look,
		{Binding: keys.fold}, {Binding: keys.pageDown}, {Binding: keys.pageUp},
	}
	if !slices.ContainsFunc(f.fields, func(x spec.Field) bool { return x.Kind == spec.Rules }) {
		return out
	}
	return append(out, screen.Key{Binding: keys.raise, Disabled: f.unmoved(-1)}, screen.Key{Binding: keys.lower, Disabled: f.unmoved(1)})
}

// findable tells that the setting in focus can be chosen from a list.
func (f *Form) findable() bool {
	r := f.current()
	if r.field == nil {
		return false
	}
	_, part := ruleAt(r.option)
	return slices.Contains([]spec.Kind{spec.Accounts, spec.Multi, spec.Item}, r.field.Kind) ||
		r.field.Kind == spec.ItemMap && r.option != "" ||
		r.field.Kind == spec.Rules && (part == rule.To || rule.Filling(part))
}

// Update handles a key.
func (f *Form) Update(msg tea.KeyMsg) Result {
	switch {
	case msg.Paste:
		return f.edit(msg)
	case key.Matches(msg, keys.submit):
		f.blur()
		return Result{Submit: true}
	case key.Matches(msg, keys.next):
		f.step(1)
	case key.Matches(msg, keys.prev):
		f.step(-1)
	case key.Matches(msg, keys.pageDown):
		f.stepPanel(1)
	case key.Matches(msg, keys.pageUp):
		f.stepPanel(-1)
	case key.Matches(msg, keys.fold):
		f.fold(f.current())
	case key.Matches(msg, keys.raise):
		return f.moveRule(-1)
	case key.Matches(msg, keys.lower):
		return f.moveRule(1)
	case key.Matches(msg, keys.look):
		return Result{Ask: f.findable()}
	case key.Matches(msg, keys.enter):
		return f.enter()
	default:
		return f.edit(msg)
	}
	return Result{}
}

// step moves the focus by rows and stops at the ends.
func (f *Form) step(by int) {
	rows := f.rows()
	f.blur()
	i := max(0, min(f.index(rows, f.focus)+by, len(rows)-1))
	f.moveTo(rows[i].id)
	f.tidy(rows[i])
}

// tidy takes out rules that were emptied, once the focus has left them.
func (f *Form) tidy(r row) {
	for i := range f.fields {
		x := &f.fields[i]
		if x.Kind != spec.Rules || r.field == x && r.option != "" && r.option != addRule {
			continue
		}
		f.dropRules(x.Key)
	}
}

// stepPanel moves the focus to the line of another panel, or to the action.
func (f *Form) stepPanel(by int) {
	rows := f.rows()
	f.blur()
	for i := f.index(rows, f.focus) + by; i >= 0 && i < len(rows); i += by {
		if rows[i].field == nil {
			f.moveTo(rows[i].id)
			return
		}
	}
}

// blur checks the setting that loses the focus, alone.
func (f *Form) blur() {
	r := f.current()
	if r.field != nil && r.field.Kind == spec.Rules {
		return // a rule is half typed most of the time: it is checked when all is submitted
	}
	if r.field == nil || r.field.Required && f.text(r) == "" {
		return // an empty field is told of when it is submitted, not in passing
	}
	if err := r.field.Validate(f.get(r.field.Key)); err != nil {
		f.errs[r.field.Key] = err.Error()
	} else {
		delete(f.errs, r.field.Key)
	}
}

// fold opens or closes the grid or panel that a row belongs to.
func (f *Form) fold(r row) {
	switch {
	case r.id == ActionID:
	case r.field != nil && isMap(r.field.Kind):
		f.open[r.field.Key] = !f.open[r.field.Key]
		f.moveTo(r.field.Key)
	default:
		f.shut[r.panel] = !f.shut[r.panel]
		f.moveTo("panel:" + string(r.panel))
	}
}

// foldable tells the lines over others, which they show and hide.
func (f *Form) foldable(r row) bool { return r.field == nil || isMap(r.field.Kind) && r.option == "" }

// opened tells whether those others are shown.
func (f *Form) opened(r row) bool {
	if r.field == nil {
		return !f.shut[r.panel]
	}
	return f.open[r.field.Key]
}

func (f *Form) enter() Result {
	r := f.current()
	switch {
	case r.id == ActionID:
		return Result{Submit: true}
	case r.option == addRule:
		f.newRule(r.field)
		return Result{Changed: true}
	case f.foldable(r):
		f.fold(r)
	case searched(r.field.Kind):
		return Result{Ask: true}
	case r.field.Kind == spec.Bool:
		return f.edit(tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}})
	default:
		f.step(1)
	}
	return Result{}
}

// edit gives a key to the value in focus.
func (f *Form) edit(msg tea.KeyMsg) Result {
	r := f.current()
	if typed(r) {
		before := f.input.Value()
		f.input, _ = f.input.Update(msg)
		if f.input.Value() == before {
			return Result{}
		}
		f.store(r, f.input.Value())
		return Result{Changed: true}
	}
	switch {
	case r.id != ActionID && key.Matches(msg, keys.left, keys.right) && f.foldable(r):
		if f.opened(r) != key.Matches(msg, keys.right) {
			f.fold(r)
		}
		return Result{}
	case r.field == nil && r.id != ActionID && key.Matches(msg, keys.toggle):
		f.fold(r)
		return Result{}
	case r.field == nil:
	case r.field.Kind == spec.Bool && key.Matches(msg, keys.toggle, keys.left, keys.right):
		on, _ := f.get(r.field.Key).(bool)
		f.put(r.field.Key, !on)
		return Result{Changed: true}
	case r.field.Kind == spec.Enum && key.Matches(msg, keys.toggle, keys.right):
		f.cycle(r.field, 1)
		return Result{Changed: true}
	case r.field.Kind == spec.Enum && key.Matches(msg, keys.left):
		f.cycle(r.field, -1)
		return Result{Changed: true}
	case !msg.Paste && key.Matches(msg, keys.toggle):
		if r.option == addRule {
			return f.enter()
		}
		if isMap(r.field.Kind) {
			f.fold(r)
			return Result{}
		}
		return Result{Ask: true}
	}
	return f.letters(r, msg)
}

func (f *Form) cycle(x *spec.Field, by int) {
	now, _ := f.get(x.Key).(string)
	i := slices.IndexFunc(x.Options, func(o spec.Option) bool { return o.Value == now })
	f.put(x.Key, x.Options[(i+by+len(x.Options))%len(x.Options)].Value)
	delete(f.errs, x.Key)
}

// store puts typed text into a value of the field's JSON type. Text that is
// not of the type is stored as text, so that validation names it.
func (f *Form) store(r row, text string) {
	delete(f.errs, r.field.Key)
	delete(f.errs, r.id)
	trimmed := strings.TrimSpace(text)
	switch r.field.Kind {
	case spec.Int:
		if n, err := strconv.Atoi(trimmed); err == nil {
			f.put(r.field.Key, n)
		} else if trimmed == "" {
			f.put(r.field.Key, nil)
		} else {
			f.put(r.field.Key, trimmed)
		}
	case spec.List:
		f.put(r.field.Key, widget.Split(text))
	case spec.Rules:
		f.storeRule(r, trimmed)
	case spec.ItemMap, spec.FieldMap:
		m := f.values.Map(r.field.Key)
		if m == nil {
			m = map[string]string{}
		}
		if m[r.option] = trimmed; trimmed == "" {
			delete(m, r.option)
		}
		f.put(r.field.Key, anyMap(m))
	default:
		f.put(r.field.Key, trimmed)
	}
}

func anyMap(m map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range maps.All(m) {
		out[k] = v
	}
	return out
}

// text is the value of a row as text to edit.
func (f *Form) text(r row) string {
	switch r.field.Kind {
	case spec.List:
		return strings.Join(f.values.Strings(r.field.Key), ", ")
	case spec.Rules:
		x, part := f.ruleOf(r)
		return rule.Text(x, part)
	case spec.ItemMap, spec.FieldMap:
		return f.values.Map(r.field.Key)[r.option]
	}
	switch v := f.get(r.field.Key).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// Pick takes a picker's answer for the setting in focus.
func (f *Form) Pick(ids []string, names map[string]string) {
	if to, part, ok := f.Rule(); ok && rule.Filling(part) {
		of := map[string]string{}
		for id, n := range names {
			of[ValueName(to, id)] = n
		}
		names = of
	}
	f.Remember(names)
	r := f.current()
	if r.field == nil {
		return
	}
	if typed(r) {
		id := ""
		if len(ids) > 0 {
			id = ids[0]
		}
		f.store(r, id)
		f.reload()
		return
	}
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	f.Set(r.field.Key, list)
}

// SetProblems shows faults beside their fields and takes the focus to the
// first that forbids saving.
func (f *Form) SetProblems(p spec.Problems) {
	f.errs = map[string]string{}
	first := ""
	for _, x := range p {
		if x.Warning {
			continue
		}
		key := f.rowOf(x.Key)
		if f.errs[key] == "" {
			f.errs[key] = x.Message
		}
		if first == "" {
			first = key
		}
	}
	if first != "" {
		f.Focus(first)
	}
}

// rowOf is the row of a setting for a part of it: that of the rules for "rules[2].to".
func (f *Form) rowOf(key string) string {
	for i := range f.fields {
		if x := &f.fields[i]; strings.HasPrefix(key, x.Key+"[") {
			return ruleRow(x, key)
		}
	}
	return key
}
