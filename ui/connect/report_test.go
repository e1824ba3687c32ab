package connect

import (
	"fmt"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/screen"
)

// A report that is longer than the screen begins with what is to do, and scrolls.
func TestALongReport(t *testing.T) {
	t.Parallel()
	d := NewTest(screen.Env{}, integration.Integration{Name: "One"})
	for i := range 20 {
		d.steps.list = append(d.steps.list, service.Step{Name: fmt.Sprintf("Step %02d", i), State: "passed"})
	}
	d.steps.list[18].State, d.steps.list[18].Remedy = "todo", "add a rule"
	d.steps.list[19].State = "skipped"
	d.SetSize(60, 12)
	d.Update(stepsOverMsg{owner: d, gen: d.steps.gen})
	view := d.View()
	for _, want := range []string{"! Step 18", "add a rule", "1 to do, 1 cannot be told", "↓ 1 to "} {
		if !strings.Contains(view, want) {
			t.Errorf("%q is not in:\n%s", want, view)
		}
	}
	if n := strings.Count(view, "\n") + 1; n > 12 {
		t.Errorf("%d lines in 12", n)
	}
	for range 9 {
		d.Update(tea.KeyMsg{Type: tea.KeyPgDown})
	}
	if view := d.View(); !strings.Contains(view, "Step 17") || strings.Contains(view, "↕") || !strings.Contains(view, "1 to do") {
		t.Errorf("at the end:\n%s", view)
	}
	d.Update(tea.KeyMsg{Type: tea.KeyUp})
	if view := d.View(); !strings.Contains(view, "↕") {
		t.Errorf("one line up:\n%s", view)
	}
}
