package netsuite_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/rsapss/rsapsstest"
	"billferry/internal/sandbox"
	"billferry/internal/secret"
	"billferry/netsuite"
)

// rsaKey reads a plain key of testdata.
func rsaKey(t *testing.T, name string) *rsa.PrivateKey {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
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

// The limits of a key choose the algorithm; a key that no algorithm of NetSuite
// fits is refused in a sentence that says what and what to do.
func TestInspectKeyBoundToPSS(t *testing.T) {
	t.Parallel()
	k, limits := rsaKey(t, "rsa3072-for-tests.pem"), rsapsstest.Limits
	for name, c := range map[string]struct {
		parameters []byte
		want       string // the algorithm, or words of the refusal
	}{
		"no limits":     {rsapsstest.Unlimited, "PS256"},
		"SHA-256":       {limits(crypto.SHA256, crypto.SHA256, 32), "PS256"},
		"SHA-384":       {limits(crypto.SHA384, crypto.SHA384, 20), "PS384"},
		"SHA-512":       {limits(crypto.SHA512, crypto.SHA512, 64), "PS512"},
		"no salt":       {limits(crypto.SHA512, crypto.SHA512, 0), "PS512"},
		"SHA-1":         {limits(crypto.SHA1, crypto.SHA1, 20), "signatures with SHA-1, and NetSuite takes"},
		"SHA3":          {limits(crypto.SHA3_256, crypto.SHA3_256, 32), "signatures with another hash, and NetSuite takes"},
		"mask of SHA-1": {limits(crypto.SHA512, crypto.SHA1, 20), "with SHA-512 and a mask (MGF1) of SHA-1, and in PS512"},
		"long salt":     {limits(crypto.SHA256, crypto.SHA256, 33), "a salt of 33 bytes or more, and in PS256, which NetSuite takes, it has 32"},
		"damaged":       {[]byte{0x30, 5, 0xa3, 3, 2, 1, 2}, "content is damaged"},
	} {
		info, err := netsuite.InspectKey(secret.New(rsapsstest.PrivateKey(k, c.parameters)))
		switch {
		case err == nil:
			if info.Algorithm != c.want || info.Type != "RSA 3072 (PSS only)" {
				t.Errorf("%s: %+v, want %s", name, info, c.want)
			}
		case !errors.Is(err, netsuite.ErrKey) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "billferry keygen"):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	_, err := netsuite.InspectKey(secret.New(rsapsstest.PrivateKey(rsaKey(t, "rsa2048-for-tests.pem"), nil)))
	if err == nil || !strings.Contains(err.Error(), "RSA key of 2048 bits") {
		t.Errorf("2048 bits: %v", err)
	}
}

// made is what openssl req -x509 -newkey rsa-pss -pkeyopt rsa_keygen_bits:4096
// writes: the key and then its certificate.
func made(t *testing.T) (key, cert string) {
	t.Helper()
	text, err := os.ReadFile("testdata/rsapss4096-for-tests.pem")
	if err != nil {
		t.Fatal(err)
	}
	key, cert, ok := strings.Cut(string(text), "-----BEGIN CERTIFICATE")
	if !ok {
		t.Fatal("no certificate")
	}
	return key, "-----BEGIN CERTIFICATE" + cert
}

// The fingerprint is that of openssl pkey -pubout -outform DER | sha256sum.
func TestKeyOfOpenSSLBoundToPSS(t *testing.T) {
	t.Parallel()
	key, cert := made(t)
	info, err := netsuite.InspectKey(secret.New(key))
	want := destination.KeyInfo{Type: "RSA 4096 (PSS only)", Algorithm: "PS256",
		Fingerprint: "01277ec44534aaf53b80eb1f2ed5bb54865e2d0c3b99116c95022f4a948c21d1"}
	if err != nil || info != want {
		t.Errorf("%+v %v", info, err)
	}
	plain := rsaKey(t, "rsa3072-for-tests.pem")
	end := time.Date(2028, 11, 21, 22, 40, 31, 0, time.UTC)
	bound := rsapsstest.Certificate(plain, nil, end.AddDate(-1, 0, 0), end)
	der, err := x509.MarshalPKCS8PrivateKey(plain)
	if err != nil {
		t.Fatal(err)
	}
	unbound := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for name, c := range map[string]struct {
		text string
		want time.Time
	}{
		"its own":               {cert + key, end},
		"of another key":        {key + string(bound), time.Time{}},
		"the key not bound":     {unbound + string(bound), end},
		"both bound, by us":     {rsapsstest.PrivateKey(plain, nil) + string(bound), end},
		"bound to another hash": {rsapsstest.PrivateKey(plain, rsapsstest.Limits(crypto.SHA512, crypto.SHA512, 64)) + string(bound), end},
	} {
		if got := netsuite.CertificateEnd(secret.New(c.text)); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// wire keeps the assertions that go over it.
type wire struct {
	mu   sync.Mutex
	seen []string
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/token") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		w.seen = append(w.seen, form.Get("client_assertion"))
		w.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(r)
}

// upload hands a certificate to the simulator over HTTP and makes a client
// with what it answers.
func upload(t *testing.T, box *sandbox.Sandbox, key string, cert []byte, o netsuite.Options) *netsuite.Client {
	t.Helper()
	resp, err := http.Post(box.NetSuiteURL()+"/sandbox/certificates", "application/x-pem-file", bytes.NewReader(cert))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var got struct{ KeyID, ClientID, Message string }
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal("upload:", resp.StatusCode, got.Message, err)
	}
	c, err := netsuite.New(netsuite.Credentials{AccountID: sandbox.AccountID, ClientID: got.ClientID, KeyID: got.KeyID,
		PrivateKey: secret.New(key), RESTURL: box.NetSuiteURL(), TokenURL: box.TokenURL()}, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The whole way: certificate uploaded, token granted, invoice made; and what was
// signed is what RFC 7518 section 3.5 wants, to the length of the salt.
func TestKeysBoundToPSSDeliver(t *testing.T) {
	t.Parallel()
	k, now := rsaKey(t, "rsa3072-for-tests.pem"), time.Now()
	for alg, c := range map[string]struct {
		hash       crypto.Hash
		parameters []byte
	}{
		"PS256": {crypto.SHA256, rsapsstest.Unlimited},
		"PS384": {crypto.SHA384, rsapsstest.Limits(crypto.SHA384, crypto.SHA384, 48)},
		"PS512": {crypto.SHA512, rsapsstest.Limits(crypto.SHA512, crypto.SHA512, 64)},
	} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			box, _ := start(t, sandbox.Options{}, netsuite.Options{})
			w := &wire{}
			client := upload(t, box, rsapsstest.PrivateKey(k, c.parameters), rsapsstest.Certificate(k, c.parameters, now.Add(-time.Hour),
				now.AddDate(1, 0, 0)),
				netsuite.Options{HTTP: &http.Client{Transport: w}})
			expect(t, client, document(1, 6000), false, integration.Created)
			if len(w.seen) != 1 {
				t.Fatalf("%d assertions", len(w.seen))
			}
			parts := strings.Split(w.seen[0], ".")
			head, err := base64.RawURLEncoding.DecodeString(parts[0])
			signature, err2 := base64.RawURLEncoding.DecodeString(parts[2])
			if err != nil || err2 != nil || !strings.Contains(string(head), `"alg":"`+alg+`"`) {
				t.Fatal(string(head), err, err2)
			}
			sum := c.hash.New()
			sum.Write([]byte(parts[0] + "." + parts[1]))
			if err := rsa.VerifyPSS(&k.PublicKey, c.hash, sum.Sum(nil), signature, &rsa.PSSOptions{SaltLength: c.hash.Size()}); err != nil {
				t.Error(err)
			}
		})
	}
}

// The same with the files that openssl made, at a time when they are good.
func TestKeyOfOpenSSLBoundToPSSDelivers(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Date(2027, 1, 15, 12, 0, 0, 0, time.UTC) }
	key, cert := made(t)
	box, _ := start(t, sandbox.Options{Now: now}, netsuite.Options{})
	client := upload(t, box, key, []byte(cert), netsuite.Options{Now: now})
	d := document(1, 6000)
	d.TranDate = "2027-01-15"
	expect(t, client, d, false, integration.Created)
}
