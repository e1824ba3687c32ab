package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync/atomic"

	"billferry/internal/secret/seal"
)

// tokenMeta is where the key that signs access tokens lies in the store, sealed.
const tokenMeta = "api/token-key"

// tokenKey is made when the first token is, and kept: so tokens outlive a
// restart, and a process that serves nobody writes nothing.
type tokenKey struct {
	store Store
	seal  *seal.Sealer
	key   atomic.Pointer[[]byte]
}

func (t *tokenKey) get(ctx context.Context) ([]byte, error) {
	if key := t.key.Load(); key != nil {
		return *key, nil
	}
	made := make([]byte, 32)
	_, _ = rand.Read(made) // never fails, crypto/rand says
	var key []byte
	err := t.store.UpdateMeta(ctx, tokenMeta, func(sealed []byte) (_ []byte, err error) {
		if len(sealed) > 0 { // another may have made it
			key, err = t.seal.Open(sealed)
			switch {
			case err == nil:
				return sealed, nil
			case !errors.Is(err, seal.ErrWrongKey): // what the lost sealing key has sealed is no loss here: tokens are asked for again
				return nil, fmt.Errorf("read the key that signs access tokens: %w", err)
			}
		}
		key = made
		if sealed, err = t.seal.Seal(key); err != nil {
			return nil, fmt.Errorf("seal the key that signs access tokens: %w", err)
		}
		return sealed, nil
	})
	if err != nil {
		return nil, err
	}
	t.key.Store(&key)
	return key, nil
}
