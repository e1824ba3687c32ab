package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// The chooser of the key file lists as one types, opens folders and follows links,
// shows hidden files after a dot, says why a file is no key, completes the path with
// tab, and esc loses nothing.
func TestTheKeyFileInATerminal(t *testing.T) {
	t.Parallel()
	s := demo(t, 160, 40)
	create(s, "NetSuite US")
	dir := folder(t)
	for _, sub := range []string{"real", "private-keys"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	key := filepath.Join(dir, "real", "netsuite.pem")
	for name, text := range map[string]string{
		key: strangeKey(t), filepath.Join(dir, ".hidden.pem"): "-", filepath.Join(dir, "notes.txt"): "no key",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{filepath.Join(dir, "real"): "linked", key: "link.pem"} {
		if err := os.Symlink(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}

	s.press("c")
	s.see("Netsuite Connection")
	s.press("ctrl+f", dir+"/")
	s.see("Private key file", "linked", "folder", "link.pem", "notes.txt")
	s.gone(".hidden.pem")
	s.press(".")
	s.see(".hidden.pem")
	s.press("esc")
	s.gone("Private key file")
	s.press("ctrl+f", dir+"/notes")
	s.see("▸     notes.txt")
	s.press("enter")
	s.see("notes.txt", "not in PEM form")
	s.press("ctrl+f", "ctrl+u", dir+"/linked")
	s.see("▸     linked")
	s.press("enter") // a folder is opened
	s.see("Private key file", "▸     netsuite.pem")
	s.press("enter")
	end := filepath.Base(dir) // of a long path the field shows that
	s.see(end+"/linked/netsuite.pem", "✓ EC P-256")
	s.press("ctrl+u", dir+"/pri", "tab")
	s.see(end + "/private-keys/")
	s.press("ctrl+u", dir+"/link.pem")
	s.see("✓ EC P-256")
	s.press("esc")
	s.see("Close the connection form?", "[  No  ]")
	s.press("enter")
	s.see("Netsuite Connection", dir+"/link.pem")
}
