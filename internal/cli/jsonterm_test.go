//go:build unix

package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// What a terminal would obey stands escaped, and is the same text to a reader
// of JSON.
func TestJSONForATerminal(t *testing.T) {
	t.Parallel()
	want := map[string]string{"name": hostile + "\U000e0041 \x7f plain é 漢 🙂"}
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	want["name"] = strings.ToValidUTF8(want["name"], "\ufffd")
	var b bytes.Buffer
	if n, err := (safeJSON{&b}).Write(raw); n != len(raw) || err != nil {
		t.Fatalf("%d of %d bytes, %v", n, len(raw), err)
	}
	if i := strings.IndexFunc(b.String(), obeyed); i >= 0 {
		t.Errorf("%q is printed", b.String()[i:])
	}
	var got map[string]string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || got["name"] != want["name"] {
		t.Errorf("%v: %q, want %q", err, got["name"], want["name"])
	}
	if !strings.Contains(b.String(), "plain é 漢 🙂") {
		t.Errorf("too much is escaped: %s", b.String())
	}
}

// The program itself escapes on a terminal and nowhere else.
func TestJSONOnATerminal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const name = "Söhne \u009b31m\u202e evil"
	file := filepath.Join(dir, "ns.json")
	body := `{"entityType":"Bill","destination":"Netsuite","name":"NS","configData":{"netsuiteDefaultItemId":"199","note":"` + name + `"}}`
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := program(t, dir, "integration", "create", "--file", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	plain, err := program(t, dir, "integration", "show", "NS", "--json").Output()
	if err != nil || !bytes.Contains(plain, []byte(name)) {
		t.Errorf("to a file: %v: %s", err, plain)
	}
	cmd := program(t, dir, "integration", "show", "NS", "--json")
	cmd.Env = append(cmd.Env, "TERM=dumb") // main.go keeps libraries from asking a terminal for its colours; this binary has no such import
	tty, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tty.Close() }()
	seen, _ := io.ReadAll(tty) // a pty ends with an error when the program does
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, seen)
	}
	if !bytes.Contains(seen, []byte(`Söhne \u009b31m\u202e evil`)) || bytes.Contains(seen, []byte("\u009b")) ||
		bytes.Contains(seen, []byte("\u202e")) {
		t.Errorf("to a terminal: %q", seen)
	}
	var v, w any
	if json.Unmarshal(plain, &v) != nil || json.Unmarshal(seen, &w) != nil {
		t.Errorf("no JSON: %s\n%s", plain, seen)
	}
}
