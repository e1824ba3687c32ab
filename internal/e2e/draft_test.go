package e2e

import "testing"

// The wizard connects first: pickers have the account's names before anything is
// created, and what is created is connected.
func TestADraftIsConnectedInTheWizard(t *testing.T) {
	t.Parallel()
	s := start(t, 100, 40, nil, "demo", "--latency", "5ms", "--account", "strict")
	configure(s, "NetSuite US")
	demoValues(s, "ctrl+k")
	s.press("ctrl+s")
	s.see("Integration connected successfully", "● 3 Configure and create", "NetSuite US")
	s.press("pgdown", "pgdown", "pgdown", "enter", "down", "down", "enter")
	s.see("rule 1 fills")
	s.press("ctrl+l")
	s.see("A field to fill", "Sales Channel")
	s.press("Channel")
	s.see("Search: Channel", "▸     Sales Channel")
	s.press("enter")
	s.see("rule 1 fills                     cseg_channel")
	s.press("tab", "ctrl+l")
	s.see("What fills cseg_channel", "Partner")
	s.press("Partner")
	s.see("Search: Partner", "▸     Partner")
	s.press("enter")
	s.see("cseg_channel = 2  (rule 1)", "199 Services (default)")
	s.press("ctrl+s")
	s.see("● CONNECTED", "NetSuite US")
}
