package netsuite

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"

	"billferry/internal/secret"
)

// MaxCertDays is the longest life NetSuite gives a certificate: it silently
// shortens a longer one, so we refuse to promise it.
const MaxCertDays = 730

// Algorithms lists what GenerateKey can make, the recommended one first.
var Algorithms = []string{"ES256", "ES384", "ES512", "PS256"}

// GenerateKey makes a private key (PKCS#8 PEM) and a self-signed certificate
// (PEM) for NetSuite's OAuth 2.0 client credentials. alg is one of Algorithms;
// days is the certificate's life, 1 to MaxCertDays; name becomes its CN.
func GenerateKey(alg string, days int, name string, now time.Time) (keyPEM secret.Value, certPEM []byte, err error) {
	if days < 1 || days > MaxCertDays {
		return secret.Value{}, nil, fmt.Errorf("a certificate can live 1 to %d days in NetSuite, not %d", MaxCertDays, days)
	}
	key, err := newKey(alg)
	if err != nil {
		return secret.Value{}, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return secret.Value{}, nil, fmt.Errorf("write the private key: %w", err)
	}
	cert, err := certificate(key, days, name, now)
	if err != nil {
		return secret.Value{}, nil, fmt.Errorf("make the certificate: %w", err)
	}
	return secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), nil
}

func newKey(alg string) (crypto.Signer, error) {
	switch strings.ToUpper(alg) {
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "PS256":
		return rsa.GenerateKey(rand.Reader, 4096)
	default:
		return nil, fmt.Errorf("algorithm %q is not one of %s", alg, strings.Join(Algorithms, ", "))
	}
}

// certificate signs its own key. NetSuite only takes the public key out of it,
// so an RSA one is signed with PKCS#1 v1.5, which every tool can verify.
func certificate(key crypto.Signer, days int, name string, now time.Time) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.UTC(),
		NotAfter:     now.UTC().AddDate(0, 0, days),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	return x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
}
