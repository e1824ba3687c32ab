package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/app"
	"billferry/internal/destination"
)

func causesCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "causes [TEXT...]", Short: "Look up what the cause of a run means, and what to do about it",
		Long: `Causes tells of each cause that a run, an event or a refusal can name: what it is,
which answers of the destination lead to it, and what to do. TEXT is a cause, a code
that the destination answers, or words to look for. No store is opened.`,
		Example: "  billferry causes period_closed\n  billferry causes CLOSED_TRAN_PRD\n  billferry causes external id | less",
		ValidArgsFunction: func(*cobra.Command, []string, string) (out []string, _ cobra.ShellCompDirective) {
			for _, m := range app.Causes() {
				out = append(out, m.Cause)
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			found := findCauses(app.Causes(), text)
			if len(found) == 0 {
				return fmt.Errorf("no cause has %q in it; 'billferry causes' lists all", text)
			}
			return e.print(found, func(w io.Writer) {
				for i, m := range found {
					if i > 0 {
						_, _ = fmt.Fprintln(w)
					}
					_, _ = fmt.Fprintf(w, "%s: %s\n", m.Cause, m.Then)
					facts(w, "  What it is", m.Is, "  Answers", m.Answers, "  What to do", m.Do)
				}
			})
		},
	}
}

// findCauses gives the one of that name, else those with the text in them.
func findCauses(all []destination.Meaning, text string) (found []destination.Meaning) {
	for _, m := range all {
		if m.Cause == text {
			found = append(found, m)
		}
	}
	if len(found) > 0 {
		return found
	}
	text = strings.ToLower(text)
	for _, m := range all {
		if strings.Contains(strings.ToLower(strings.Join([]string{m.Cause, string(m.Then), m.Is, m.Answers, m.Do}, "\n")), text) {
			found = append(found, m)
		}
	}
	return found
}
