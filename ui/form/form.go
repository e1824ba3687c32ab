// Package form edits the settings of a spec: panels that open and close, one
// row a setting, a grid for maps, errors beside their field. It draws whatever
// the spec lists, so that a new setting needs no line here. It does no IO:
// where a setting is chosen from a list that lives elsewhere, Update answers
// Ask and the owner opens a picker.
package form

import (
	"slices"
	"strings"

	"github.com/charmbracelet/bubbles/textinput"

	"billferry/internal/spec"
	"billferry/ui/theme"
)

// Form is a set of settings on screen.
type Form struct {
	fields []spec.Field
	action string // the last row: "Create"
	name   string
	values spec.Values
	names  map[string]string // of picked ids: accounts, items
	errs   map[string]string // by row id; a map's own fault stands at its key
	shut   map[spec.Panel]bool
	open   map[string]bool // grids that are open, by field key

	focus         string // id of the row in focus
	input         textinput.Model
	width, height int
	longest       int // of the labels
}

// row is one line that can have the focus.
type row struct {
	id     string
	panel  spec.Panel
	field  *spec.Field // nil: the panel's own line, or the action
	option string      // of a grid cell
}

// gridOpens is how many rows a grid may have to be open from the start.
const gridOpens = 4

// ActionID is the id of the last row.
const ActionID = "action"

// New returns a form over fields with their values. action names what enter on
// the last row does; "" leaves the row out.
func New(fields []spec.Field, name string, v spec.Values, action string) *Form {
	in := textinput.New()
	in.Prompt = ""
	theme.Input(&in)
	f := &Form{
		fields: fields, action: action, name: name, values: v.Clone(), input: in, longest: longestLabel(fields),
		names: map[string]string{}, errs: map[string]string{}, shut: map[spec.Panel]bool{}, open: map[string]bool{},
	}
	for _, x := range fields {
		f.open[x.Key] = len(x.Options) <= gridOpens
		f.shut[x.Panel] = slices.Contains(spec.Extensions, x.Panel) // most are as usual
	}
	for _, r := range f.rows() {
		if r.field != nil {
			f.moveTo(r.id)
			break
		}
	}
	return f
}

// SetSize gives the room for View.
func (f *Form) SetSize(width, height int) { f.width, f.height = width, height }

// Name is the integration's name as typed.
func (f *Form) Name() string { return f.name }

// Values are the settings as edited.
func (f *Form) Values() spec.Values { return f.values.Clone() }

// Value is one setting as edited.
func (f *Form) Value(key string) any { return f.get(key) }

// Set changes a setting from outside: a picker's answer, a prefilled value.
func (f *Form) Set(key string, v any) {
	f.put(key, v)
	delete(f.errs, key)
	f.reload()
}

// Faulty tells that a fault stands beside a row.
func (f *Form) Faulty(id string) bool { return f.errs[id] != "" }

// Shut closes or opens a panel.
func (f *Form) Shut(p spec.Panel, shut bool) { f.shut[p] = shut }

// Remember keeps what picked ids are called.
func (f *Form) Remember(names map[string]string) {
	for id, n := range names {
		f.names[id] = n
	}
}

func (f *Form) get(key string) any {
	if key == "name" {
		return f.name
	}
	return f.values.Get(key)
}

func (f *Form) put(key string, v any) {
	if key == "name" {
		f.name, _ = v.(string)
		return
	}
	f.values.Set(key, v)
}

// panels lists the panels that have fields, in the order of the fields.
func (f *Form) panels() []spec.Panel {
	var out []spec.Panel
	for _, x := range f.fields {
		if !slices.Contains(out, x.Panel) {
			out = append(out, x.Panel)
		}
	}
	return out
}

// rows lists the lines that can have the focus now, from top to bottom.
func (f *Form) rows() []row {
	var out []row
	for _, p := range f.panels() {
		out = append(out, row{id: "panel:" + string(p), panel: p})
		if f.shut[p] {
			continue
		}
		for i := range f.fields {
			x := &f.fields[i]
			if x.Panel != p || !x.Shown(f.values) {
				continue
			}
			out = append(out, row{id: x.Key, panel: p, field: x})
			if x.Kind == spec.Rules && f.open[x.Key] {
				out = append(out, f.ruleRows(x)...)
			} else if isMap(x.Kind) && f.open[x.Key] {
				for _, o := range x.Options {
					out = append(out, row{id: cellID(x.Key, o.Value), panel: p, field: x, option: o.Value})
				}
			}
		}
	}
	if f.action != "" {
		out = append(out, row{id: ActionID})
	}
	return out
}

// isMap tells the kinds that open into rows of their own.
func isMap(k spec.Kind) bool { return k == spec.ItemMap || k == spec.FieldMap || k == spec.Rules }

func cellID(key, option string) string { return key + "/" + option }

// current is the row in focus.
func (f *Form) current() row {
	rows := f.rows()
	if i := f.index(rows, f.focus); i >= 0 {
		return rows[i]
	}
	return rows[0]
}

func (f *Form) index(rows []row, id string) int {
	return slices.IndexFunc(rows, func(r row) bool { return r.id == id })
}

// Focused is the setting in focus with the option of its grid; false on a
// panel's line or the action.
func (f *Form) Focused() (field spec.Field, option string, ok bool) {
	if r := f.current(); r.field != nil {
		return *r.field, r.option, true
	}
	return spec.Field{}, "", false
}

// FocusID is the id of the row in focus: a setting's key, key/option in a
// grid, "panel:Name", or ActionID.
func (f *Form) FocusID() string { return f.focus }

// Focus moves to a row and opens what hides it.
func (f *Form) Focus(id string) {
	key, _, _ := strings.Cut(id, "/")
	for _, x := range f.fields {
		if x.Key == key {
			f.shut[x.Panel] = false
			f.open[key] = f.open[key] || id != key
		}
	}
	f.moveTo(id)
}

// moveTo gives a row the focus and loads the text input for it.
func (f *Form) moveTo(id string) {
	f.focus = id
	f.reload()
}

// reload fills the text input from the value in focus, unless it says the
// same already: what is typed stays as typed.
func (f *Form) reload() {
	r := f.current()
	if !typed(r) {
		f.input.Blur()
		return
	}
	f.input.Focus()
	f.input.EchoMode = textinput.EchoNormal
	if r.field.Kind == spec.Secret {
		f.input.EchoMode = textinput.EchoPassword
	}
	f.input.SetValue(f.text(r))
	f.input.CursorEnd()
}

// Typing tells that the row in focus takes letters: as text, or to choose by them.
func (f *Form) Typing() bool {
	r := f.current()
	return typed(r) || r.field != nil && (searched(r.field.Kind) || r.field.Kind == spec.Enum)
}

func typed(r row) bool {
	if r.field == nil {
		return false
	}
	switch r.field.Kind {
	case spec.Text, spec.Int, spec.List, spec.Item, spec.Secret:
		return true
	case spec.ItemMap, spec.FieldMap:
		return r.option != ""
	case spec.Rules:
		return r.option != "" && r.option != addRule
	}
	return false
}

// Names is what picked ids are called; the caller may add to it.
func (f *Form) Names() map[string]string {
	out := make(map[string]string, len(f.names))
	for id, n := range f.names {
		out[id] = n
	}
	return out
}

// Strings is a list of one text, or of none when it is empty.
func Strings(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
