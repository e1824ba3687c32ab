package netsuite

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"time"

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
		if sum := sha256.Sum256(c.RawSubjectPublicKeyInfo); hex.EncodeToString(sum[:]) == key.info.Fingerprint {
			return c.NotAfter.UTC()
		}
	}
	return time.Time{}
}
