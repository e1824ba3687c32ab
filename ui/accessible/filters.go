package accessible

import (
	"context"
	"fmt"
	"slices"
	"time"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/internal/service"
)

// filters reads the saved filters out, and keeps, renames, changes or deletes one.
func (s *session) filters(ctx context.Context) error {
	for {
		all, err := s.svc.SavedFilters(ctx)
		if err != nil {
			return err
		}
		options := make([]string, len(all), len(all)+2)
		for i, f := range all {
			options[i] = fmt.Sprintf("%s, of %s: %s", f.Name, f.List, f.Line)
		}
		i, err := s.choose(ctx, "Which saved filter?", append(options, "New filter of runs", "Go back"), len(all)+1)
		switch {
		case err != nil || i == len(all)+1:
			return err
		case i == len(all):
			err = s.keepFilter(ctx, service.SavedFilter{List: service.FilterRuns})
		default:
			err = s.changeFilter(ctx, all[i])
		}
		if err := s.showError(err); err != nil {
			return err
		}
	}
}

func (s *session) changeFilter(ctx context.Context, f service.SavedFilter) error {
	i, err := s.choose(ctx, f.Name+". What next?", []string{"Rename or change it", "Delete it", "Go back"}, 2)
	switch {
	case err != nil || i == 2:
		return err
	case i == 0:
		return s.keepFilter(ctx, f)
	}
	yes, err := s.confirm(ctx, "Delete the filter "+f.Name+"? It is gone for everybody who works on this store.")
	if err != nil || !yes {
		return err
	}
	if err = s.svc.DeleteFilter(ctx, f.ID); err == nil {
		s.say("Deleted.")
	}
	return err
}

// keepFilter asks for the line and the name of a filter and keeps it.
func (s *session) keepFilter(ctx context.Context, f service.SavedFilter) (err error) {
	if f.Line, err = s.ask(ctx, "Filter, such as status:failed since:7d acct:acme", f.Line); err != nil {
		return err
	}
	if f.Name, err = s.must(ctx, "Its name", f.Name); err != nil {
		return err
	}
	if f, err = s.svc.SaveFilter(ctx, f); err == nil {
		s.say("Saved as %s.", f.Name)
	}
	return err
}

// kinds are the runs that one may want to hear of, before the saved filters.
var kinds = []struct{ words, filter string }{
	{"All runs", ""}, {"Failed runs", "status:failed"}, {"Runs under way or waiting", "status:open"},
}

// whichRuns asks for a filter: one of the usual, a saved one, or one that is typed.
func (s *session) whichRuns(ctx context.Context) (f integration.RunFilter, err error) {
	var words, lines []string
	for _, k := range kinds {
		words, lines = append(words, k.words), append(lines, k.filter)
	}
	all, err := s.svc.SavedFilters(ctx)
	if err != nil {
		return f, err
	}
	for _, x := range slices.DeleteFunc(all, func(x service.SavedFilter) bool { return x.List != service.FilterRuns }) {
		words, lines = append(words, x.Name+": "+x.Line), append(lines, x.Line)
	}
	i, err := s.choose(ctx, "Which runs?", append(words, "Those of a filter that you type"), 0)
	if err != nil {
		return f, err
	}
	if i < len(lines) {
		return runfilter.Parse(lines[i], time.Now())
	}
	for {
		line, err := s.ask(ctx, "Filter, such as status:failed since:7d acct:acme", "")
		if err != nil {
			return f, err
		}
		if f, err = runfilter.Parse(line, time.Now()); err == nil {
			return f, nil
		}
		s.fault(err)
	}
}
