package netsuite

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"time"

	"billferry/internal/rsapss"
	"billferry/internal/secret"
)

// CertificateEnd is when the certificate of a private key ends: NetSuite takes
// the key no longer than that, two years at most. text is PEM that may hold the
// certificate beside the key, in any order; zero when it holds none of this key.
func CertificateEnd(text secret.Value) time.Time {
	key, err := parseKey(text)
	if err != nil {
		return time.Time{}
	}
	for block, rest := pem.Decode([]byte(NormalizePEM(text.Reveal()))); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		if belongs(c, key.key.Public()) {
			return c.NotAfter.UTC()
		}
	}
	return time.Time{}
}

// belongs compares the numbers of the keys, not their encodings: an RSA key and
// its certificate may be written as bound to RSASSA-PSS, or one of them not.
func belongs(c *x509.Certificate, key crypto.PublicKey) bool {
	public, ok := rsapss.PublicKey(c).(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(key)
}
