package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/spec"
)

func settingsCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "settings [TEXT...]", Short: "Tell what each setting of an integration does",
		Long: `Settings tells of each setting: its key in files and in the API, its default, what it
may be, and what it does. TEXT chooses those that have it in their name, key or help.
A key such as billferry.approval may also be written as approval inside an object
billferry. Settings marked with ours are not in m3ter's own form.`,
		Example: "  billferry settings\n  billferry settings billferry.postingPeriod\n  billferry settings item",
		RunE: func(_ *cobra.Command, args []string) error {
			text := strings.Join(args, " ")
			var found spec.Catalog
			for _, f := range e.catalog() {
				f.Fields, f.Auth = f.Find(text)
				if len(f.Fields)+len(f.Auth) > 0 {
					found = append(found, f)
				}
			}
			if len(found) == 0 {
				return fmt.Errorf("no setting has %q in it; 'billferry settings' lists all", text)
			}
			return e.print(found, func(w io.Writer) {
				for i, f := range found {
					if i > 0 {
						_, _ = fmt.Fprintln(w)
					}
					_, _ = io.WriteString(w, f.Text())
				}
			})
		},
	}
}
