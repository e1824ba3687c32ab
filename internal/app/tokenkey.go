package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	"billferry/internal/secret/seal"
)

// tokenMeta is where the key that signs access tokens lies in the store, sealed.
const tokenMeta = "api/token-key"

// tokenKey is made when the first token is, and kept: so tokens outlive a
// restart, and a process that serves nobody writes nothing.
type tokenKey struct {
	store Store
	seal  *seal.Sealer
	mu    sync.Mutex
	key   []byte
}

func (t *tokenKey) get(ctx context.Context) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.key != nil {
		return t.key, nil
	}
	sealed, err := t.store.Meta(ctx, tokenMeta)
	if err != nil {
		return nil, err
	}
	if len(sealed) > 0 {
		key, err := t.seal.Open(sealed)
		switch {
		case err == nil:
			t.key = key
			return key, nil
		case !errors.Is(err, seal.ErrWrongKey): // what the lost sealing key has sealed is no loss here: tokens are asked for again
			return nil, fmt.Errorf("read the key that signs access tokens: %w", err)
		}
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails, crypto/rand says
	if sealed, err = t.seal.Seal(key); err != nil {
		return nil, fmt.Errorf("seal the key that signs access tokens: %w", err)
	}
	if err := t.store.SetMeta(ctx, tokenMeta, sealed); err != nil {
		return nil, err
	}
	t.key = key
	return key, nil
}
