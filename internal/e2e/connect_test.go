package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// unconnected starts demo and opens the Connect form with demo's values in it.
func unconnected(t *testing.T) *terminal {
	t.Helper()
	s := demo(t, 100, 40)
	create(s, "NetSuite US")
	demoValues(s, "c")
	return s
}

// retype moves the focus so many rows down and replaces what is there.
func (s *terminal) retype(label string, down int, value string) {
	s.t.Helper()
	for range down {
		s.press("down")
	}
	s.see("▸   " + label)
	s.press("ctrl+u", value)
	s.see(value[:min(len(value), 30)])
}

// strangeKey is a good private key that NetSuite has no certificate for.
func strangeKey(t *testing.T) string {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// A failed connect keeps the form with everything in it, says what NetSuite
// said and what to check; mended, it connects.
func TestAWrongClientIDThenTheRightOne(t *testing.T) {
	t.Parallel()
	s := unconnected(t)
	s.retype("Client Id *", 1, "not-the-client")
	s.press("ctrl+s")
	s.see("Netsuite Connection", "✗", "invalid_", "→", "f3 saves")
	s.press("f2", "ctrl+s")
	s.see("Integration connected successfully", "● CONNECTED")
}

func TestAWrongKey(t *testing.T) {
	t.Parallel()
	s := unconnected(t)
	path := filepath.Join(s.dir, "other.pem")
	if err := os.WriteFile(path, []byte(strangeKey(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.retype("Upload Netsuite Credentials *", 3, path)
	s.press("ctrl+s")
	s.see("Netsuite Connection", "✗", "invalid_", "→", "f3 saves")
	s.retype("Upload Netsuite Credentials *", 0, "/etc/hostname")
	s.press("ctrl+s")
	s.see("✗ this key cannot be used: it is not in PEM form")
}

// rests is a server in the place of NetSuite that answers every request alike.
func rests(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(answer)
	t.Cleanup(srv.Close)
	return srv.URL
}

// elsewhere points the form at another address.
func (s *terminal) elsewhere(url string) {
	s.t.Helper()
	s.press("pgdown")
	s.see("▸ ▸ Advanced")
	s.press("enter")
	s.see("▸ ▾ Advanced")
	s.retype("REST URL", 1, url)
	s.retype("Token URL", 1, url+"/token")
	s.press("ctrl+s")
}

func TestAClockThatIsOff(t *testing.T) {
	t.Parallel()
	s := unconnected(t)
	s.elsewhere(rests(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-2*time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_request"}`))
	}))
	s.see("Netsuite Connection", "clock is 2h", "ahead of NetSuite's", "NTP")
}

func TestTheNetworkIsDown(t *testing.T) {
	t.Parallel()
	s := unconnected(t)
	s.elsewhere("http://127.0.0.1:9") // the discard port: nothing listens
	s.see("Netsuite Connection", "✗", "refused", "f3 save anyway")
	s.press("f3")
	s.see("Credentials saved; NetSuite was not asked", "saved without being verified")
}

// A key is pasted as terminals do it: marked as a paste with the line ends of
// tmux, and unmarked, letter by letter.
func TestAPastedKey(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string][2]string{"bracketed": {"\x1b[200~", "\x1b[201~"}, "plain": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := unconnected(t)
			s.retype("Upload Netsuite Credentials *", 3, "x")
			s.press("ctrl+u")
			s.press(ends[0] + strings.ReplaceAll(strangeKey(t), "\n", "\r") + ends[1])
			s.see("(pasted key)", "EC P-256", "▸   Upload Netsuite Credentials *")
			if strings.Contains(s.written(), "PRIVATE KEY") {
				t.Fatal("the key was drawn")
			}
		})
	}
}
