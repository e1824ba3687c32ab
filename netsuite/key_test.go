package netsuite

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"billferry/internal/rsapss"
	"billferry/internal/rsapss/rsapsstest"
	"billferry/internal/secret"
)

func block(kind string, der []byte, err error) string {
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(key any) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return block("PRIVATE KEY", der, err)
}

func ecTest(t testing.TB, c elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// rsaTest reads a key of testdata: large primes take seconds to find.
func rsaTest(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("testdata/rsa%d-for-tests.pem", bits))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := pem.Decode(text)
	k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return k.(*rsa.PrivateKey)
}

func TestInspectKeyAccepts(t *testing.T) {
	t.Parallel()
	sec1 := func(k *ecdsa.PrivateKey) string {
		der, err := x509.MarshalECPrivateKey(k)
		return block("EC PRIVATE KEY", der, err)
	}
	p256, r := ecTest(t, elliptic.P256()), rsaTest(t, 3072)
	params := string(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}}))
	for name, c := range map[string]struct{ pem, kind, alg string }{
		"p256":        {pkcs8(p256), "EC P-256", "ES256"},
		"p384 sec1":   {sec1(ecTest(t, elliptic.P384())), "EC P-384", "ES384"},
		"p521":        {pkcs8(ecTest(t, elliptic.P521())), "EC P-521", "ES512"},
		"ec params":   {params + sec1(p256), "EC P-256", "ES256"},
		"rsa pkcs1":   {block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r), nil), "RSA 3072", "PS256"},
		"rsa pkcs8":   {pkcs8(r), "RSA 3072", "PS256"},
		"wrong label": {strings.ReplaceAll(sec1(p256), "EC PRIVATE", "PRIVATE"), "EC P-256", "ES256"},
		"with cert":   {string(testKeys().cert) + testKeys().pem.Reveal(), "EC P-256", "ES256"},
	} {
		info, err := InspectKey(secret.New(c.pem))
		if err != nil || info.Type != c.kind || info.Algorithm != c.alg || len(info.Fingerprint) != 64 {
			t.Errorf("%s: %+v %v", name, info, err)
		}
	}
	spki, _ := x509.MarshalPKIXPublicKey(p256.Public())
	sum := sha256.Sum256(spki)
	if info, _ := InspectKey(secret.New(pkcs8(p256))); info.Fingerprint != hex.EncodeToString(sum[:]) {
		t.Error("the fingerprint is not that of the public key")
	}
}

