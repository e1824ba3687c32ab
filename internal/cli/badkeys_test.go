//go:build unix

package cli

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// badKeys DIR writes a key file of every kind that NetSuite does not take.
func badKeys(ts *testscript.TestScript, _ bool, args []string) {
	write := func(name, kind string, der []byte) {
		b := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), name), b, 0o600))
	}
	pkcs8 := func(key crypto.PrivateKey) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		ts.Check(err)
		return der
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	ts.Check(err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	public, err := x509.MarshalPKIXPublicKey(ec.Public())
	ts.Check(err)
	// PKCS#8 with the algorithm id-RSASSA-PSS, as openssl -newkey rsa-pss writes it.
	pss, err := asn1.Marshal(struct {
		Version int
		Algo    pkix.AlgorithmIdentifier
		Key     []byte
	}{0, pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}}, x509.MarshalPKCS1PrivateKey(rsaKey)})
	ts.Check(err)

	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o700))
	write("encrypted.pem", "ENCRYPTED PRIVATE KEY", pkcs8(ec)) // what is inside is not looked at
	write("public.pem", "PUBLIC KEY", public)
	write("certificate.pem", "CERTIFICATE", public)
	write("rsa2048.pem", "PRIVATE KEY", pkcs8(rsaKey))
	write("pss.pem", "PRIVATE KEY", pss)
	write("ed25519.pem", "PRIVATE KEY", pkcs8(ed))
	write("openssh.pem", "OPENSSH PRIVATE KEY", []byte("openssh-key-v1"))
	write("damaged.pem", "PRIVATE KEY", pkcs8(ec)[:40])
}
