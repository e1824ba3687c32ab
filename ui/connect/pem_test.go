package connect

import (
	"encoding/pem"
	"os"
	"path/filepath"
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
	for _, s := range []string{"", "hello", "-----BEGIN A-----\nx", "-----BEGIN A-----\nx\n-----END B-----\n",
		"-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nx\n-----END A-----\n"} {
		if got := normalise(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

// A certificate that lies beside a key file, or in it, comes with the key.
func TestTheCertificateComesWithTheKey(t *testing.T) {
	t.Parallel()
	const key, cert = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n"
	for name, files := range map[string]map[string]string{
		"made by billferry": {"netsuite-private-key.pem": key, "netsuite-certificate.pem": cert},
		"same stem":         {"auth.pem": key, "auth.crt": cert},
		"openssl's names":   {"key.pem": key, "cert.pem": cert},
		"in one file":       {"key.pem": cert + key},
	} {
		dir, path := t.TempDir(), ""
		for f, text := range files {
			if err := os.WriteFile(filepath.Join(dir, f), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text, "PRIVATE") {
				path = filepath.Join(dir, f)
			}
		}
		got, err := LoadKey(path)
		if err != nil || !strings.Contains(got.Reveal(), key) || !strings.Contains(got.Reveal(), cert) {
			t.Errorf("%s: %q, %v", name, got.Reveal(), err)
		}
	}
	dir := t.TempDir()
	for f, text := range map[string]string{"key.pem": key, "cert.pem": "notes"} {
		if err := os.WriteFile(filepath.Join(dir, f), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := LoadKey(filepath.Join(dir, "key.pem")); err != nil || got.Reveal() != key {
		t.Errorf("with another file beside it: %q, %v", got.Reveal(), err)
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
	f.Add("-----BEGIN A-----  -----END A-----")
	f.Fuzz(func(t *testing.T, s string) {
		once := normalise(s)
		if block, _ := pem.Decode([]byte(once)); block != nil && normalise(once) != once && !strings.Contains(once, ":") &&
			!strings.Contains(once, `\`) {
			t.Fatalf("not stable: %q", s)
		}
	})
}
