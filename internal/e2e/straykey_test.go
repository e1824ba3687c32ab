package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pastes are how terminals send a paste: marked as one with the line ends of tmux,
// and unmarked, in one piece and letter by letter.
var pastes = map[string]func(s *terminal, text string){
	"bracketed": func(s *terminal, text string) {
		s.press("\x1b[200~" + strings.ReplaceAll(text, "\n", "\r") + "\x1b[201~")
	},
	"plain": func(s *terminal, text string) { s.press(strings.ReplaceAll(text, "\n", "\r")) },
	"letters": func(s *terminal, text string) {
		for _, c := range strings.ReplaceAll(text, "\n", "\r") {
			s.press(string(c))
		}
	},
}

// hides fails when a part of a private key was drawn, or stands below the folder of
// the program.
func (s *terminal) hides(pem string) {
	s.t.Helper()
	lines := strings.Split(pem, "\n")
	for _, part := range []string{lines[1][40:56], lines[2][:16]} {
		if strings.Contains(s.written(), part) {
			s.t.Errorf("a part of the key was drawn")
		}
		err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(path)
			if strings.Contains(string(b), part) {
				s.t.Errorf("a part of the key stands in %s", path)
			}
			return err
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// A private key that is pasted into the wrong field of Connect, or into the search of
// its file chooser, goes to the field of the key. Anywhere else it goes nowhere, and
// no letter of it is taken for a key press, drawn or kept.
func TestAKeyInTheWrongPlace(t *testing.T) {
	t.Parallel()
	for name, paste := range pastes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pem := strangeKey(t)
			s := demo(t, 100, 40)
			configure(s, "Name of a draft")
			paste(s, pem)
			s.see("✗ that is a private key", "ctrl+k in the wizard", "Name of a draft ")
			s.press(" US")
			s.see("Name of a draft US")
			s.press("ctrl+s")
			s.see("○ NOT CONNECTED", "not yet authenticated")
			paste(s, pem) // nothing is typed into: its letters are no actions
			s.see("✗ that is a private key", "c Connect · r runs")
			s.press("r")
			s.see("○ WAITING")
			s.press("/")
			paste(s, pem)
			s.see("✗ that is a private key")
			s.press("status:open")
			s.see("/ status:open")
			s.press("esc", "esc")
			s.see("not yet authenticated")

			demoValues(s, "c")
			s.retype("Client Id *", 1, "abc")
			paste(s, pem)
			s.see("(pasted key)", "That is a private key: it was taken to its own field.", "▸   Upload Netsuite Credentials *", "abc ")
			s.press("f2")
			s.see("EC P-256")
			s.gone("(pasted key)")
			s.press("ctrl+f")
			s.see("Private key file")
			paste(s, pem)
			s.see("(pasted key)", "EC P-256")
			s.gone("Private key file")
			s.hides(pem)
		})
	}
}
