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
	"encoding/pem"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"billferry/internal/rsapss/rsapsstest"
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
	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o700))
	write("encrypted.pem", "ENCRYPTED PRIVATE KEY", pkcs8(ec)) // what is inside is not looked at
	write("public.pem", "PUBLIC KEY", public)
	write("certificate.pem", "CERTIFICATE", public)
	write("rsa2048.pem", "PRIVATE KEY", pkcs8(rsaKey))
	// As openssl makes it with rsa_pss_keygen_md alone: SHA-1 is left for the mask.
	pss := rsapsstest.PrivateKey(rsaKey, rsapsstest.Limits(crypto.SHA512, crypto.SHA1, 20))
	ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(args[0]), "pss.pem"), []byte(pss), 0o600))
	write("ed25519.pem", "PRIVATE KEY", pkcs8(ed))
	write("openssh.pem", "OPENSSH PRIVATE KEY", []byte("openssh-key-v1"))
	write("damaged.pem", "PRIVATE KEY", pkcs8(ec)[:40])
}
