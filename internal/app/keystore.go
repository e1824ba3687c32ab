package app

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"billferry/internal/api"
	"billferry/internal/integration"
)

// keysMeta is where API keys lie in the store; only their hashes are kept.
const keysMeta = "api/keys"

// keyStore keeps API keys in the store's meta. There are a handful, so they
// are one value, held in memory too because every request asks.
type keyStore struct {
	store Store
	mu    sync.Mutex
	keys  []api.Key
	read  bool
}

var _ api.KeyStore = (*keyStore)(nil)

func (k *keyStore) load(ctx context.Context) error {
	if k.read {
		return nil
	}
	b, err := k.store.Meta(ctx, keysMeta)
	if err != nil {
		return err
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &k.keys); err != nil {
			return fmt.Errorf("read the API keys: %w", err)
		}
	}
	k.read = true
	return nil
}

// forget has them read again: another process has changed them.
func (k *keyStore) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.read = nil, false
}

func (k *keyStore) save(ctx context.Context, keys []api.Key) error {
	b, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	if err := k.store.SetMeta(ctx, keysMeta, b); err != nil {
		return err
	}
	k.keys = keys
	return nil
}

// Keys implements api.KeyStore.
func (k *keyStore) Keys(ctx context.Context) ([]api.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.load(ctx)
	return slices.Clone(k.keys), err
}

// Key implements api.KeyStore.
func (k *keyStore) Key(ctx context.Context, id string) (api.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.load(ctx); err != nil {
		return api.Key{}, err
	}
	if i := k.index(id); i >= 0 {
		return k.keys[i], nil
	}
	return api.Key{}, fmt.Errorf("API key %s: %w", id, integration.ErrNotFound)
}

func (k *keyStore) index(id string) int {
	return slices.IndexFunc(k.keys, func(x api.Key) bool { return x.ID == id })
}

// PutKey implements api.KeyStore.
func (k *keyStore) PutKey(ctx context.Context, key api.Key) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.load(ctx); err != nil {
		return err
	}
	keys := slices.Clone(k.keys)
	if i := k.index(key.ID); i >= 0 {
		keys[i] = key
	} else {
		keys = append(keys, key)
	}
	return k.save(ctx, keys)
}

// DeleteKey implements api.KeyStore.
func (k *keyStore) DeleteKey(ctx context.Context, id string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.load(ctx); err != nil {
		return err
	}
	i := k.index(id)
	if i < 0 {
		return fmt.Errorf("API key %s: %w", id, integration.ErrNotFound)
	}
	return k.save(ctx, slices.Delete(slices.Clone(k.keys), i, i+1))
}
