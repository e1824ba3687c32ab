package month

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/ask"
	"billferry/ui/listing"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// Auditor is who makes packs of evidence, or an error that says where they are made.
func Auditor(svc service.Service) (service.Auditor, error) {
	a, ok := svc.(service.Auditor)
	if !ok {
		return nil, errors.New("evidence is made on the machine whose store it is: run billferry there, without --server")
	}
	return a, nil
}

// PackName is the file that a pack of a period goes to unless another is named.
func PackName(period string) string { return "evidence-" + period + ".zip" }

// WritePack writes the evidence of a period to a new file, of which nothing stays
// where that fails. said is what it came to, in sentences.
func WritePack(ctx context.Context, a service.Auditor, q service.ReconcileRequest, path string, far func(reconcile.Progress)) (
	said []string, err error,
) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write the evidence: %w", err)
	}
	pack, err := a.Evidence(ctx, q, f, far)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errors.Join(err, os.Remove(path)) // a part of it is no evidence
	}
	return []string{fmt.Sprintf("%s has %s and %s, %s open, verdict %s", path, widget.Many(pack.Bills, "Bill"),
		widget.Many(pack.Documents, "document"), widget.Many(pack.Open, "break"), strings.ReplaceAll(string(pack.Verdict), "_", " ")),
		"It is signed with the key " + pack.Key}, nil
}

// noEvidence is why there can be none now.
func (s *Screen) noEvidence() string {
	if _, err := Auditor(s.env.Service); err != nil {
		return err.Error()
	}
	return s.work.Why()
}

// askEvidence asks for the file of the pack.
func (s *Screen) askEvidence() tea.Cmd {
	const file, panel = "file", spec.Panel("Pack")
	return s.env.Open(ask.New(s.env, ask.Act{
		Title: "Evidence of " + s.month(), Verb: "Write it",
		Text: "The period is reconciled afresh, and a signed ZIP file for an auditor has what stands behind the result.",
		Fields: []spec.Field{{Key: file, Label: "File", Panel: panel, Kind: spec.Text, Required: true,
			Help: "A new file, which 'billferry evidence verify' checks."}},
		Values: spec.Values{file: PackName(s.period)},
		Do: func(v spec.Values) func(context.Context) error {
			return func(context.Context) error { // what can be known before minutes of work
				if _, err := os.Lstat(v.Text(file)); err == nil {
					return fmt.Errorf("%s is there already: name another file", v.Text(file))
				}
				_, err := os.Stat(filepath.Dir(v.Text(file)))
				return err
			}
		},
		Done: func(v spec.Values) tea.Cmd { return s.evidence(v.Text(file)) },
	}))
}

// evidence begins to write it, and shows how far it is.
func (s *Screen) evidence(path string) tea.Cmd {
	auditor, err := Auditor(s.env.Service)
	if err != nil {
		return screen.Fail(err)
	}
	q := service.ReconcileRequest{IntegrationID: s.id, Period: s.period}
	s.began = s.env.Now()
	return listing.Begin(&s.work, &s.List, "a pack of evidence", reconcile.Progress{Step: "accounting periods"},
		func(ctx context.Context, far func(reconcile.Progress)) (string, error) {
			whole, err := filepath.Abs(path)
			if err != nil {
				return "", fmt.Errorf("write the evidence: %w", err)
			}
			said, err := WritePack(ctx, auditor, q, whole, far)
			return strings.Join(said, "\n"), err
		},
		func(said string, err error) tea.Cmd {
			if err != nil {
				return screen.Fail(err)
			}
			return tea.Batch(screen.Stay(said), s.load())
		})
}
