package seal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"filippo.io/age"
	oskeyring "github.com/zalando/go-keyring"

	"billferry/internal/readfile"
)

// service is the name under which the OS keyring lists our identities.
const service = "billferry"

// keyring is the part of an OS keyring that is used.
type keyring interface {
	Get(service, user string) (string, error)
	Set(service, user, password string) error
}

type osKeyring struct{}

func (osKeyring) Get(service, user string) (string, error) { return oskeyring.Get(service, user) }
func (osKeyring) Set(service, user, password string) error {
	return oskeyring.Set(service, user, password)
}

func ringGet(o Options, name string) (string, error) {
	return inTime(o.keyringTimeout, func() (string, error) { return o.ring.Get(service, name) })
}

// ringSet keeps text and reads it back: some keyrings accept and forget.
func ringSet(o Options, name, text string) error {
	got, err := inTime(o.keyringTimeout, func() (string, error) {
		if err := o.ring.Set(service, name, text); err != nil {
			return "", err
		}
		return o.ring.Get(service, name)
	})
	if err == nil && got != text {
		err = errors.New("it did not keep the key")
	}
	return err
}

// inTime gives up on f after d. f goes on in its goroutine: a keyring call
// cannot be cancelled, and what it may still store is an identity nobody uses.
func inTime(d time.Duration, f func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	c := make(chan answer, 1)
	go func() {
		text, err := f()
		c <- answer{text, err}
	}()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case a := <-c:
		return a.text, a.err
	case <-t.C:
		return "", fmt.Errorf("it did not answer within %v", d)
	}
}

// readKeyFile reads an identity from a file that nobody else may read.
func readKeyFile(path string) (*age.X25519Identity, error) {
	text, err := readfile.ReadPrivate(path, readfile.Key)
	if err != nil {
		return nil, err
	}
	id, err := age.ParseX25519Identity(string(bytes.TrimSpace(text)))
	if err != nil {
		return nil, fmt.Errorf("%w: %s does not hold a key; restore it from a backup", ErrKeyMissing, path)
	}
	return id, nil
}

// writeNew makes a file of mode 0600 that is whole or absent, even when the
// machine stops. It answers os.ErrExist when the file is there already.
func writeNew(path, text string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".seal-*") // CreateTemp gives 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(text)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil { // unlike Rename, Link never replaces
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name in dir durable. Windows cannot, and need not.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
