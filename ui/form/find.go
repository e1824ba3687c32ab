package form

import (
	"slices"
	"strings"

	"billferry/internal/spec"
	"billferry/ui/widget"
)

// Find lists the settings that a query is about, the likeliest first: those
// with it at the start of a word of their label, then anywhere in it, then in
// their key, then those that have all its words somewhere, in their help too.
// An empty query lists every setting.
func (f *Form) Find(query string) []spec.Field {
	query = widget.Fold(strings.TrimSpace(query))
	words := strings.Fields(query)
	var ranks [4][]spec.Field
	for _, x := range f.fields {
		label, name := widget.Fold(x.Label), widget.Fold(x.Key)
		all := strings.Join([]string{label, name, widget.Fold(string(x.Panel)), widget.Fold(x.Help)}, "\n")
		switch {
		case strings.Contains(" "+label, " "+query):
			ranks[0] = append(ranks[0], x)
		case strings.Contains(label, query):
			ranks[1] = append(ranks[1], x)
		case strings.Contains(name, query):
			ranks[2] = append(ranks[2], x)
		case !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(all, w) }):
			ranks[3] = append(ranks[3], x)
		}
	}
	return slices.Concat(ranks[:]...)
}

// Jump leaves the row in focus for a setting, whose panel it opens. A setting
// that does not matter now has no row: the focus goes to the one above it.
func (f *Form) Jump(key string) {
	i := slices.IndexFunc(f.fields, func(x spec.Field) bool { return x.Key == key })
	if i < 0 {
		return
	}
	f.blur()
	p := f.fields[i].Panel
	to := "panel:" + string(p)
	for ; i >= 0; i-- {
		if x := &f.fields[i]; x.Panel == p && x.Shown(f.values) {
			to = x.Key
			break
		}
	}
	f.shut[p] = false
	f.moveTo(to)
	f.tidy(f.current())
}
