package rsapss_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"testing"
	"time"

	"billferry/internal/rsapss"
	"billferry/internal/rsapss/rsapsstest"
)

func key(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func der(t *testing.T, text string) []byte {
	t.Helper()
	b, _ := pem.Decode([]byte(text))
	if b == nil {
		t.Fatal("not PEM")
	}
	return b.Bytes
}

// A key and its certificate say the same, and each limit is read as it stands.
func TestKeyAndCertificate(t *testing.T) {
	t.Parallel()
	k := key(t)
	for name, c := range map[string]struct {
		parameters []byte
		want       *rsapss.Limits
	}{
		"none":         {rsapsstest.Unlimited, nil},
		"NULL":         {asn1.NullBytes, nil},
		"all defaults": {[]byte{0x30, 0}, &rsapss.Limits{Hash: crypto.SHA1, MGF1: crypto.SHA1, Salt: 20}},
		"SHA-512": {rsapsstest.Limits(crypto.SHA512, crypto.SHA512, 64),
			&rsapss.Limits{Hash: crypto.SHA512, MGF1: crypto.SHA512, Salt: 64}},
		"two hashes":    {rsapsstest.Limits(crypto.SHA384, crypto.SHA1, 20), &rsapss.Limits{Hash: crypto.SHA384, MGF1: crypto.SHA1, Salt: 20}},
		"not known":     {rsapsstest.Limits(crypto.SHA3_256, crypto.SHA3_256, 1), &rsapss.Limits{Salt: 1}},
		"no other mask": {[]byte{0x30, 9, 0xa1, 7, 0x30, 5, 6, 3, 42, 3, 4}, &rsapss.Limits{Hash: crypto.SHA1, Salt: 20}},
	} {
		got, err := rsapss.ParsePrivateKey(der(t, rsapsstest.PrivateKey(k, c.parameters)))
		if err != nil || !got.Equal(k) || (got.Limits == nil) != (c.want == nil) || c.want != nil && *got.Limits != *c.want {
			t.Errorf("%s: %+v %v", name, got.Limits, err)
			continue
		}
		cert, err := x509.ParseCertificate(der(t, string(rsapsstest.Certificate(k, c.parameters, time.Now(), time.Now()))))
		if err != nil {
			t.Fatal(name, err)
		}
		if cert.PublicKey != nil {
			t.Errorf("%s: crypto/x509 reads it (%T): this package has no use any more", name, cert.PublicKey)
		}
		if public, ok := rsapss.PublicKey(cert).(*rsa.PublicKey); !ok || !public.Equal(&k.PublicKey) {
			t.Errorf("%s: another public key in the certificate: %v", name, public)
		}
		if sha256.Sum256(got.SPKI) != sha256.Sum256(cert.RawSubjectPublicKeyInfo) {
			t.Errorf("%s: the public key is not written as in the certificate", name)
		}
	}
}

func TestWhatIsNotRead(t *testing.T) {
	t.Parallel()
	k := key(t)
	plain, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	good := der(t, rsapsstest.PrivateKey(k, nil))
	for name, bad := range map[string][]byte{
		"nothing": nil, "cut": good[:100], "plain RSA": plain,
		"other trailer":     der(t, rsapsstest.PrivateKey(k, []byte{0x30, 5, 0xa3, 3, 2, 1, 2})),
		"salt below zero":   der(t, rsapsstest.PrivateKey(k, []byte{0x30, 5, 0xa2, 3, 2, 1, 0xff})),
		"mask without hash": der(t, rsapsstest.PrivateKey(k, []byte{0x30, 15, 0xa1, 13, 0x30, 11, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 8})),
		"not a sequence":    der(t, rsapsstest.PrivateKey(k, []byte{2, 1, 1})),
	} {
		if got, err := rsapss.ParsePrivateKey(bad); err == nil {
			t.Errorf("%s was read: %+v", name, got.Limits)
		}
	}
	for name, c := range map[string]*x509.Certificate{
		"nothing": {}, "junk": {RawSubjectPublicKeyInfo: []byte("junk")},
	} {
		if got := rsapss.PublicKey(c); got != nil {
			t.Errorf("%s has a public key: %v", name, got)
		}
	}
	if got := rsapss.PublicKey(&x509.Certificate{PublicKey: &k.PublicKey}); got != &k.PublicKey {
		t.Errorf("a plain certificate's key is left out: %v", got)
	}
}
