package cli

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
)

func sourceCommand(e *env) *cobra.Command {
	return group("source", "The m3ter side: where Bills come from", sourceConnectCommand(e), sourceStatusCommand(e))
}

func sourceConnectCommand(e *env) *cobra.Command {
	var src integration.Source
	var file string
	c := &cobra.Command{
		Use: "connect --org-id O --access-key-id K --api-secret-file FILE", Short: "Prove m3ter credentials and keep them",
		Example: "  billferry source connect --org-id ... --access-key-id ... --api-secret-file m3ter-secret.txt",
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if src.APISecret, err = e.readSecret("api-secret-file", file); err != nil {
				return err
			}
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			if err := s.ConnectSource(c.Context(), src, e.printStep); err != nil {
				return err
			}
			return e.print(map[string]any{"connected": true, "orgId": src.OrgID}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "m3ter organisation %s is connected\n", src.OrgID)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&src.OrgID, "org-id", "", "m3ter organisation id")
	f.StringVar(&src.AccessKey, "access-key-id", "", "access key id of a m3ter service user")
	f.StringVar(&file, "api-secret-file", "", "file with its API secret; - is standard input")
	f.StringVar(&src.BaseURL, "base-url", "https://api.m3ter.com", "m3ter's API")
	for _, name := range []string{"org-id", "access-key-id", "api-secret-file"} {
		_ = c.MarkFlagRequired(name)
	}
	return c
}

func sourceStatusCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show how m3ter is connected", Example: "  billferry source status",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			st, err := s.SourceStatus(c.Context())
			if err != nil {
				return err
			}
			return e.print(st, func(w io.Writer) {
				if !st.Connected {
					_, _ = fmt.Fprintln(w, "m3ter is not connected: billferry source connect --help")
					return
				}
				facts(w, "Organisation", st.OrgID, "API", st.BaseURL, "Access key", st.AccessKey,
					"Last poll", when(st.LastPoll), "Last error", st.LastError, "Known Bills", strconv.Itoa(st.Known))
			})
		},
	}
}
