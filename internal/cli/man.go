package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCommand is hidden: it is for those who package billferry.
func manCommand(e *env) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "man --out DIR", Short: "Write a man page for every command", Hidden: true,
		Long:    "Man writes man pages of section 1. SOURCE_DATE_EPOCH sets their date.",
		Example: "  billferry man --out share/man/man1",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("make the folder for the man pages: %w", err)
			}
			root := c.Root()
			root.DisableAutoGenTag = true // the same program gives the same pages
			head := &doc.GenManHeader{Section: "1", Source: "billferry " + Version, Manual: "billferry"}
			if err := doc.GenManTree(root, head, dir); err != nil {
				return fmt.Errorf("write the man pages: %w", err)
			}
			pages, err := os.ReadDir(dir)
			if err != nil {
				return err
			}
			return e.print(map[string]any{"folder": dir, "files": len(pages)}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%d man pages in %s\n", len(pages), dir)
			})
		},
	}
	c.Flags().StringVar(&dir, "out", "", "folder to write to")
	_ = c.MarkFlagRequired("out")
	return c
}
