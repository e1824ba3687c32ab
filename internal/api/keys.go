package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"

	"billferry/internal/secret"
)

// Scope is what an API key may do.
type Scope string

// The scopes; each includes the ones before it.
const (
	ScopeRead  Scope = "read"  // look at everything but secrets
	ScopeWrite Scope = "write" // configure, send, retry
	ScopeAdmin Scope = "admin" // credentials and API keys
)

// Scopes lists them, the narrowest first.
var Scopes = []Scope{ScopeRead, ScopeWrite, ScopeAdmin}

func (s Scope) covers(need Scope) bool {
	return slices.Index(Scopes, s) >= slices.Index(Scopes, need) && slices.Contains(Scopes, s)
}

// Key is an API key as it is kept: its secret only as a hash.
type Key struct {
	ID      string    `json:"id"` // the access key id of a token request
	Name    string    `json:"name"`
	Scope   Scope     `json:"scope"`
	Hash    string    `json:"hash,omitempty"` // argon2id in PHC form; never sent out
	Created time.Time `json:"dtCreated"`
}

// KeyStore keeps API keys. Key and DeleteKey wrap integration.ErrNotFound.
// Key is asked on every request, so that a revoked key stops working at once.
type KeyStore interface {
	Keys(ctx context.Context) ([]Key, error)
	Key(ctx context.Context, id string) (Key, error)
	PutKey(ctx context.Context, k Key) error
	DeleteKey(ctx context.Context, id string) error
}

// NewKey makes a key and its secret. The secret is 256 random bits and is
// nowhere else: show it once.
func NewKey(name string, scope Scope, now time.Time) (Key, secret.Value, error) {
	if !slices.Contains(Scopes, scope) {
		return Key{}, secret.Value{}, badRequest("scope %q is not known; use one of %v", scope, Scopes)
	}
	if name = strings.TrimSpace(name); name == "" || len(name) > 100 {
		return Key{}, secret.Value{}, badRequest("name the key, in at most 100 bytes, so that you know later who has it")
	}
	text := "bfk_" + rand.Text() + rand.Text()
	return Key{ID: uuid.NewString(), Name: name, Scope: scope, Hash: hashSecret(text, argonTime, argonMemory), Created: now.UTC()},
		secret.New(text), nil
}

// The cost of argon2id: OWASP's second choice (19 MiB, two passes, one lane).
const (
	argonTime    = 2
	argonMemory  = 19 << 10 // KiB
	argonThreads = 1
	argonLength  = 32
)

var phc = base64.RawStdEncoding

// hashSecret makes the PHC form, which carries its cost: it can be raised later
// and old keys go on working.
func hashSecret(text string, passes, memory uint32) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails, crypto/rand says
	sum := argon2.IDKey([]byte(text), salt, passes, memory, argonThreads, argonLength)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, argonThreads,
		phc.EncodeToString(salt), phc.EncodeToString(sum))
}

var errHash = errors.New("the stored hash of the API key cannot be read: make a new key")

// checkSecret tells whether text is the secret of a hash. It takes some 20 ms
// and 19 MiB, on purpose.
func checkSecret(hash, text string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errHash
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil ||
		version != argon2.Version || memory == 0 || memory > 1<<20 || passes == 0 || passes > 16 || lanes == 0 {
		return false, errHash
	}
	salt, err := phc.DecodeString(parts[4])
	if err != nil {
		return false, errHash
	}
	want, err := phc.DecodeString(parts[5])
	if err != nil || len(want) < 16 || len(want) > 64 {
		return false, errHash
	}
	got := argon2.IDKey([]byte(text), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
