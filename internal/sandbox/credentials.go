package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox/fault"
	"billferry/internal/secret"
	"billferry/internal/spec"
)

// accessKeyID is the m3ter Access Key id of the simulator's service user.
const accessKeyID = "sandbox-access-key"

// Names of the files that WriteCredentials writes.
const (
	KeyFileName    = "netsuite-private-key.pem"
	CertFileName   = "netsuite-certificate.pem"
	SecretFileName = "m3ter-api-secret"
	IndexFileName  = "credentials.json"
)

// Files is credentials.json: everything a person or a script needs to connect.
// Secrets are in the files it names, not in it.
type Files struct {
	AccountID string     `json:"accountId"`
	ClientID  string     `json:"clientId"`
	KeyID     string     `json:"keyId"`
	KeyFile   string     `json:"keyFile"`
	CertFile  string     `json:"certFile"`
	RESTURL   string     `json:"restUrl"`
	TokenURL  string     `json:"tokenUrl"`
	M3ter     M3terFiles `json:"m3ter"`
	// Connect is the first half again, by the keys of the Connect form; of a
	// secret it is the file.
	Connect map[string]string `json:"connect"`
}

// M3terFiles is the m3ter half of Files.
type M3terFiles struct {
	OrgID         string `json:"orgId"`
	AccessKeyID   string `json:"accessKeyId"`
	APISecretFile string `json:"apiSecretFile"`
	BaseURL       string `json:"baseUrl"`
}

// Credentials are what connecting to the NetSuite simulator takes.
type Credentials struct {
	AccountID, ClientID, KeyID string
	PrivateKey                 secret.Value
	RESTURL, TokenURL          string
}

// Values are what the Connect form takes of them, without the private key.
func (c Credentials) Values() spec.Values {
	return spec.Values{"externalCustomerId": c.AccountID, "clientId": c.ClientID, "keyId": c.KeyID, "restUrl": c.RESTURL,
		"tokenUrl": c.TokenURL}
}

// Secrets are the rest of it.
func (c Credentials) Secrets() map[string]secret.Value {
	return map[string]secret.Value{"privateKey": c.PrivateKey}
}

// Credentials makes a key pair, registers its certificate with the NetSuite
// simulator, and returns what Connect asks for.
func (s *Sandbox) Credentials() (Credentials, error) {
	key, cert, err := newKeyPair(s.o.Now())
	if err != nil {
		return Credentials{}, err
	}
	return s.register(key, cert)
}

func (s *Sandbox) register(key secret.Value, cert []byte) (Credentials, error) {
	keyID, err := s.netsuite.Register(s.clientID, cert)
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{
		AccountID: AccountID, ClientID: s.clientID, KeyID: keyID, PrivateKey: key, RESTURL: s.nsURL, TokenURL: s.TokenURL(),
	}, nil
}

// Source is what connecting to the m3ter simulator takes.
func (s *Sandbox) Source() integration.Source {
	return integration.Source{OrgID: s.OrgID(), AccessKey: accessKeyID, APISecret: secret.New(s.secret), BaseURL: s.m3URL}
}

// WriteCredentials makes new credentials and writes them into dir, which it
// makes if it has to: the private key and the API secret readable by their
// owner alone, the certificate, and credentials.json that names them.
func (s *Sandbox) WriteCredentials(dir string) (Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Files{}, fmt.Errorf("credentials folder: %w", err)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return Files{}, fmt.Errorf("credentials folder: %w", err)
	}
	key, cert, err := newKeyPair(s.o.Now())
	if err != nil {
		return Files{}, err
	}
	c, err := s.register(key, cert)
	if err != nil {
		return Files{}, err
	}
	f := Files{
		AccountID: c.AccountID, ClientID: c.ClientID, KeyID: c.KeyID, RESTURL: c.RESTURL, TokenURL: c.TokenURL,
		KeyFile: filepath.Join(dir, KeyFileName), CertFile: filepath.Join(dir, CertFileName),
		M3ter: M3terFiles{OrgID: s.OrgID(), AccessKeyID: accessKeyID, APISecretFile: filepath.Join(dir, SecretFileName), BaseURL: s.m3URL},
	}
	f.Connect = map[string]string{"privateKey": f.KeyFile}
	for k, v := range c.Values() {
		f.Connect[k], _ = v.(string)
	}
	index, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return Files{}, err
	}
	for _, one := range []struct {
		path string
		data []byte
	}{
		{f.KeyFile, []byte(key.Reveal())}, {f.CertFile, cert},
		{f.M3ter.APISecretFile, []byte(s.secret + "\n")}, {filepath.Join(dir, IndexFileName), append(index, '\n')},
	} {
		if err := writePrivate(one.path, one.data); err != nil {
			return Files{}, err
		}
	}
	return f, nil
}

// writePrivate replaces a file by one that only its owner may read. WriteFile
// alone would keep the wider mode of a file that exists.
func writePrivate(path string, data []byte) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("writing credentials: %w", err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("writing credentials: %w", err)
	}
	return nil
}

// newKeyPair makes an EC P-256 key and a self-signed certificate for it, as
// the administrator's openssl command does.
func newKeyPair(now time.Time) (secret.Value, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return secret.Value{}, nil, fmt.Errorf("making a key: %w", err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "billferry sandbox"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
	}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return secret.Value{}, nil, fmt.Errorf("making a certificate: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return secret.Value{}, nil, fmt.Errorf("encoding the key: %w", err)
	}
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return secret.New(string(private)), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), nil
}

// newClientID has the length and alphabet of NetSuite's.
func newClientID(seed uint64) string {
	id := make([]byte, 0, 64)
	for i := range uint64(4) {
		id = fmt.Appendf(id, "%016x", fault.Mix(seed^0xC11E47, i))
	}
	return string(id)
}

func newSecret() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
