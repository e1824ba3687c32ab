package netsuite

import (
	"context"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Adapter is NetSuite as a destination of Bills.
type Adapter struct{}

var (
	_ destination.Adapter   = Adapter{}
	_ destination.KeyMaker  = Adapter{}
	_ destination.Explainer = Adapter{}
	_ destination.Conn      = (*Client)(nil)
)

// Form implements destination.Adapter.
func (Adapter) Form() spec.Form { return Form() }

// Words implements delivery.System.
func (Adapter) Words() spec.Words { return names }

// Encode implements delivery.System.
func (Adapter) Encode(d mapping.Document) mapping.Encoded { return encode(d) }

// Inspect implements destination.Adapter.
func (Adapter) Inspect(c integration.Credentials) (integration.Credentials, error) {
	pem := c.Secrets[KeyPrivateKey]
	k, err := InspectKey(pem)
	if err != nil {
		return c, spec.Problems{{Key: KeyPrivateKey, Label: "Upload Netsuite Credentials", Message: err.Error()}}
	}
	c.Account = accountName(c.Values.Text(KeyAccount))
	c.KeyType, c.Algorithm, c.Fingerprint = k.Type, k.Algorithm, k.Fingerprint
	c.CertificateEnds = CertificateEnd(pem)
	c.Secrets = map[string]secret.Value{KeyPrivateKey: secret.New(NormalizePEM(pem.Reveal()))}
	return c, nil
}

// Open implements destination.Adapter.
func (Adapter) Open(c integration.Credentials, o destination.Options) (destination.Conn, error) {
	client, err := New(CredentialsOf(c), Options{HTTP: o.HTTP, Now: o.Now, Logger: o.Logger, Worked: c.Verified})
	if err != nil {
		return nil, err
	}
	return client, nil
}

// InspectKey implements destination.KeyMaker.
func (Adapter) InspectKey(pem secret.Value) (destination.KeyInfo, error) { return InspectKey(pem) }

// GenerateKey implements destination.KeyMaker.
func (Adapter) GenerateKey(algorithm string, days int, name string, now time.Time) (secret.Value, []byte, error) {
	return GenerateKey(algorithm, days, name, now)
}

// Search implements destination.Conn: items, or customers by company name,
// entity id and, without SuiteQL, external id too. A number is an internal id as
// well. The answer is kept for a minute.
func (c *Client) Search(ctx context.Context, kind delivery.RecordKind, query string, limit int) ([]integration.Named, error) {
	if kind == delivery.ItemRecord {
		return c.search(ctx, items, query, limit)
	}
	return c.search(ctx, customers, query, limit)
}
