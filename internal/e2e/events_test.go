package e2e

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An event says what happened and leads to its run; once a retry of that is through, the
// event acts itself off, and is still to be found.
func TestAnEventActsItselfOff(t *testing.T) {
	t.Parallel()
	s := connected(t, 120, 36)
	delivered(s)
	s.press("esc")
	s.see("Connected since")
	s.goes("v", "events that nobody has seen to yet", "○ NOT ACTIONED", "INVOICE-101")
	s.press("/", "INVOICE-101", "enter")
	s.goes("enter", "› run INVOICE-101", "ACCOUNTING_PERIOD_CLOSED")
	s.act("o", "A date in it", "the period of ")
	s.goes("R", "✓ COMPLETE · created")
	s.goes("esc", "/ INVOICE-101", "0 of 2")
	s.goes("i", "1 of 3", "✓ RESOLVED", "accounting period")
	s.goes("i", "0 of 2")
	s.goes("esc", "events that nobody has seen to yet", "▸")
	s.press("j", "k") // the rows have moved: they are to be looked at before one is acted on
	s.goes("a", "marked as ACTIONED: i shows it again")
}

// A certificate that ends soon needs a person, from the moment that it is known: c on it
// opens Connect, and once there is another key nothing of it is left.
func TestACertificateThatEnds(t *testing.T) {
	t.Parallel()
	s := demo(t, 120, 36)
	create(s, "NetSuite US")
	demoValues(s, "c")
	s.retype("Upload Netsuite Credentials *", 3, ending(t, s, 12*24*time.Hour+time.Hour))
	s.press("ctrl+s")
	s.see("● CONNECTED", "The certificate of the key ends in 12d")
	s.press("esc")
	s.see("Needs you", "Certificate ends in 12d", "NetSuite US", "c connect")
	for !onRow(s.see("Needs you"), "Certificate ends") {
		s.press("up")
	}
	s.goes("c", "Netsuite Connection", "▸   External Customer Id *", "TSTDRV1234567")
	s.goes("f2", "EC P-256")
	s.goes("ctrl+s", "Integration connected successfully")
	s.gone("The certificate of the key ends")
	s.press("esc")
	s.see("Needs you")
	s.gone("Certificate ends")
}

// ending copies the key of demo beside a certificate of it that ends after a while.
func ending(t *testing.T, s *terminal, after time.Duration) string {
	t.Helper()
	keys, err := filepath.Glob(filepath.Join(s.dir, "billferry-demo-*", "*", "*key*.pem"))
	if err != nil || len(keys) == 0 {
		t.Fatalf("demo has no key: %v", err)
	}
	text, err := os.ReadFile(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "billferry"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(after)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.(crypto.Signer).Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder(t), "key.pem")
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
