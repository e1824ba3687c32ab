package servicetest

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
)

// Drafts implements service.Service, newest first.
func (f *Fake) Drafts(ctx context.Context) ([]integration.Draft, error) {
	if err := f.enter(ctx, "Drafts"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.drafts), nil
}

// SaveDraft implements service.Service.
func (f *Fake) SaveDraft(ctx context.Context, d integration.Draft) (integration.Draft, error) {
	if err := f.enter(ctx, "SaveDraft"); err != nil {
		return integration.Draft{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if d.ID == "" {
		d.ID = f.id("draft")
	}
	d.Modified = f.now()
	if i := slices.IndexFunc(f.drafts, func(old integration.Draft) bool { return old.ID == d.ID }); i >= 0 {
		d.CredentialsID = f.drafts[i].CredentialsID
	}
	f.dropDraft(d.ID)
	f.drafts = slices.Insert(f.drafts, 0, d)
	f.notify("draft", d.ID)
	return d, nil
}

// DeleteDraft implements service.Service.
func (f *Fake) DeleteDraft(ctx context.Context, id string) error {
	if err := f.enter(ctx, "DeleteDraft"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.dropDraft(id) {
		return notFound("draft", id)
	}
	f.notify("draft", id)
	return nil
}

func (f *Fake) dropDraft(id string) bool {
	n := len(f.drafts)
	f.drafts = slices.DeleteFunc(f.drafts, func(d integration.Draft) bool { return d.ID == id })
	return len(f.drafts) < n
}

// InspectKey implements service.Service for EC keys; everything else is refused.
func (f *Fake) InspectKey(ctx context.Context, key secret.Value) (service.KeyInfo, error) {
	if err := f.enter(ctx, "InspectKey"); err != nil {
		return service.KeyInfo{}, err
	}
	block, _ := pem.Decode([]byte(key.Reveal()))
	if block == nil {
		return service.KeyInfo{}, fmt.Errorf("this is not a PEM file: it must start with -----BEGIN PRIVATE KEY-----")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return service.KeyInfo{}, fmt.Errorf("this is a %s, not a private key: choose the file that openssl genpkey wrote", block.Type)
	}
	ec, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return service.KeyInfo{}, fmt.Errorf("this key is not an EC key: make one with openssl genpkey -algorithm EC")
	}
	return keyInfo(ec)
}

func keyInfo(k *ecdsa.PrivateKey) (service.KeyInfo, error) {
	spki, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		return service.KeyInfo{}, err
	}
	sum := sha256.Sum256(spki)
	return service.KeyInfo{Type: "EC " + k.Params().Name, Algorithm: "ES256", Fingerprint: hex.EncodeToString(sum[:])}, nil
}

// GenerateKey implements service.Service: it writes a P-256 key and, in place
// of a certificate, its public key.
func (f *Fake) GenerateKey(ctx context.Context, dir, _ string, days int) (service.KeyFiles, error) {
	if err := f.enter(ctx, "GenerateKey"); err != nil {
		return service.KeyFiles{}, err
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return service.KeyFiles{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return service.KeyFiles{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(k.Public())
	if err != nil {
		return service.KeyFiles{}, err
	}
	info, err := keyInfo(k)
	if err != nil {
		return service.KeyFiles{}, err
	}
	out := service.KeyFiles{
		KeyFile: filepath.Join(dir, "netsuite-private-key.pem"), CertFile: filepath.Join(dir, "netsuite-certificate.pem"), Info: info,
	}
	f.mu.Lock()
	out.Expires = f.now().AddDate(0, 0, days)
	data := f.info.DataDir
	f.mu.Unlock()
	if _, err := os.Stat(data); err == nil && strings.HasPrefix(dir, data) { // no folder is made outside of one that a test made
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return service.KeyFiles{}, err
		}
	}
	if err := os.WriteFile(out.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600); err != nil {
		return service.KeyFiles{}, err
	}
	return out, os.WriteFile(out.CertFile, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o600)
}

// Connect implements service.Service. Fail("Connect", err) makes the token step fail.
func (f *Fake) Connect(ctx context.Context, c service.Connect, step func(service.Step)) (integration.Credentials, error) {
	err := f.enter(ctx, "Connect")
	var key service.KeyInfo
	var keyErr error
	if pem, ok := c.Secrets["privateKey"]; ok {
		key, keyErr = f.InspectKey(context.WithoutCancel(ctx), pem)
	}
	steps := []struct {
		name string
		err  error
	}{{"Read the private key", keyErr}, {"Ask NetSuite for a token", err}, {"Read the metadata catalogue", nil}}
	for _, s := range steps {
		if c.Unverified && s.name != "Read the private key" {
			tell(step, service.Step{Name: s.name, State: "skipped"})
			continue
		}
		tell(step, service.Step{Name: s.name, State: "running"})
		if s.err != nil {
			tell(step, service.Step{Name: s.name, State: "failed", Detail: s.err.Error()})
			return integration.Credentials{}, s.err
		}
		tell(step, service.Step{Name: s.name, State: "passed"})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	draft := slices.IndexFunc(f.drafts, func(d integration.Draft) bool { return d.ID == c.IntegrationID })
	if f.find(c.IntegrationID) < 0 && draft < 0 {
		return integration.Credentials{}, notFound("integration", c.IntegrationID)
	}
	if draft >= 0 {
		f.drafts[draft].CredentialsID = f.id("credentials")
		return integration.Credentials{ID: f.drafts[draft].CredentialsID, Verified: !c.Unverified}, nil
	}
	return f.keep(c.IntegrationID, integration.Credentials{
		Values: c.Values, Account: c.Values.Text("externalCustomerId"),
		KeyType: key.Type, Algorithm: key.Algorithm, Fingerprint: key.Fingerprint,
		Verified: !c.Unverified, ConnectedAt: f.now(), Created: f.now(),
	}), nil
}

// Test implements service.Service.
func (f *Fake) Test(ctx context.Context, id string, step func(service.Step)) error {
	err := f.enter(ctx, "Test")
	f.mu.Lock()
	_, connected := f.credentials[id]
	f.mu.Unlock()
	if !connected {
		err = cmp.Or[error](err, &integration.Failure{Class: integration.ClassAuth, Cause: "not_connected", Message: "not connected to NetSuite",
			Advice: "connect first"})
	}
	if err != nil {
		tell(step, service.Step{Name: "Ask NetSuite for a token", State: "failed", Detail: err.Error()})
		return err
	}
	tell(step, service.Step{Name: "Ask NetSuite for a token", State: "passed"})
	tell(step, service.Step{Name: "Create invoices", State: "passed"})
	return nil
}

func tell(step func(service.Step), s service.Step) {
	if step != nil {
		step(s)
	}
}

// ConnectSource implements service.Service.
func (f *Fake) ConnectSource(ctx context.Context, s integration.Source, step func(service.Step)) error {
	if err := f.enter(ctx, "ConnectSource"); err != nil {
		return err
	}
	tell(step, service.Step{Name: "Ask m3ter for a token", State: "passed"})
	f.SetSource(service.SourceStatus{Connected: true, OrgID: s.OrgID, BaseURL: s.BaseURL, AccessKey: s.AccessKey})
	f.Notify("source", s.OrgID)
	return nil
}

// SourceFields implements service.Service: one field of products.
func (f *Fake) SourceFields(ctx context.Context) ([]string, error) {
	return []string{"product.customFields.region"}, f.enter(ctx, "SourceFields")
}

// SourceStatus implements service.Service.
func (f *Fake) SourceStatus(ctx context.Context) (service.SourceStatus, error) {
	err := f.enter(ctx, "SourceStatus")
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.source, err
}
