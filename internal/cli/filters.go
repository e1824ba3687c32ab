package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/internal/service"
)

// filtersCommand keeps filters under names, as the screens do.
func filtersCommand(e *env) *cobra.Command {
	return group("filters", "Filters of lists that are kept under a name", filtersListCommand(e), filtersSaveCommand(e),
		filtersRenameCommand(e), filtersDeleteCommand(e))
}

func filtersListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the saved filters", Example: "  billferry filters list",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			all, err := s.SavedFilters(c.Context())
			if err != nil {
				return err
			}
			return e.print(listed(all), func(w io.Writer) {
				rows := make([][]string, len(all))
				for i, f := range all {
					rows[i] = []string{f.List, f.Name, f.Line}
				}
				table(w, "LIST|NAME|FILTER", rows)
			})
		},
	}
}

func filtersSaveCommand(e *env) *cobra.Command {
	q := service.SavedFilter{}
	c := &cobra.Command{
		Use: "save NAME --filter EXPR", Short: "Save a filter under a name, in place of the one that has it",
		Example: "  billferry filters save 'Late payers' --filter 'cause:credit_hold since:30d'",
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			all, err := s.SavedFilters(c.Context())
			if err != nil {
				return err
			}
			if old, err := service.FindFilter(all, q.List, args[0]); err == nil {
				q.ID = old.ID
			}
			q.Name = args[0]
			f, err := s.SaveFilter(c.Context(), q)
			if err != nil {
				return err
			}
			return e.print(f, func(w io.Writer) { _, _ = fmt.Fprintf(w, "saved %s: %s\n", f.Name, f.Line) })
		},
	}
	c.Flags().StringVar(&q.Line, "filter", "", filterHelp)
	listFlag(c, &q.List)
	completeFlag(c, "filter", e.completeFilter)
	_ = c.MarkFlagRequired("filter")
	return c
}

func listFlag(c *cobra.Command, list *string) {
	c.Flags().StringVar(list, "list", service.FilterRuns, strings.Join(service.FilterLists, ", "))
	completeWords(c, "list", service.FilterLists...)
}

func filtersRenameCommand(e *env) *cobra.Command {
	var list string
	c := &cobra.Command{
		Use: "rename NAME NEW", Short: "Rename a saved filter", Example: "  billferry filters rename 'Late payers' 'Credit hold'",
		ValidArgsFunction: e.completeSaved(&list),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			f, err := savedFilter(c.Context(), s, list, args[0])
			if err != nil {
				return err
			}
			f.Name = args[1]
			if f, err = s.SaveFilter(c.Context(), f); err != nil {
				return err
			}
			return e.print(f, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is called %s\n", args[0], f.Name) })
		},
	}
	listFlag(c, &list)
	return c
}

func filtersDeleteCommand(e *env) *cobra.Command {
	var list string
	c := &cobra.Command{
		Use: "delete NAME", Short: "Delete a saved filter", Example: "  billferry filters delete 'Late payers'",
		ValidArgsFunction: e.completeSaved(&list),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			f, err := savedFilter(c.Context(), s, list, args[0])
			if err != nil {
				return err
			}
			if err := s.DeleteFilter(c.Context(), f.ID); err != nil {
				return err
			}
			return e.print(f, func(w io.Writer) { _, _ = fmt.Fprintf(w, "deleted %s\n", f.Name) })
		},
	}
	listFlag(c, &list)
	return c
}

func savedFilter(ctx context.Context, s service.Service, list, name string) (service.SavedFilter, error) {
	all, err := s.SavedFilters(ctx)
	if err != nil {
		return service.SavedFilter{}, err
	}
	return service.FindFilter(all, list, name)
}

// completeSaved offers the names of saved filters.
func (e *env) completeSaved(list *string) cobra.CompletionFunc {
	return e.offer(func(ctx context.Context, s service.Service, _ string) ([]string, error) {
		all, err := s.SavedFilters(ctx)
		var out []string
		for _, f := range all {
			if f.List == *list {
				out = append(out, clean(f.Name)+"\t"+clean(f.Line))
			}
		}
		return out, err
	})
}

// runFilters are the flags that choose runs: by integration, by a saved filter, by a
// line, or by all of them together.
type runFilters struct {
	ref, saved string
	expr       filterFlag
}

func (f *runFilters) flags(e *env, c *cobra.Command) {
	c.Flags().StringVar(&f.ref, "integration", "", "id or name of the integration")
	c.Flags().Var(&f.expr, "filter", filterHelp)
	c.Flags().StringVar(&f.saved, "saved", "", "name of a saved filter; with --filter both hold")
	completeFlag(c, "integration", e.completeIntegrations)
	completeFlag(c, "filter", e.completeFilter)
	list := service.FilterRuns
	completeFlag(c, "saved", e.completeSaved(&list))
}

// given tells that runs are chosen by what they are.
func (f *runFilters) given() bool { return f.expr.text != "" || f.saved != "" }

// resolve is the filter of the integration, the saved filter and the line.
func (f *runFilters) resolve(ctx context.Context, s service.Service) (out integration.RunFilter, err error) {
	out = f.expr.f
	if f.saved != "" {
		kept, err := savedFilter(ctx, s, service.FilterRuns, f.saved)
		if err != nil {
			return out, err
		}
		if out, err = runfilter.Parse(strings.TrimSpace(kept.Line+" "+f.expr.text), time.Now()); err != nil {
			return out, usagef("--saved %q is %s; with --filter: %w", kept.Name, kept.Line, err)
		}
	}
	if f.ref != "" {
		in, err := resolve(ctx, s, f.ref)
		if err != nil {
			return out, err
		}
		out.IntegrationID = in.ID
	}
	return out, nil
}
