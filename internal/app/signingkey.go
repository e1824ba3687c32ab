package app

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"

	"billferry/internal/integration"
	"billferry/internal/secret/seal"
)

// signingMeta is where the key that signs packs of evidence lies, sealed.
const signingMeta = "evidence/signing-key"

// signingKey is made with the first pack, and kept. Unlike the key of access
// tokens it is never replaced by itself: packs that auditors have name it.
type signingKey struct {
	store Store
	seal  *seal.Sealer
}

// get gives the key, and makes it when there is none.
func (k *signingKey) get(ctx context.Context) (ed25519.PrivateKey, error) {
	sealed, err := k.store.Meta(ctx, signingMeta)
	if err != nil {
		return nil, err
	}
	if len(sealed) > 0 {
		seed, err := k.seal.Open(sealed)
		switch {
		case errors.Is(err, seal.ErrWrongKey):
			return nil, &integration.Failure{Class: integration.ClassData, Cause: "signing_key_lost", Err: err,
				Message: "the key that signs evidence was sealed with another sealing key, and cannot be opened",
				Advice: "restore the sealing key that the store had (docs/OPERATING.md, Backup): packs signed with a new key could not be told " +
					"from those of somebody else"}
		case err != nil:
			return nil, fmt.Errorf("read the key that signs evidence: %w", err)
		case len(seed) != ed25519.SeedSize:
			return nil, fmt.Errorf("the key that signs evidence is damaged: it has %d bytes", len(seed))
		}
		return ed25519.NewKeyFromSeed(seed), nil
	}
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed) // never fails, crypto/rand says
	if sealed, err = k.seal.Seal(seed); err != nil {
		return nil, fmt.Errorf("seal the key that signs evidence: %w", err)
	}
	faster := false
	err = k.store.UpdateMeta(ctx, signingMeta, func(old []byte) ([]byte, error) {
		if faster = len(old) > 0; faster {
			return old, nil
		}
		return sealed, nil
	})
	switch {
	case err != nil:
		return nil, err
	case faster: // another has made it
		return k.get(ctx)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
