package month

import (
	"cmp"
	"context"
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/reconcile"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

func (s *Screen) openMenu() {
	at, ok := s.Selected()
	unless := func(cond bool, why string) string {
		if !ok || at.brk == nil {
			return "open a group first: it acts on one break"
		}
		if !cond {
			return why
		}
		return ""
	}
	var b reconcile.Break
	if ok && at.brk != nil {
		b = *at.brk
	}
	noAddress := "there is no document"
	if b.Code == reconcile.Deleted {
		noAddress = "the document was deleted: its address leads nowhere"
	}
	title := "More actions"
	if b.ID != "" {
		title += ": " + widget.Clean(cmp.Or(b.Ref, b.Number))
	}
	month := []widget.Action{
		{Key: "r", Text: "reconcile this month now", Disabled: s.work.Why(), Do: s.reconcile},
		{Key: "e", Text: "evidence for an auditor …", Disabled: s.noEvidence(), Do: s.askEvidence},
	}
	one := []widget.Action{
		{Key: "a", Text: "resolve this break …", Disabled: unless(b.Open(), "it is resolved; undo that first"),
			Do: func() tea.Cmd { return s.resolve(b) }},
		{Key: "u", Text: "undo its resolution", Disabled: unless(!b.Open(), "nobody has resolved it"), Do: func() tea.Cmd { return s.undo(b) }},
		{Key: "b", Text: "the runs of its Bill", Disabled: unless(b.Bill != "", "no Bill is known"), Do: func() tea.Cmd {
			return s.env.Push(screen.Route{Name: screen.Runs, ID: s.id, Arg: "bill:" + b.Bill})
		}},
		{Key: "n", Text: "copy the document's id", Disabled: unless(b.Doc != "", "there is no document"),
			Do: func() tea.Cmd { return screen.Copy(b.Doc, "the document's id") }},
		{Key: "l", Text: "copy the document's address", Disabled: unless(b.URL != "", noAddress), Do: func() tea.Cmd {
			return screen.Copy(b.URL, "the document's address")
		}},
	}
	if s.report == nil || len(s.report.Breaks) == 0 { // there is no group to open
		one = nil
	}
	s.Menu.Open(title, append(month, one...))
}

func (s *Screen) undo(b reconcile.Break) tea.Cmd {
	svc := s.env.Service
	return load.Do(&s.List, load.Deadline, func(ctx context.Context) (reconcile.Break, error) { return svc.UndoBreak(ctx, b.ID) },
		func(_ reconcile.Break, err error) tea.Cmd {
			if err != nil {
				return screen.Fail(fmt.Errorf("undo: %w", err))
			}
			return tea.Batch(screen.Toast("open again"), s.load())
		})
}
