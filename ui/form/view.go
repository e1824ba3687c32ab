package form

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"billferry/internal/spec"
	"billferry/ui/rule"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// View draws the form in exactly the size that SetSize gave, with the row in
// focus in view. It depends on values and focus alone, so that a terminal that
// shrinks and grows back shows what it showed before.
func (f *Form) View() string {
	lines, from, to := f.lines()
	top := max(0, min(from-f.height/2, len(lines)-f.height))
	if to-top > f.height {
		top = to - f.height
	}
	return widget.Block(strings.Join(marked(lines, top, min(len(lines), top+f.height)), "\n"), f.width, f.height)
}

// marked is the window from..to of lines, with an arrow before the first and
// the last of them where there are more.
func marked(lines []string, from, to int) []string {
	out := slices.Clone(lines[from:to])
	for i := range out {
		above, below := i == 0 && from > 0, i == len(out)-1 && to < len(lines)
		if rest, free := strings.CutPrefix(out[i], "  "); free && (above || below) {
			out[i] = theme.Dim.Render(widget.More(above, below)) + " " + rest
		}
	}
	return out
}

// Height is how many lines the form would take with all the room it wants.
func (f *Form) Height() int { lines, _, _ := f.lines(); return len(lines) }

// lines draws every row with its faults, and tells which lines have the focus.
func (f *Form) lines() (lines []string, from, to int) {
	for _, r := range f.rows() {
		start := len(lines)
		lines = append(lines, f.line(r))
		if message := f.errs[r.id]; message != "" {
			for i, l := range widget.Wrap(message, max(10, f.width-8)) {
				mark := "✗ "
				if i > 0 {
					mark = "  "
				}
				lines = append(lines, "    "+theme.Bad.Render(mark+l))
			}
		}
		if r.id == f.focus {
			from, to = start, len(lines)
		}
	}
	return lines, from, to
}

// labelWidth is the room for labels: what the longest takes, as far as values keep theirs.
func (f *Form) labelWidth() int { return max(16, min(f.longest, 42, f.width*58/100)) }

// longestLabel is how wide the labels of settings are with what stands before and
// behind them, those of grids too.
func longestLabel(fields []spec.Field) (n int) {
	for _, x := range fields {
		n = max(n, widget.Cells(x.Label)+4)
		if isMap(x.Kind) {
			for _, o := range x.Options {
				n = max(n, widget.Cells(cmp.Or(o.Label, o.Value))+4)
			}
		}
	}
	return n
}

func (f *Form) line(r row) string {
	focused := r.id == f.focus
	mark := widget.Mark(focused)
	switch {
	case r.id == ActionID:
		text := "[ " + f.action + " ]"
		if focused {
			text = theme.Focus.Render(text)
		}
		return mark + text
	case r.field == nil:
		return mark + f.panelLine(r.panel, focused)
	}
	label, indent := r.field.Label, "  "
	if r.option != "" {
		indent = "    "
		label = r.option
		if o, ok := r.field.Option(r.option); ok && o.Label != "" {
			label = o.Label
		}
		if r.field.Kind == spec.Rules {
			label = ruleLabel(r.option)
		}
	}
	if r.field.Required {
		label += " *"
	}
	width := f.labelWidth() - len(indent)
	label = widget.Fit(label, width)
	if focused {
		label = theme.Focus.Render(label)
	}
	return mark + indent + label + " " + f.valueView(r, focused, f.room())
}

// room is that of a value.
func (f *Form) room() int { return max(1, f.width-2-f.labelWidth()-1) }

func (f *Form) panelLine(p spec.Panel, focused bool) string {
	glyph, title := "▾ ", string(p)
	if f.shut[p] {
		glyph = "▸ "
	}
	if f.ours(p) {
		title += " (ours, not m3ter's)"
	}
	style := theme.Label
	if focused {
		style = theme.Focus
	}
	head := style.Render(glyph + title)
	if !f.shut[p] {
		return head
	}
	return widget.Clip(head+theme.Dim.Render("  "+f.summary(p)), f.width-2)
}

// ours tells whether every setting of a panel is an extension.
func (f *Form) ours(p spec.Panel) bool {
	for _, x := range f.fields {
		if x.Panel == p && !x.Ours {
			return false
		}
	}
	return true
}

// summary says in one line what a closed panel holds that is not a default.
func (f *Form) summary(p spec.Panel) string {
	defaults := spec.Form{Fields: f.fields}.Defaults()
	var out []string
	faults := 0
	for _, x := range f.fields {
		if x.Panel != p {
			continue
		}
		if f.errs[x.Key] != "" {
			faults++
		}
		v := f.get(x.Key)
		if x.Key != "name" && reflect.DeepEqual(spec.Values{"v": v}.Clone(), spec.Values{"v": defaults.Get(x.Key)}.Clone()) {
			continue
		}
		if shown := f.show(x); shown != "–" {
			out = append(out, x.Label+": "+shown)
		}
	}
	if faults > 0 {
		out = append([]string{fmt.Sprintf("✗ %d to mend", faults)}, out...)
	}
	if len(out) == 0 {
		return "as usual"
	}
	return strings.Join(out, " · ")
}

