// Package destinationtest is a made-up destination in memory: what a second
// one needs, and no more. Tests register it to see that no room but its own
// knows which destinations there are.
package destinationtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Keys of its settings.
const (
	KeyBook    = "ledgerlyBook"
	KeyService = "ledgerlyService"
)

const keyMapped = "useExternalMappingAccountCode" // m3ter's own

// Keys of its Connect form, and the token that it takes.
const (
	KeyTenant = "tenant"
	KeyToken  = "apiToken"
	Token     = "tok-4711"
)

// The clients it has. A document for the one that is closed is refused.
const (
	Open   = "cl-1"
	Closed = "cl-9"
)

// ByHand is the id of a document that a person has put into each of its
// accounts: the sample Bill's, for the closed client.
const ByHand = "hand-1"

// Ledgerly keeps the documents of all its accounts.
type Ledgerly struct {
	mu   sync.Mutex
	docs map[string]mapping.Encoded // by account and external id
}

var _ destination.Adapter = (*Ledgerly)(nil)

// New makes one without documents.
func New() *Ledgerly { return &Ledgerly{docs: map[string]mapping.Encoded{}} }

// Bodies are the documents it holds, by their external ids.
func (l *Ledgerly) Bodies() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]string{}
	for key, d := range l.docs {
		_, id, _ := strings.Cut(key, "/")
		out[id] = string(d.Body)
	}
	return out
}

// terms are what mapping has to know of it.
var terms = mapping.Terms{
	Words: spec.Words{System: "Ledgerly", Mapped: "Ledgerly", CustomerTable: "Client", ItemTable: "Service",
		Document: "entry", ByCode: true},
	Settings: mapping.Labels{DefaultItem: "Service"},
	Limits:   mapping.Limits{Description: 60},
}

// Words implements delivery.System.
func (*Ledgerly) Words() spec.Words { return terms.Words }

// Form implements destination.Adapter.
func (l *Ledgerly) Form() spec.Form {
	return spec.Form{
		EntityType: "Bill", Destination: "Ledgerly", Words: l.Words(), Mends: map[string]string{"item_missing": KeyService},
		CheckID: func(id string) error {
			if !strings.HasPrefix(id, "cl-") && !strings.HasPrefix(id, "svc-") {
				return fmt.Errorf("%q is no record of Ledgerly, which is written like cl-1 or svc-1", id)
			}
			return nil
		},
		Fields: []spec.Field{
			{Key: "name", Label: "Name", Panel: spec.Global, Kind: spec.Text, Required: true, Help: "What this integration is called."},
			{Key: KeyBook, Label: "Book", Panel: spec.Destination, Kind: spec.Text, Required: true,
				Help: "The book that invoices are written into."},
			{Key: KeyService, Label: "Service", Panel: spec.Destination, Kind: spec.Item, Help: "The service for lines that nothing else gives one.",
				Check: func(v any) error {
					if s, _ := v.(string); !strings.HasPrefix(s, "svc-") {
						return fmt.Errorf("%q is not a service of Ledgerly, which is written like svc-1", s)
					}
					return nil
				}},
			{Key: keyMapped, Label: "Clients by mapping", Panel: spec.Destination, Kind: spec.Bool,
				Help: "On: the client is the external mapping of the account."},
		},
		Auth: []spec.Field{
			{Key: KeyTenant, Label: "Tenant", Panel: spec.Auth, Kind: spec.Text, Required: true, Help: "Whose books they are."},
			{Key: KeyToken, Label: "API token", Panel: spec.Auth, Kind: spec.Secret, Required: true, Help: "From the settings of the tenant."},
		},
	}
}

// Config implements delivery.System.
func (*Ledgerly) Config(integrationID string, v spec.Values) (mapping.Config, error) {
	s := mapping.ReadSettings(v)
	cfg := s.Config(integrationID)
	cfg.Terms, cfg.DefaultItem = &terms, s.Text(KeyService)
	return cfg, s.Err()
}

// Encode implements delivery.System.
func (*Ledgerly) Encode(d mapping.Document) mapping.Encoded {
	body, err := json.Marshal(map[string]any{"ref": d.ExternalID, "client": d.Entity, "sum": d.Total, "lines": len(d.Lines)})
	if err != nil {
		panic(err) // texts and decimals
	}
	return mapping.Encoded{Document: d, Body: body}
}

// Filled implements delivery.System: an entry has the fields that every one has.
func (*Ledgerly) Filled(d *mapping.Document, field string) bool {
	return field == "ref" && d.ExternalID != ""
}

// Inspect implements destination.Adapter.
func (*Ledgerly) Inspect(c integration.Credentials) (integration.Credentials, error) {
	sum := sha256.Sum256([]byte(c.Secrets[KeyToken].Reveal()))
	c.Account = c.Values.Text(KeyTenant)
	c.Fingerprint = hex.EncodeToString(sum[:])
	return c, nil
}

// Open implements destination.Adapter.
func (l *Ledgerly) Open(c integration.Credentials, _ destination.Options) (destination.Conn, error) {
	return &conn{l: l, account: "ledgerly:" + c.Values.Text(KeyTenant), token: c.Secrets[KeyToken]}, nil
}

// conn is one of its accounts.
type conn struct {
	l       *Ledgerly
	account string
	token   secret.Value
}

func (c *conn) Account() string { return c.account }

func (c *conn) Forget() {}

func (c *conn) CurrencyID(_ context.Context, iso string, _ func(integration.Exchange)) (string, error) {
	return iso, nil
}

