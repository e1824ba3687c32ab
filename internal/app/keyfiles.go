package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"billferry/internal/destination"
	"billferry/internal/service"
)

// GenerateKey implements service.Service.
func (a *App) GenerateKey(_ context.Context, dir, algorithm string, days int) (service.KeyFiles, error) {
	return generateKeyFiles(a.adapters, dir, algorithm, days, a.now())
}

// GenerateKeyFiles makes a key (0600) and a certificate that the destination
// accepts. It needs no store.
func GenerateKeyFiles(dir, algorithm string, days int, now time.Time) (service.KeyFiles, error) {
	return generateKeyFiles(Destinations(), dir, algorithm, days, now)
}

func generateKeyFiles(r destination.Registry, dir, algorithm string, days int, now time.Time) (service.KeyFiles, error) {
	maker, err := r.KeyMaker()
	if err != nil {
		return service.KeyFiles{}, err
	}
	key, cert, err := maker.GenerateKey(algorithm, days, "billferry", now)
	if err != nil {
		return service.KeyFiles{}, err
	}
	info, err := maker.InspectKey(key)
	if err != nil {
		return service.KeyFiles{}, err
	}
	name := strings.ToLower(maker.Form().Destination)
	out := service.KeyFiles{
		KeyFile: filepath.Join(dir, name+"-private-key.pem"), CertFile: filepath.Join(dir, name+"-certificate.pem"),
		Expires: now.AddDate(0, 0, days), Info: service.KeyInfo(info),
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return out, fmt.Errorf("make the folder for the key: %w", err)
	}
	if err := writeNew(out.KeyFile, []byte(key.Reveal()), 0o600); err != nil {
		return out, err
	}
	return out, writeNew(out.CertFile, cert, 0o644)
}

// writeNew never writes over a file: a private key that a destination knows cannot
// be made again.
func writeNew(path string, b []byte, perm os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists already: move it away or choose another folder", path)
	}
	if err != nil {
		return fmt.Errorf("write the key pair: %w", err)
	}
	if _, err = f.Write(b); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
