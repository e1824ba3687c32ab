//go:build unix

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/app"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// Every way into a store that was cut short, emptied or written over ends with
// a sentence and what to do, in the real program: no panic, nothing lost
// silently, and the file as it was.
func TestDamagedStoreIsASentence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	a, err := app.Open(app.Config{DataDir: data, NoKeyring: true, Idle: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Create(t.Context(), service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: "x",
		ConfigData: spec.Values{"netsuiteDefaultItemId": "1"}})
	if err != nil || a.Close() != nil {
		t.Fatal(err)
	}
	path := app.StorePath(data)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	garbage := bytes.Clone(whole)
	for i := 2 * page; i < len(garbage); i++ {
		garbage[i] = 0xA5
	}
	wrongMagic := bytes.Clone(whole)
	for i := range 2 {
		wrongMagic[i*page+16] ^= 0xFF
	}
	bill := filepath.Join(dir, "bill.json")
	if err := os.WriteFile(bill, []byte(`{"id":"b1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := []string{"runs list", "store check --repair", "store backup " + filepath.Join(dir, "copy.db"), "audit verify",
		"send --integration x --from " + bill, "serve"}
	for name, raw := range map[string][]byte{"empty": {}, "cut": whole[:3*page+7], "garbage": garbage, "wrong magic": wrongMagic} {
		for _, command := range commands {
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := program(t, dir, strings.Fields(command)...)
			out, err := cmd.CombinedOutput()
			text := string(out)
			if err == nil || !cmd.ProcessState.Exited() || cmd.ProcessState.ExitCode() > 3 ||
				!strings.Contains(text, "damaged") || !strings.Contains(text, "backup") || strings.Contains(text, "goroutine ") {
				t.Errorf("%s, %s: %v, %.600s", name, command, err, text)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, raw) {
				t.Errorf("%s, %s: the file was changed, %v", name, command, err)
			}
		}
	}
}

// A folder without a store is not checked, nor backed up, as an empty one.
func TestMaintenanceNeedsAStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	for _, exists := range []bool{false, true} {
		if exists {
			if err := os.Mkdir(data, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, command := range []string{"store check", "store backup " + filepath.Join(dir, "copy.db"), "audit list", "audit verify"} {
			out, err := program(t, dir, strings.Fields(command)...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), app.StorePath(data)) || !strings.Contains(string(out), "--data-dir") {
				t.Errorf("%s: %v, %s", command, err, out)
			}
		}
		if made, err := os.ReadDir(data); len(made) > 0 || exists != (err == nil) {
			t.Errorf("it left %v in the folder, %v", made, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "copy.db")); err == nil {
			t.Error("it left a backup")
		}
	}
}