func (c *conn) Period(context.Context, string, func(integration.Exchange)) (mapping.Period, error) {
	return mapping.Period{}, nil
}

func (c *conn) Deliver(
	_ context.Context, d mapping.Encoded, _ delivery.Before, rec func(integration.Exchange),
) (delivery.Delivered, error) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	key := c.account + "/" + d.ExternalID
	x := integration.Exchange{Purpose: "create", Method: "PUT", URL: "https://ledgerly.test/docs/" + d.ExternalID,
		ReqBody: d.Body, Status: 200}
	if d.Entity.ID == Closed {
		x.Status, x.RespBody = 409, []byte(`{"error":"client closed"}`)
		rec(x)
		return delivery.Delivered{}, &integration.Failure{Class: integration.ClassRefused, Cause: "client_closed",
			Message: "Ledgerly refused the document: client " + Closed + " is closed", Advice: "open the client in Ledgerly, then retry"}
	}
	out := integration.Created
	if _, ok := c.l.docs[key]; ok {
		out = integration.Updated
	}
	c.l.docs[key] = d
	x.RespBody = fmt.Appendf(nil, `{"id":"doc-%s"}`, d.ExternalID)
	rec(x)
	return delivery.Delivered{Outcome: out, ID: "doc-" + d.ExternalID, Proof: proof(d.Document)}, nil
}

// proof is what Ledgerly tells of a document as it takes it.
func proof(d mapping.Document) *delivery.Proof {
	return &delivery.Proof{Total: d.Total.String(), Currency: d.CurrencyID, Lines: len(d.Lines)}
}

func (c *conn) Prove(_ context.Context, d mapping.Document, _ string, _ func(integration.Exchange)) (delivery.Proof, error) {
	return *proof(d), nil
}

func (c *conn) Rows(mapping.Document) int { return 0 }

func (c *conn) ProveAll(_ context.Context, docs []delivery.Written, _ func(integration.Exchange)) ([]*delivery.Proof, error) {
	return make([]*delivery.Proof, len(docs)), nil
}

func (c *conn) Document(_ context.Context, id string) (delivery.Document, bool, error) {
	c.l.mu.Lock()
	defer c.l.mu.Unlock()
	if id == ByHand {
		return delivery.Document{Kind: mapping.Invoice, ID: id, Name: "entry " + id, Customer: nameOf(delivery.CustomerRecord, Closed),
			CurrencyID: "USD", Currency: "USD", Total: decimal.MustParse("1558.59"), Date: "2026-08-01"}, true, nil
	}
	ref, _ := strings.CutPrefix(id, "doc-")
	d, ok := c.l.docs[c.account+"/"+ref]
	return delivery.Document{Kind: d.Kind, ID: id, Name: "entry " + id, ExternalID: ref,
		Customer:   nameOf(delivery.CustomerRecord, d.Entity.ID),
		CurrencyID: d.CurrencyID, Currency: d.Currency, Total: d.Total, Date: d.TranDate}, ok, nil
}

// nameOf is a record with its name.
func nameOf(kind delivery.RecordKind, id string) integration.Named {
	for _, r := range records[kind] {
		if r.ID == id {
			return r
		}
	}
	return integration.Named{ID: id}
}

// records are the clients and services it has.
var records = map[delivery.RecordKind][]integration.Named{
	delivery.CustomerRecord: {{ID: Open, Name: "Globex"}, {ID: "cl-2", Name: "Initech"}, {ID: Closed, Name: "Hooli"}},
	delivery.ItemRecord:     {{ID: "svc-1", Name: "Usage"}, {ID: "svc-2", Name: "Standing charge"}},
}

func (c *conn) Resolve(_ context.Context, kind delivery.RecordKind, refs []string) (map[string]integration.Named, error) {
	out := map[string]integration.Named{}
	for _, ref := range refs {
		for _, r := range records[kind] {
			if ref == r.ID || ref == "name:"+r.Name {
				out[ref] = r
			}
		}
	}
	return out, nil
}

func (c *conn) Search(_ context.Context, kind delivery.RecordKind, query string, limit int) ([]integration.Named, error) {
	var out []integration.Named
	for _, r := range records[kind] {
		if len(out) < limit && strings.Contains(strings.ToLower(r.ID+" "+r.Name), strings.ToLower(query)) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (c *conn) Verify(_ context.Context, step func(destination.Step)) error {
	if c.token.Reveal() != Token {
		tell(step, destination.Step{Name: "API token", State: destination.Failed, Detail: "Ledgerly does not know this token",
			Remedy: "copy it again"})
		return &integration.Failure{Class: integration.ClassAuth, Cause: "invalid_login", Message: "Ledgerly does not know this token",
			Advice: "copy it again"}
	}
	tell(step, destination.Step{Name: "API token", State: destination.Passed, Detail: "account " + c.account})
	return nil
}

func (c *conn) Login(ctx context.Context) error { return c.Verify(ctx, nil) }

func (c *conn) Check(ctx context.Context, n destination.Needs, step func(destination.Step)) error {
	if err := c.Verify(ctx, step); err != nil {
		return err
	}
	v := n.Values
	if v.Text(KeyBook) == "" {
		return errors.New("no book is set")
	}
	tell(step, destination.Step{Name: "Book " + v.Text(KeyBook), State: destination.Passed})
	return nil
}

func tell(step func(destination.Step), s destination.Step) {
	if step != nil {
		step(s)
	}
}
