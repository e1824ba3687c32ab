package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

func exportCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "export [ID...]", Short: "Print integrations as YAML that apply takes",
		Long: `Export prints the named integrations, or all, one YAML document each. Credentials
are not in it: they never leave the store. A disabled integration says so; an
enabled one says nothing, so that applying it does not enable what was disabled
since.`,
		Example:           "  billferry integration export > integrations.yaml\n  billferry integration export 'Acme US' --json",
		ValidArgsFunction: e.completeIntegrations,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			all, err := s.Integrations(c.Context())
			if err != nil {
				return err
			}
			var chosen []integration.Integration
			for _, in := range all {
				if len(args) == 0 {
					chosen = append(chosen, in.Integration)
				}
			}
			for _, ref := range args {
				in, err := find(all, ref)
				if err != nil {
					return err
				}
				chosen = append(chosen, in.Integration)
			}
			slices.SortFunc(chosen, func(a, b integration.Integration) int { return strings.Compare(a.Name, b.Name) })
			return e.export(s.Catalog(), chosen)
		},
	}
}

// exported is body as it is written.
type exported struct {
	EntityType  string      `json:"entityType"`
	Destination string      `json:"destination"`
	Name        string      `json:"name"`
	Enabled     *bool       `json:"enabled,omitempty"`
	ConfigData  spec.Values `json:"configData"`
}

func (e *env) export(cat spec.Catalog, all []integration.Integration) error {
	out := make([]exported, len(all))
	for i, in := range all {
		out[i] = exported{EntityType: in.EntityType, Destination: in.Destination, Name: in.Name, ConfigData: in.ConfigData}
		if !in.Enabled {
			out[i].Enabled = new(bool)
		}
	}
	if e.json {
		return e.printJSON(out)
	}
	for i, x := range out {
		f, _ := cat.Form(x.EntityType, x.Destination)
		if i > 0 {
			_, _ = io.WriteString(e.dataOut(), "---\n")
		}
		if _, err := io.WriteString(e.dataOut(), x.yaml(f)); err != nil {
			return fmt.Errorf("write %s as YAML: %w", x.Name, err)
		}
	}
	return nil
}

// yaml writes x with its keys in an order that stays: that of the form, then
// the ones it does not know, by name.
func (x exported) yaml(f spec.Form) string {
	w := yamlWriter{}
	for _, field := range f.Fields {
		w.keys = append(w.keys, field.Key)
	}
	w.entry("", "entityType", x.EntityType)
	w.entry("", "destination", x.Destination)
	w.entry("", "name", x.Name)
	if x.Enabled != nil {
		w.entry("", "enabled", *x.Enabled)
	}
	w.b.WriteString("configData:")
	w.value("", "", map[string]any(x.ConfigData.Clone()))
	return w.b.String()
}
