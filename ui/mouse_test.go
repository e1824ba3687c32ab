package ui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

func (d *driver) click(text string) {
	d.t.Helper()
	for y, l := range strings.Split(d.view(), "\n") {
		if i := strings.Index(l, text); i >= 0 {
			d.update(tea.MouseMsg{X: ansi.StringWidth(l[:i]), Y: y, Action: tea.MouseActionPress, Button: tea.MouseButtonLeft})
			d.update(tea.MouseMsg{X: ansi.StringWidth(l[:i]), Y: y, Action: tea.MouseActionRelease, Button: tea.MouseButtonLeft})
			d.settle()
			return
		}
	}
	d.t.Fatalf("%q is not on the screen:\n%s", text, d.view())
}

func (d *driver) wheel(b tea.MouseButton) {
	d.update(tea.MouseMsg{X: 5, Y: 5, Action: tea.MouseActionPress, Button: b})
	d.settle()
}

// The mouse chooses a row, opens it, goes to a tab, presses a hint, and moves
// nothing where there is no row.
func TestTheMousePressesKeys(t *testing.T) {
	t.Parallel()
	drive(t, monthEnd(), 120, 36, onHome, func(d *driver) {
		d.click("NetSuite DE")
		d.shows("▸ NetSuite DE")
		d.click("NEEDS YOU")
		d.click("August 2026")
		d.shows("▸ NetSuite DE")
		d.click("Customer has no mapping")
		d.shows("▸ 2 Customer has no mapping")
		d.click("NetSuite UK")
		d.shows("▸ NetSuite UK")
		d.click("NetSuite UK")
		d.shows("Integrations › NetSuite UK")
		d.keys("esc")
		d.click("r runs")
		d.shows("NetSuite UK · runs")
		d.keys("esc")
		d.click("? help")
		d.shows("Keys: Integrations")
	})
	drive(t, reviewed(), 120, 36, onRun, func(d *driver) {
		d.click("2 Bill")
		d.shows("[2 Bill]")
	})
	drive(t, reviewed(), 120, 36, onRuns, func(d *driver) {
		d.wheel(tea.MouseButtonWheelDown)
		d.shows("▸ ")
		at := d.root.marked()
		d.wheel(tea.MouseButtonWheelUp)
		if now := d.root.marked(); now != at-wheelRows {
			t.Errorf("the wheel moved from line %d to %d", at, now)
		}
		d.keys("x")
		d.click("only this account")
		d.shows("▸ u  only this account")
	})
}

// Below the least size, and with the mouse given back, nothing happens.
func TestTheMouseIsGivenBack(t *testing.T) {
	t.Parallel()
	drive(t, seeded(), 100, 30, onHome, func(d *driver) {
		d.root.hasMouse = true
		d.keys("ctrl+t")
		d.shows("the mouse is the terminal's")
		if d.root.resumed() != nil {
			t.Error("it is taken back after a suspension")
		}
		d.keys("ctrl+t")
		if d.root.resumed() == nil {
			t.Error("it is not turned on again after a suspension")
		}
	})
}