// show writes a value in words; ids by name where it is known.
func (f *Form) show(x spec.Field) string {
	v := f.get(x.Key)
	switch x.Kind {
	case spec.Secret:
		if s, _ := v.(string); s != "" {
			return "[secret]"
		}
		return "–"
	case spec.Accounts:
		ids := f.values.Strings(x.Key)
		if len(ids) == 0 {
			return "–"
		}
		for i, id := range ids {
			if n := f.names[id]; n != "" {
				ids[i] = n
			}
		}
		return fmt.Sprintf("%s: %s", widget.Many(len(ids), "account"), strings.Join(ids, ", "))
	case spec.Item:
		if id, _ := v.(string); len(id) > longID && f.names[id] != "" {
			return widget.Clean(f.names[id] + " " + id)
		}
	}
	return widget.Clean(x.ShowNamed(v, f.names))
}

// longID is from where an id says less than its name, which would be cut behind it.
const longID = 20

func (f *Form) valueView(r row, focused bool, room int) string {
	x := *r.field
	switch {
	case typed(r) && focused:
		widget.FitInput(&f.input, max(1, room-1))
		return f.input.View()
	case r.option != "" && x.Kind == spec.Rules:
		return f.ruleCell(r, room)
	case r.option != "":
		return f.cell(r, room)
	case isMap(x.Kind):
		return theme.Dim.Render(widget.Clip(f.gridSummary(x, room), room))
	case x.Kind == spec.Bool:
		if on, _ := f.get(x.Key).(bool); on {
			return "[x] on"
		}
		return "[ ] off"
	case x.Kind == spec.Enum:
		text := "‹ " + widget.Clip(x.Show(f.get(x.Key)), room-4) + " ›"
		if focused {
			return theme.Focus.Render(text)
		}
		return text
	}
	return widget.Clip(f.show(x), room)
}

// cell is the value of a grid row, or what takes its place while it is empty.
func (f *Form) cell(r row, room int) string {
	if v := f.values.Map(r.field.Key)[r.option]; v != "" {
		if n := f.names[v]; n != "" {
			v += " " + n
		}
		return widget.Clip(widget.Clean(v), room)
	}
	if r.field.Fallback == nil {
		return theme.Dim.Render("–")
	}
	return theme.Dim.Render(widget.Clip("– → "+r.field.Fallback(f.values, r.option), room))
}

func (f *Form) gridSummary(x spec.Field, room int) string {
	if x.Kind == spec.Rules {
		return widget.Many(len(rule.List(f.get(x.Key))), "rule")
	}
	set := 0
	for _, v := range f.values.Map(x.Key) {
		if v != "" {
			set++
		}
	}
	text := fmt.Sprintf("%d of %d set", set, len(x.Options))
	if opens := ", enter opens"; !f.open[x.Key] && len(text+opens) <= room {
		text += opens
	}
	return text
}

// Help is what there is to say about the row in focus, in lines of at most
// width cells.
func (f *Form) Help(width int) []string {
	x, option, ok := f.Focused()
	if !ok {
		return widget.Wrap("enter opens or closes a panel, and on the last line goes on", width)
	}
	out := []string{theme.Label.Render(widget.Clip(x.Label, width))}
	out = append(out, widget.Wrap(x.Help, width)...)
	if x.Kind == spec.Enum {
		now, _ := f.get(x.Key).(string)
		for _, o := range x.Options {
			mark := "○ "
			if o.Value == now {
				mark = "● "
			}
			out = append(out, widget.Wrap(mark+strings.TrimSuffix(o.Label+": "+o.Help, ": "), width)...)
		}
	}
	if o, ok := x.Option(option); ok && o.Help != "" {
		out = append(out, widget.Wrap(o.Label+": "+o.Help, width)...)
	}
	if _, part := ruleAt(option); x.Kind == spec.Rules && option != "" {
		out = append(out, widget.Wrap(partHelp(part), width)...)
	}
	if v := f.show(x); searched(x.Kind) && widget.Cells(v) > f.room() {
		out = append(out, widget.Wrap(v, width)...)
	}
	if x.Ours {
		out = append(out, theme.Dim.Render(widget.Clip("billferry's own, not m3ter's", width)))
	}
	for _, l := range widget.Wrap(hint(x.Kind, option), width) {
		out = append(out, theme.Dim.Render(l))
	}
	return out
}

// hint says which keys change a value of a kind.
func hint(k spec.Kind, option string) string {
	switch k {
	case spec.Bool:
		return "space switches it"
	case spec.Enum:
		return "← → or the first letter chooses"
	case spec.Accounts, spec.Multi:
		return "type to search, enter opens"
	case spec.Item:
		return "type an id, or ctrl+l to find"
	case spec.List:
		return "type, with commas between"
	case spec.Rules:
		switch _, part := ruleAt(option); {
		case option == "":
			return "enter opens and closes the list"
		case option == addRule:
			return "enter adds one"
		case part == rule.To || part == rule.With:
			return "type, or ctrl+l to find"
		}
		return "type; enter: next field"
	case spec.ItemMap, spec.FieldMap:
		if option == "" {
			return "enter opens and closes the grid"
		}
		if k == spec.ItemMap {
			return "type an id, or ctrl+l to find"
		}
		return "type an id"
	}
	return "type; enter: next field"
}
