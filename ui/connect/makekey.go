package connect

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"billferry/internal/service"
	"billferry/internal/spec"
)

const certificateDays = 729 // destinations take a certificate of at most two years

// MakeKey makes a key and a certificate for an integration in the data folder, each
// time in a folder of its own: the key before is in use until the destination has the
// new one.
func MakeKey(ctx context.Context, svc service.Service, dataDir, integrationID string, now time.Time) (service.KeyFiles, error) {
	dir := filepath.Join(dataDir, "keys", integrationID, now.UTC().Format("2006-01-02T150405"))
	got, err := svc.GenerateKey(ctx, dir, "ES256", certificateDays)
	if err != nil {
		err = fmt.Errorf("the key pair was not made: %w", err)
	}
	return got, err
}

// MadeKey says what was made, and where its certificate is uploaded.
func MadeKey(got service.KeyFiles, w spec.Words) string {
	return fmt.Sprintf("Made %s, valid until %s. %s", got.CertFile, got.Expires.Format("2006-01-02"), w.NewKey)
}
