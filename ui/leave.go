package ui

import (
	"context"
	"fmt"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/ui/confirm"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// leave ends the program: at once, after saving, or after asking.
func (r *root) leave() tea.Cmd {
	if r.quitting {
		return tea.Quit // a second ctrl+c: whoever asks twice means it
	}
	r.quitting = true
	var saves []tea.Cmd
	for _, s := range append(append([]screen.Screen{}, r.stack...), r.dialogs...) {
		l, ok := s.(screen.Leaver)
		if !ok {
			continue
		}
		ask, save := l.Leave()
		if ask != "" {
			return r.askLeave(ask)
		}
		saves = append(saves, save)
	}
	saves = append(saves, load.Do(r, leaveDeadline, r.losing, func(ask string, _ error) tea.Cmd {
		if ask == "" {
			return tea.Quit
		}
		return r.askLeave(ask)
	}))
	return tea.Batch(tea.Sequence(saves...), forgetQuit())
}

// leaveDeadline bounds the question what leaving would lose: a store that does
// not answer keeps nobody here.
const leaveDeadline = time.Second

func (r *root) askLeave(text string) tea.Cmd {
	quit := func() tea.Cmd { return tea.Quit }
	return tea.Batch(r.own(screen.OpenMsg{Dialog: confirm.New(r.env, "Leave billferry?", text, "Leave", quit)}), forgetQuit())
}

// losing says what leaving would throw away or interrupt, or "".
func (r *root) losing(ctx context.Context) (string, error) {
	svc, info := r.env.Service, r.env.Info
	if info.Demo != nil {
		all, err := svc.Integrations(ctx)
		if err != nil || len(all) == 0 {
			return "", err
		}
		if info.Demo.Kept != "" {
			return "The integrations, runs and mappings stay in " + info.Demo.Kept + ". The simulators and what they hold are thrown away.", nil
		}
		return "demo's data is thrown away: the integrations that you made, their runs and mappings, and both simulators.", nil
	}
	if info.Mode != "embedded" {
		return "", nil // the process that has the store goes on sending
	}
	t, err := svc.Totals(ctx, "")
	if n := t.ByStatus[integration.Started]; n > 0 && err == nil {
		return fmt.Sprintf("%s under way to %s. What has begun is brought to an end first; what is queued waits until billferry runs again.",
			count(n), svc.Catalog().Systems()), nil
	}
	return "", err
}

func count(n int) string {
	if n == 1 {
		return "1 Bill is"
	}
	return widget.Count(n) + " Bills are"
}

// forgetQuitMsg ends the time in which a second ctrl+c quits without asking.
type forgetQuitMsg struct{}

// forgetQuit lets a ctrl+c long after the first one ask again.
func forgetQuit() tea.Cmd {
	return tea.Tick(3*time.Second, func(time.Time) tea.Msg { return forgetQuitMsg{} })
}
