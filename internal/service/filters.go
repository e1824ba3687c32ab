package service

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/internal/spec"
)

// Filters keeps filters of lists under names, for everybody who works on the store.
type Filters interface {
	// SavedFilters lists them, by list and name.
	SavedFilters(ctx context.Context) ([]SavedFilter, error)
	// SaveFilter keeps one; an empty ID makes a new one, else name and line of that one
	// are replaced. A name that another filter of the list has is ErrExists.
	SaveFilter(ctx context.Context, f SavedFilter) (SavedFilter, error)
	DeleteFilter(ctx context.Context, id string) error
}

// SavedFilter is the line that a list is filtered by, under a name.
type SavedFilter struct {
	ID   string `json:"id"`
	List string `json:"list"` // one of FilterLists
	Name string `json:"name"`
	Line string `json:"line"`
}

// FilterLists are the lists whose filters can be kept. The lines of runs are of the
// filter language, those of the others any text.
var FilterLists = []string{FilterRuns, "integrations", "events", "mappings", "accounts", "month", "plans"}

// FilterRuns is the list of runs.
const FilterRuns = "runs"

// What is kept of filters at most.
const (
	MaxFilters    = 500
	MaxFilterName = 60
	maxFilterLine = 1000
)

// check is why a filter cannot be kept, with its name and line as they are kept.
func (f SavedFilter) check() (SavedFilter, error) {
	f.Name, f.Line = strings.TrimSpace(f.Name), strings.TrimSpace(f.Line)
	var p spec.Problems
	bad := func(key, label, format string, args ...any) {
		p = append(p, spec.Problem{Key: key, Label: label, Message: fmt.Sprintf(format, args...)})
	}
	long := func(s string, most int) bool {
		return len([]rune(s)) > most || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
	}
	if !slices.Contains(FilterLists, f.List) {
		bad("list", "List", "%q has no filters: use one of %s", f.List, strings.Join(FilterLists, ", "))
	}
	switch {
	case f.Name == "":
		bad("name", "Name", "type what the filter is called")
	case long(f.Name, MaxFilterName):
		bad("name", "Name", "one line of at most %d characters", MaxFilterName)
	}
	switch {
	case f.Line == "":
		bad("line", "Filter", "an empty one selects everything: type what to filter by")
	case long(f.Line, maxFilterLine):
		bad("line", "Filter", "one line of at most %d characters", maxFilterLine)
	case f.List == FilterRuns:
		if _, err := runfilter.Parse(f.Line, time.Now()); err != nil {
			bad("line", "", "%v", err)
		}
	}
	return f, p.Err()
}

// KeepFilter puts a filter among all, in place of the one with its id.
func KeepFilter(all []SavedFilter, f SavedFilter) ([]SavedFilter, SavedFilter, error) {
	f, err := f.check()
	if err != nil {
		return all, f, err
	}
	at := -1
	for i, x := range all {
		switch {
		case x.ID == f.ID:
			at = i
		case x.List == f.List && strings.EqualFold(x.Name, f.Name):
			return all, f, fmt.Errorf("the filter %q of %s %w: choose another name, or change or delete that one", x.Name, x.List,
				integration.ErrExists)
		}
	}
	all = slices.Clone(all)
	switch {
	case at >= 0:
		all[at] = f
	case len(all) >= MaxFilters:
		return all, f, spec.Problems{{Message: fmt.Sprintf("%d filters are saved, and there can be no more: delete one first", len(all))}}
	default:
		all = append(all, f)
	}
	slices.SortStableFunc(all, func(a, b SavedFilter) int {
		return cmp.Or(cmp.Compare(slices.Index(FilterLists, a.List), slices.Index(FilterLists, b.List)),
			cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)))
	})
	return all, f, nil
}

// DropFilter takes the filter with an id out of all.
func DropFilter(all []SavedFilter, id string) ([]SavedFilter, error) {
	i := slices.IndexFunc(all, func(f SavedFilter) bool { return f.ID == id })
	if i < 0 {
		return all, fmt.Errorf("saved filter %s: %w", id, integration.ErrNotFound)
	}
	return slices.Delete(slices.Clone(all), i, i+1), nil
}

// FindFilter is the filter of a list that has a name, in whatever case.
func FindFilter(all []SavedFilter, list, name string) (SavedFilter, error) {
	var names []string
	for _, f := range all {
		if f.List != list {
			continue
		}
		if strings.EqualFold(f.Name, strings.TrimSpace(name)) {
			return f, nil
		}
		names = append(names, f.Name)
	}
	if len(names) == 0 {
		return SavedFilter{}, fmt.Errorf("no filter of %s is saved: %w", list, integration.ErrNotFound)
	}
	return SavedFilter{}, fmt.Errorf("saved filter %q of %s %w: there are %s", name, list, integration.ErrNotFound, strings.Join(names, ", "))
}
