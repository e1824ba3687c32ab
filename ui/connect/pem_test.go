package connect

import (
	"encoding/pem"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is done to a key on its way, the same bytes come out.
func TestNormaliseMendsAKey(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		der := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "der")
		text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		harm := map[string]func(string) string{
			"nothing":         func(s string) string { return s },
			"CRLF":            func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
			"CR":              func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
			"doubled":         func(s string) string { return strings.ReplaceAll(s, "\n", "\n\n") },
			"blanks":          func(s string) string { return strings.ReplaceAll(s, "\n", " ") },
			"written out":     func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) },
			"indented":        func(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") },
			"byte order mark": func(s string) string { return "\ufeff" + s },
		}
		for name, do := range harm {
			got := normalise(do(text))
			block, rest := pem.Decode([]byte(got))
			if block == nil || string(block.Bytes) != string(der) || len(rest) != 0 {
				t.Fatalf("%s: %q", name, got)
			}
			if !looksPEM(do(text)) || !wholePEM(do(text)) {
				t.Fatalf("%s is not recognised", name)
			}
		}
	})
}

func TestNormaliseLeavesWhatIsNoPlainKey(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "hello", "-----BEGIN A-----\nx", "-----BEGIN A-----\nx\n-----END B-----\n", "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nx\n-----END A-----\n"} {
		if got := normalise(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
	f.Add("-----BEGIN A-----  -----END A-----")
	f.Fuzz(func(t *testing.T, s string) {
		once := normalise(s)
		if block, _ := pem.Decode([]byte(once)); block != nil && normalise(once) != once && !strings.Contains(once, ":") && !strings.Contains(once, `\`) {
			t.Fatalf("not stable: %q", s)
		}
	})
}
