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
	if err == nil {
		k.keys, err = readKeys(b)
	}
	k.read = err == nil
	return err
}

// forget has them read again: they were changed.
func (k *keyStore) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.read = nil, false
}

// update changes the keys as they are kept now. No request waits for the disk
// meanwhile.
func (k *keyStore) update(ctx context.Context, change func(keys []api.Key) ([]api.Key, error)) error {
	defer k.forget()
	return k.store.UpdateMeta(ctx, keysMeta, func(old []byte) ([]byte, error) {
		keys, err := readKeys(old)
		if err == nil {
			keys, err = change(keys)
		}
		if err != nil {
			return nil, err
		}
		return json.Marshal(keys)
	})
}

func readKeys(raw []byte) (keys []api.Key, err error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &keys); err != nil {
		return nil, fmt.Errorf("read the API keys: %w", err)
	}
	return keys, nil
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
	if i := indexOf(k.keys, id); i >= 0 {
		return k.keys[i], nil
	}
	return api.Key{}, fmt.Errorf("API key %s: %w", id, integration.ErrNotFound)
}

func indexOf(keys []api.Key, id string) int {
	return slices.IndexFunc(keys, func(x api.Key) bool { return x.ID == id })
}

// PutKey implements api.KeyStore.
func (k *keyStore) PutKey(ctx context.Context, key api.Key) error {
	return k.update(ctx, func(keys []api.Key) ([]api.Key, error) {
		if i := indexOf(keys, key.ID); i >= 0 {
			keys[i] = key
			return keys, nil
		}
		return append(keys, key), nil
	})
}

// DeleteKey implements api.KeyStore.
func (k *keyStore) DeleteKey(ctx context.Context, id string) error {
	return k.update(ctx, func(keys []api.Key) ([]api.Key, error) {
		i := indexOf(keys, id)
		if i < 0 {
			return nil, fmt.Errorf("API key %s: %w", id, integration.ErrNotFound)
		}
		return slices.Delete(keys, i, i+1), nil
	})
}