// What mails, shells and spreadsheets do to a PEM file.
func TestInspectKeyMends(t *testing.T) {
	t.Parallel()
	good := pkcs8(ecTest(t, elliptic.P256()))
	for name, bad := range map[string]string{
		"bom":            "\ufeff" + good,
		"crlf":           strings.ReplaceAll(good, "\n", "\r\n"),
		"lone cr":        strings.ReplaceAll(good, "\n", "\r"),
		"literal \\n":    strings.ReplaceAll(good, "\n", `\n`),
		"literal \\r\\n": strings.ReplaceAll(good, "\n", `\r\n`),
		"indented":       "  " + strings.ReplaceAll(good, "\n", "\n    "),
		"spaces":         strings.ReplaceAll(good, "\n", " "),
		"one line":       strings.ReplaceAll(good, "\n", ""),
		"blank lines":    strings.ReplaceAll(good, "\n", "\n\n"),
		"words around":   "here is the key:\n" + good + "\nregards",
		"in quotes":      `"` + good + `"`,
	} {
		if _, err := InspectKey(secret.New(bad)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if again := NormalizePEM(NormalizePEM(good)); again != NormalizePEM(good) || again != good {
		t.Errorf("not stable: %q", again)
	}
}

func TestInspectKeyExplains(t *testing.T) {
	t.Parallel()
	key := ecTest(t, elliptic.P256())
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	pub, err := x509.MarshalPKIXPublicKey(key.Public())
	public := block("PUBLIC KEY", pub, err)
	wrap := func(oid asn1.ObjectIdentifier, params any) string {
		der, err := asn1.Marshal(struct {
			V    int
			Algo struct {
				OID    asn1.ObjectIdentifier
				Params any
			}
			Key []byte
		}{0, struct {
			OID    asn1.ObjectIdentifier
			Params any
		}{oid, params}, []byte{1, 2, 3}})
		return block("PRIVATE KEY", der, err)
	}
	secp256k1 := asn1.ObjectIdentifier{1, 3, 132, 0, 10}
	sec1, err := asn1.Marshal(struct {
		V     int
		Key   []byte
		Curve asn1.ObjectIdentifier `asn1:"explicit,tag:0"`
	}{1, make([]byte, 32), secp256k1})
	for name, c := range map[string]struct{ pem, want string }{
		"empty":           {" \n", "is empty"},
		"bom only":        {"\ufeff\n", "is empty"},
		"no pem":          {"hello", "not in PEM form"},
		"cut":             {pkcs8(key)[:80], "damaged or cut short"},
		"encrypted pkcs8": {block("ENCRYPTED PRIVATE KEY", []byte{1}, nil), "passphrase"},
		"encrypted classic": {"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE " +
			"KEY-----\n", "passphrase"},
		"classic, one line": {`-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,` +
			`00\n\nAAAA\n-----END RSA PRIVATE KEY-----`, "passphrase"},
		"public":             {public, "public key"},
		"certificate":        {string(testKeys().cert), "certificate, which goes to NetSuite"},
		"rsa 2048":           {pkcs8(rsaTest(t, 2048)), "RSA key of 2048 bits"},
		"pss only, damaged":  {wrap(rsapss.OID, asn1.NullRawValue), "RSASSA-PSS-only key whose content is damaged"},
		"p224":               {pkcs8(ecTest(t, elliptic.P224())), "curve that NetSuite does not take"},
		"secp256k1":          {wrap(oidEC, secp256k1), "curve that NetSuite does not take"},
		"secp256k1 sec1":     {block("EC PRIVATE KEY", sec1, err), "curve that NetSuite does not take"},
		"other algorithm":    {wrap(asn1.ObjectIdentifier{1, 2, 3}, asn1.NullRawValue), "algorithm 1.2.3"},
		"ssh private":        {block("OPENSSH PRIVATE KEY", []byte{1}, nil), "SSH key"},
		"ssh public":         {"ssh-ed25519 AAAAC3 me@here", "SSH key"},
		"ed25519":            {pkcs8(ed), "neither an EC nor an RSA key"},
		"damaged":            {block("PRIVATE KEY", []byte("nonsense"), nil), "content is damaged"},
		"something else":     {block("X509 CRL", []byte{1}, nil), "a x509 crl, not a private key"},
		"dsa":                {block("DSA PRIVATE KEY", []byte{1}, nil), "DSA key"},
		"certificate chains": {string(testKeys().cert) + public, "certificate"},
	} {
		_, err := InspectKey(secret.New(c.pem))
		if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func TestGenerateKeyMakesWhatNetSuiteTakes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, alg := range []string{"ES256", "es384", "ES512"} { // PS256: see TestGenerateRSA
		checkPair(t, alg, now)
	}
	for _, days := range []int{0, -1, 731} {
		if _, _, err := GenerateKey("ES256", days, "x", now); err == nil {
			t.Errorf("%d days were accepted", days)
		}
	}
	if _, _, err := GenerateKey("RS256", 1, "x", now); err == nil || !strings.Contains(err.Error(), "ES256, ES384, ES512, PS256") {
		t.Error(err)
	}
}

var long = flag.Bool("netsuite.long", false, "also run what takes many seconds")

// An RSA key of our own size takes seconds to make, so the certificate is made
// for one that is there, and the whole only when asked for.
func TestGenerateRSA(t *testing.T) {
	t.Parallel()
	key := rsaTest(t, 3072)
	der, err := certificate(key, 1, "x", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil || !key.PublicKey.Equal(cert.PublicKey) {
		t.Fatal(err, cert.PublicKey)
	}
	if *long {
		checkPair(t, "PS256", time.Now())
	}
}

func checkPair(t *testing.T, alg string, now time.Time) {
	t.Helper()
	key, certPEM, err := GenerateKey(alg, 730, "billferry", now)
	if err != nil {
		t.Fatal(err)
	}
	info, err := InspectKey(key)
	if err != nil || !strings.EqualFold(info.Algorithm, alg) {
		t.Fatal(info, err)
	}
	b, _ := pem.Decode(certPEM)
	cert, err := x509.ParseCertificate(b.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	spki, _ := x509.MarshalPKIXPublicKey(cert.PublicKey)
	sum := sha256.Sum256(spki)
	if hex.EncodeToString(sum[:]) != info.Fingerprint {
		t.Error("key and certificate do not belong together")
	}
	if life := cert.NotAfter.Sub(cert.NotBefore); life > 731*24*time.Hour || cert.Subject.CommonName != "billferry" {
		t.Error(life, cert.Subject)
	}
	if err := cert.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature); err != nil {
		t.Error(err)
	}
}

// Whatever is pasted: no panic, one sentence, and the text itself is never in it.
func FuzzInspectKey(f *testing.F) {
	for _, s := range []string{"", "-----BEGIN PRIVATE KEY-----", testKeys().pem.Reveal(), string(testKeys().cert),
		rsapsstest.PrivateKey(rsaTest(f, 3072), rsapsstest.Limits(crypto.SHA384, crypto.SHA384, 48)), "-----BEGIN A-----\n-----END A-----",
		"\\n\r\ufeff-----BEGIN EC PRIVATE KEY-----A: b\n-----END EC PRIVATE KEY-----"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		info, err := InspectKey(secret.New(s))
		if (err == nil) != (info.Fingerprint != "") {
			t.Fatal(info, err)
		}
		if err != nil && (!errors.Is(err, ErrKey) || strings.ContainsAny(err.Error(), "\n")) {
			t.Fatalf("%q", err)
		}
		once := NormalizePEM(s)
		if err == nil {
			if again, e := InspectKey(secret.New(once)); e != nil || again != info {
				t.Fatalf("normalising changed the key: %v", e)
			}
		}
	})
}

// The end of a certificate is known when it comes with its own key, in any
// order and however it was pasted; another key's says nothing.
func TestCertificateEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	key, cert, err := GenerateKey("ES256", 100, "x", now)
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := GenerateKey("ES256", 100, "x", now)
	if err != nil {
		t.Fatal(err)
	}
	want := now.AddDate(0, 0, 100)
	for name, c := range map[string]struct {
		text string
		want time.Time
	}{
		"after the key":      {key.Reveal() + string(cert), want},
		"before the key":     {string(cert) + key.Reveal(), want},
		"in one line":        {strings.ReplaceAll(key.Reveal()+string(cert), "\n", " "), want},
		"of another key":     {other.Reveal() + string(cert), time.Time{}},
		"none":               {key.Reveal(), time.Time{}},
		"damaged":            {key.Reveal() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", time.Time{}},
		"without the key":    {string(cert), time.Time{}},
		"nothing to look at": {"", time.Time{}},
	} {
		if got := CertificateEnd(secret.New(c.text)); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
