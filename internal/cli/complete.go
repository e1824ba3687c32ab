package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billferry/internal/app"
	"billferry/internal/integration"
	"billferry/internal/runfilter"
	"billferry/internal/service"
)

// completionTime is what a person who pressed tab does not notice. What takes
// longer is not offered.
const completionTime = 300 * time.Millisecond

// completeWords offers fixed words for a flag.
func completeWords(c *cobra.Command, flag string, words ...string) {
	completeFlag(c, flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// completeFlag panics when there is no such flag: that is a typo in here, and
// every command is built at each start.
func completeFlag(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}

// offer makes a completion of what the store holds: words, each with its
// description behind a tab.
func (e *env) offer(ask func(ctx context.Context, s service.Service, word string) ([]string, error)) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		var out []string
		for _, x := range e.live(c, word, ask) {
			if len(x) >= len(word) && strings.EqualFold(x[:len(word)], word) {
				out = append(out, x)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// live asks the store, or the process that has it, without waiting for either.
func (e *env) live(c *cobra.Command, word string, ask func(context.Context, service.Service, string) ([]string, error)) []string {
	if fromEnvironment(c.Flags()) != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Context(), completionTime)
	defer cancel()
	found := make(chan []string, 1)
	go func() {
		words, _ := e.peek(ctx, func(s service.Service) ([]string, error) { return ask(ctx, s, word) })
		found <- words
	}()
	select {
	case words := <-found:
		return words
	case <-ctx.Done():
		return nil
	}
}

// peek opens what is there already; pressing tab makes no store.
func (e *env) peek(ctx context.Context, ask func(service.Service) ([]string, error)) (_ []string, err error) {
	if e.server != "" {
		s, err := e.remote()
		if err != nil {
			return nil, err
		}
		return ask(s)
	}
	dir, err := e.folder()
	if err != nil {
		return nil, err
	}
	if !app.HasStore(dir) {
		return nil, errors.New("there is no store")
	}
	a, err := app.Open(app.Config{DataDir: dir, NoKeyring: e.noKeyring, Idle: true, Destinations: e.destinations})
	if app.Held(err) {
		s, err := app.Attach(ctx, dir, err, e.catalog())
		if err != nil {
			return nil, err
		}
		return ask(s)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return ask(a)
}

func (e *env) completeIntegrations(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	return e.offer(func(ctx context.Context, s service.Service, _ string) ([]string, error) {
		all, err := s.Integrations(ctx)
		var out []string
		for _, in := range all {
			out = append(out, in.Name+"\t"+in.State()+" "+in.ID)
		}
		return out, err
	})(c, args, word)
}

// firstIntegration completes an argument that is the only one.
func (e *env) firstIntegration(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return e.completeIntegrations(c, args, word)
}

// completeRuns offers the latest runs of some statuses, of all without any.
func (e *env) completeRuns(statuses ...integration.Status) cobra.CompletionFunc {
	return e.completeRunsOf(integration.RunFilter{Statuses: statuses})
}

// completeRunsOf offers the latest runs that a filter selects.
func (e *env) completeRunsOf(f integration.RunFilter) cobra.CompletionFunc {
	return e.offer(func(ctx context.Context, s service.Service, _ string) ([]string, error) {
		p, err := s.Runs(ctx, f, "", 50)
		var out []string
		for _, r := range p.Runs {
			out = append(out, r.ID+"\t"+strings.TrimSpace(clean(fmt.Sprintf("%s %s %s %s", r.Standing(), r.BillRef, r.AccountRef(), what(r)))))
		}
		return out, err
	})
}

func (e *env) completeEvents() cobra.CompletionFunc {
	return e.offer(func(ctx context.Context, s service.Service, _ string) ([]string, error) {
		all, err := s.Events(ctx, service.EventFilter{Limit: 50})
		var out []string
		for _, ev := range all {
			out = append(out, ev.ID+"\t"+clean(ev.Name+" "+ev.Message))
		}
		return out, err
	})
}

func (e *env) completeMappings() cobra.CompletionFunc {
	return e.offer(func(ctx context.Context, s service.Service, _ string) ([]string, error) {
		all, err := s.Mappings(ctx, service.MappingFilter{})
		var out []string
		for _, m := range all {
			out = append(out, m.ID+"\t"+clean(fmt.Sprintf("%s %s = %s %s", m.M3terEntity, m.M3terID, m.ExternalTable, m.ExternalID)))
		}
		return out, err
	})
}

func (e *env) completeKeys() cobra.CompletionFunc {
	return e.offer(func(ctx context.Context, s service.Service, _ string) ([]string, error) {
		ring, ok := s.(keyring)
		if !ok {
			return nil, nil
		}
		all, err := ring.APIKeys(ctx)
		var out []string
		for _, k := range all {
			out = append(out, k.ID+"\t"+clean(k.Name)+" "+string(k.Scope))
		}
		return out, err
	})
}

// completeFilter offers the words of the filter language, and behind cause,
// acct and currency the values that the runs have.
func (e *env) completeFilter(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	found, _ := e.offer(func(ctx context.Context, s service.Service, word string) ([]string, error) {
		known, err := knownValues(ctx, s, word[strings.LastIndexByte(word, ' ')+1:])
		return runfilter.Complete(word, known), err
	})(c, args, word)
	switch {
	case word == "" || strings.HasSuffix(word, " "):
		for _, key := range runfilter.Keys() {
			found = append(found, word+key)
		}
	case len(found) == 0: // words need no store
		found = runfilter.Complete(word, runfilter.Known{})
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveKeepOrder
}

func knownValues(ctx context.Context, s service.Service, term string) (k runfilter.Known, err error) {
	key, _, _ := strings.Cut(term, ":")
	seen := map[string]bool{}
	add := func(list *[]string, value string) {
		if value != "" && !seen[value] {
			seen[value] = true
			*list = append(*list, value)
		}
	}
	switch strings.ToLower(key) {
	case "cause":
		groups, err := s.Groups(ctx, integration.RunFilter{})
		for _, g := range groups {
			add(&k.Causes, g.Cause)
		}
		return k, err
	case "currency":
		t, err := s.Totals(ctx, "")
		for currency := range t.Money {
			add(&k.Currencies, currency)
		}
		return k, err
	case "acct", "account":
		p, err := s.Runs(ctx, integration.RunFilter{}, "", 200)
		for _, r := range p.Runs {
			add(&k.Accounts, r.AccountRef())
		}
		return k, err
	}
	return k, nil
}
