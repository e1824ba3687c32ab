// Package destination says what a kind of external system must bring, so that
// Bills can go there: an Adapter. Screens, commands, API, engine and store know
// destinations only through it; app has the list of those that exist.
package destination

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/secret"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Adapter is one kind of destination for one entity type. All but Open is pure.
type Adapter interface {
	delivery.System
	// Form is everything there is to set, and to connect with.
	Form() spec.Form
	// Inspect checks credentials that nobody has tried yet and completes them with
	// what they tell by themselves: the key's type and fingerprint, and when its
	// certificate ends. A fault is a spec.Problems.
	Inspect(c integration.Credentials) (integration.Credentials, error)
	// Open makes a connection of credentials. It does no IO.
	Open(c integration.Credentials, o Options) (Conn, error)
}

// Options are what a connection needs from its surroundings.
type Options struct {
	HTTP   *http.Client
	Now    func() time.Time
	Logger *slog.Logger
}

// Conn is one account of a destination through one set of credentials. It is
// safe for many goroutines; it is made once per set and kept.
type Conn interface {
	delivery.Destination
	delivery.Reader
	delivery.Login
	// Verify proves the credentials. step, which may be nil, hears of each check
	// as it begins and ends. The error is an *integration.Failure.
	Verify(ctx context.Context, step func(Step)) error
	// Check walks everything that is needed of the destination, a step each. What a
	// person has to do is no error, but a step; the error is why a step could not be
	// tried.
	Check(ctx context.Context, n Needs, step func(Step)) error
	// Search finds records of a kind by id or name; "" lists the first.
	Search(ctx context.Context, kind delivery.RecordKind, query string, limit int) ([]integration.Named, error)
}

// FieldCatalog is a Conn whose account tells the fields of its documents, so that
// rules can fill them.
type FieldCatalog interface {
	Conn
	// Fields lists them by key.
	Fields(ctx context.Context) ([]integration.Field, error)
	// Named finds the fields that the words of a refusal name, those of the header
	// first.
	Named(ctx context.Context, refusal string) ([]integration.Field, error)
	// Options lists the values that a field takes, by name or id; "" lists the first.
	Options(ctx context.Context, key, query string, limit int) ([]integration.Named, error)
}

// Needs are what an integration needs of its destination: its settings, and what
// the Bills that are kept have told.
type Needs struct {
	Values          spec.Values
	CertificateEnds time.Time  // zero: not known
	LastService     string     // the last day of service of a Bill, YYYY-MM-DD; "": none is known
	Currencies      []string   // of Bills
	Customers       []Customer // of the accounts that have Bills
	Prefixes        []string   // of the external ids that integrations into this account give; none: not known
	Since           time.Time  // when the integration was made; zero: not known
	Prepaid         *Prepaid   // nil: no Bill has a prepayment
	Elsewhere       []string   // Bills with lines of customers that another company bills, and whose
}

// Prepaid is where the prepayment fees and draw-downs of Bills land that have no
// item of their own.
type Prepaid struct {
	Shared  []string // items that take usage as well
	Default int      // Bills that have them on the default item
	Bills   int      // Bills that have any
}

// Customer is the record that an account's Bills go to.
type Customer struct {
	Account string // its name or code
	Ref     string // as delivery.Reader resolves it
	ID      string // once it is resolved
}

// RoleMaker is an Adapter that can tell the least that its credentials' role may
// have, in the form that its system imports.
type RoleMaker interface {
	Adapter
	Role(v spec.Values) []byte
}

// Population is a Conn whose documents can be listed, so that a period can be
// reconciled.
type Population interface {
	Conn
	reconcile.Books
	// Compared says what the proof compares of a document beside what every one has.
	Compared(d *mapping.Document) Compared
}

// Compared is what a proof compares: the fields of the header, those without a value
// are to be empty, the fields of each line, and which texts it does not leave out.
type Compared struct {
	Head                  []reconcile.Field
	Lines                 [][]reconcile.Field
	Memo, Reference, Text bool // Text is that of lines
}

// Step is one check of Verify or Check, told as it begins and as it ends.
type Step struct {
	Name   string
	State  string // Running, Passed, ToDo, Failed, Skipped
	Detail string // what was found
	Remedy string // what to do
}

// The states of a Step.
const (
	Running = "running"
	Passed  = "passed"
	ToDo    = "todo"    // somebody has to do something
	Failed  = "failed"  // it could not be tried, or nothing works without it
	Skipped = "skipped" // it cannot be told, or sending does without
)

// KeyMaker is an Adapter whose credentials hold a private key.
type KeyMaker interface {
	Adapter
	// InspectKey says what a key is, or what is wrong with it.
	InspectKey(pem secret.Value) (KeyInfo, error)
	// GenerateKey makes a key and its certificate, both PEM.
	GenerateKey(algorithm string, days int, name string, now time.Time) (key secret.Value, certificate []byte, err error)
}

// KeyInfo is what may be shown of a private key.
type KeyInfo struct {
	Type        string // EC P-256, RSA 4096
	Algorithm   string // the JWS algorithm it signs with: ES256, PS256
	Fingerprint string // SHA-256 of the public key (SPKI), hex
}

// Registry lists the adapters there are, in the order that screens show them.
type Registry []Adapter

// Catalog lists their forms.
func (r Registry) Catalog() spec.Catalog {
	out := make(spec.Catalog, len(r))
	for i, a := range r {
		out[i] = a.Form()
	}
	return out
}

// Find gives the adapter of an entity type and destination, in any letter case.
// For one that there is not the error is an *integration.Failure that names it.
func (r Registry) Find(entityType, destination string) (Adapter, error) {
	var known []string
	for _, a := range r {
		f := a.Form()
		if strings.EqualFold(f.EntityType, entityType) && strings.EqualFold(f.Destination, destination) {
			return a, nil
		}
		known = append(known, f.EntityType+" to "+f.Destination)
	}
	return nil, &integration.Failure{
		Class: integration.ClassData, Cause: "destination_unknown",
		Message: fmt.Sprintf("this version of billferry cannot send entities of type %q to %q; it knows: %s", entityType, destination,
			strings.Join(known, ", ")),
		Advice: "run the version that the integration was created with, or delete the integration and create it anew",
	}
}

// Mapped finds the names of the destination that external mappings know by one
// name, in any letter case.
func (r Registry) Mapped(system string) (spec.Words, bool) {
	f, ok := r.Catalog().Mapped(system)
	return f.Words, ok
}

// KeyMaker gives the first adapter that has keys.
func (r Registry) KeyMaker() (KeyMaker, error) {
	for _, a := range r {
		if k, ok := a.(KeyMaker); ok {
			return k, nil
		}
	}
	return nil, fmt.Errorf("no destination of this version takes a private key")
}
