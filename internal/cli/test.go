package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billferry/internal/destination"
	"billferry/internal/service"
)

func testCommand(e *env) *cobra.Command {
	var role bool
	c := &cobra.Command{
		Use: "test ID", Short: "Report what the account has of what the integration needs",
		ValidArgsFunction: e.firstIntegration,
		Long: `Test looks at the whole account: permissions, forms, mandatory fields, dimensions
and segments, tax, currencies, customers and subsidiaries, accounting periods,
numbering, approval, the concurrency limit, the clock and the certificate. Each
line is well, to do, or cannot be told, with what to do. Nothing is saved there.

It ends with 3 when something is to do, and with 1 when the destination could not
be asked. --role-xml prints the role with the least privileges that the
configuration needs, as an object of a SuiteCloud project; that asks nobody.`,
		Example: "  billferry integration test US\n  billferry integration test US --role-xml > customrole_billferry.xml",
		RunE: func(c *cobra.Command, args []string) error {
			s, in, err := e.openOne(c.Context(), args[0])
			if err != nil {
				return err
			}
			if role {
				return e.printRole(in)
			}
			return e.report(c.Context(), s, in)
		},
	}
	c.Flags().BoolVar(&role, "role-xml", false, "print the least role that is needed, and test nothing")
	return c
}

func (e *env) printRole(in service.Summary) error {
	a, err := destination.Registry(e.destinations).Find(in.EntityType, in.Destination)
	if err != nil {
		return err
	}
	maker, ok := a.(destination.RoleMaker)
	if !ok {
		return usagef("--role-xml: %s imports no roles", a.Words().System)
	}
	_, err = e.out.Write(maker.Role(in.ConfigData))
	return err
}

// report prints a line for each step, and counts them.
func (e *env) report(ctx context.Context, s service.Service, in service.Summary) error {
	var steps []service.Step
	states := map[string]int{}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(e.out, safeText(format)+"\n", args...) }
	err := s.Test(ctx, in.ID, func(st service.Step) {
		if st.State == "running" {
			return
		}
		states[st.State]++
		steps = append(steps, st)
		if !e.json {
			st.Name, st.Detail, st.Remedy = safeText(st.Name), safeText(st.Detail), safeText(st.Remedy)
			writeStep(say, st)
		}
	})
	if perr := e.print(listed(steps), func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "\n%d to do, %d cannot be told, %d well\n", states["todo"], states["skipped"]+states["failed"], states["passed"])
	}); perr != nil {
		return perr
	}
	switch {
	case err == nil && states["todo"] > 0:
		return errToDo
	case err != nil && states["failed"] > 0 && !e.json: // what and why stands with the step
		return told{err}
	}
	return err
}
