package ui

import (
	"bytes"
	"io"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/exp/teatest"

	"billferry/internal/service/servicetest"
	"billferry/ui/screen"
)

// The whole story once through Bubble Tea's own loop, with real time, real
// commands and the relay of changes: what the driver stands in for elsewhere.
func TestTheWholeWizardInTheRealLoop(t *testing.T) {
	t.Parallel()
	path, _ := keyFile(t)
	f := servicetest.New()
	info, err := f.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changes, err := f.Changes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := newRoot(screen.Env{Service: f, Now: time.Now, Info: info}, screen.Route{})
	tm := teatest.NewTestModel(t, r, teatest.WithInitialTermSize(100, 30))
	go relay(t.Context(), f, changes, tm.Send)

	see := func(text string) {
		t.Helper()
		teatest.WaitFor(t, tm.Output(), func(b []byte) bool { return bytes.Contains(b, []byte(text)) },
			teatest.WithDuration(5*time.Second), teatest.WithCheckInterval(5*time.Millisecond))
	}
	see("There is no integration yet")
	tm.Type("n")
	see("Entity Type")
	tm.Send(tea.KeyMsg{Type: tea.KeyEnter})
	see("Select an external system")
	tm.Send(tea.KeyMsg{Type: tea.KeyEnter})
	see("Restricted Account Ids")
	tm.Type("NetSuite US")
	tm.Send(tea.KeyMsg{Type: tea.KeyCtrlS})
	see("not yet authenticated")
	tm.Type("c")
	see("External Customer Id")
	for _, s := range []string{"1234567", "client", "key", path} {
		tm.Type(s)
		tm.Send(tea.KeyMsg{Type: tea.KeyTab})
	}
	see("signs with ES256")
	tm.Send(tea.KeyMsg{Type: tea.KeyCtrlS})
	see("Integration connected successfully")
	tm.Send(tea.KeyMsg{Type: tea.KeyCtrlC})
	tm.WaitFinished(t, teatest.WithFinalTimeout(5*time.Second))
	if out, err := io.ReadAll(tm.FinalOutput(t)); err != nil || bytes.Contains(out, []byte("PRIVATE KEY")) {
		t.Fatal("the key was written to the terminal", err)
	}
	all, err := f.Integrations(t.Context())
	if err != nil || len(all) != 1 || !all[0].Authorized {
		t.Fatalf("%v %+v", err, all)
	}
}
