package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	oskeyring "github.com/zalando/go-keyring"
)

// ring is a keyring in memory. block, when set, holds up every call.
type ring struct {
	mu    sync.Mutex
	keys  map[string]string
	err   error
	block chan struct{}
}

func (r *ring) wait() error {
	if r.block != nil {
		<-r.block
	}
	return r.err
}

func (r *ring) Get(service, user string) (string, error) {
	if err := r.wait(); err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.keys[service+"/"+user]
	if !ok {
		return "", oskeyring.ErrNotFound
	}
	return v, nil
}

func (r *ring) Set(service, user, password string) error {
	if err := r.wait(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[service+"/"+user] = password
	return nil
}

func working() *ring { return &ring{keys: map[string]string{}} }

func mustOpen(t *testing.T, dir string, o Options) *Sealer {
	t.Helper()
	s, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reopens checks that what one Sealer seals, the next one of the folder opens.
func reopens(t *testing.T, dir string, o Options) *Sealer {
	t.Helper()
	plain := []byte("-----BEGIN PRIVATE KEY-----")
	sealed, err := mustOpen(t, dir, o).Seal(plain)
	if err != nil || bytes.Contains(sealed, plain) {
		t.Fatalf("sealed to %q, %v", sealed, err)
	}
	s := mustOpen(t, dir, o)
	if got, err := s.Open(sealed); err != nil || !bytes.Equal(got, plain) {
		t.Fatalf("opened to %q, %v", got, err)
	}
	return s
}

func TestKeyring(t *testing.T) {
	t.Parallel()
	dir, r := t.TempDir(), working()
	s := reopens(t, dir, Options{ring: r})
	if s.Where() != "OS keyring" {
		t.Errorf("it lies in %q", s.Where())
	}
	if _, err := os.Stat(filepath.Join(dir, keyFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a key file as well: %v", err)
	}
	pub, err := os.ReadFile(filepath.Join(dir, pubFile))
	if err != nil || !strings.HasPrefix(string(pub), "age1") || len(r.keys) != 1 {
		t.Errorf("the public name is %q, the ring has %d keys, %v", pub, len(r.keys), err)
	}
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"because the OS keyring was switched off": {NoKeyring: true, ring: working()},
		"because no OS keyring answered":          {ring: &ring{err: errors.New("no dbus")}},
	} {
		dir := t.TempDir()
		s := reopens(t, dir, o)
		if !strings.Contains(s.Where(), keyFile+" (0600), "+name) {
			t.Errorf("it lies in %q, want %q", s.Where(), name)
		}
		info, err := os.Stat(filepath.Join(dir, keyFile))
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("the key file is %v, %v", info, err)
		}
		left, err := filepath.Glob(filepath.Join(dir, ".seal-*"))
		if err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

// A new identity that is not kept leaves nothing behind; once it is, it is the folder's.
func TestANewIdentityIsKeptLater(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{NoKeyring: true, Later: true}, {ring: working(), Later: true}} {
		dir := t.TempDir()
		s := mustOpen(t, dir, o)
		left, err := os.ReadDir(dir)
		if !s.New() || err != nil || len(left) > 0 || o.ring != nil && len(o.ring.(*ring).keys) > 0 {
			t.Errorf("before it is kept there is %v, %v", left, err)
		}
		sealed, err := s.Seal([]byte("x"))
		if err = errors.Join(err, s.Keep(), s.Keep()); err != nil {
			t.Fatal(err)
		}
		again := mustOpen(t, dir, o)
		if plain, err := again.Open(sealed); err != nil || string(plain) != "x" || s.New() || again.New() {
			t.Errorf("after it was kept: %q, %v, new %v and %v", plain, err, s.New(), again.New())
		}
	}
}

func TestHangingKeyringIsGivenUp(t *testing.T) {
	t.Parallel()
	r := &ring{keys: map[string]string{}, block: make(chan struct{})}
	defer close(r.block)
	start := time.Now()
	s := mustOpen(t, t.TempDir(), Options{ring: r, keyringTimeout: 20 * time.Millisecond})
	if took := time.Since(start); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if !strings.Contains(s.Where(), "no OS keyring answered") {
		t.Error(s.Where())
	}
}

func TestForgetfulKeyringIsNotTrusted(t *testing.T) {
	t.Parallel()
	s := mustOpen(t, t.TempDir(), Options{ring: forgetful{}})
	if !strings.Contains(s.Where(), keyFile) {
		t.Error(s.Where())
	}
}

type forgetful struct{}

func (forgetful) Get(string, string) (string, error) { return "", oskeyring.ErrNotFound }
func (forgetful) Set(string, string, string) error   { return nil }

func TestMissingIdentityIsNotReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustOpen(t, dir, Options{ring: working()})
	hang := &ring{block: make(chan struct{})}
	defer close(hang.block)
	for name, o := range map[string]Options{
		"not found":      {ring: working()},
		"did not answer": {ring: hang, keyringTimeout: 20 * time.Millisecond},
		"switched off":   {NoKeyring: true},
	} {
		_, err := Open(dir, o)
		if !errors.Is(err, ErrKeyMissing) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), dir) {
			t.Errorf("want %q, got %v", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, keyFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a new identity was made: %v", err)
	}
}

func TestBadKeyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, keyFile)
	mustOpen(t, dir, Options{NoKeyring: true})
	if runtime.GOOS != "windows" {
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, Options{NoKeyring: true}); !errors.Is(err, ErrPermissions) || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("a key file others can read gave %v", err)
		}
	}
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("AGE-SECRET-KEY-1NOT"), 0o600)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir, Options{NoKeyring: true})
	if !errors.Is(err, ErrKeyMissing) || strings.Contains(err.Error(), "1NOT") {
		t.Errorf("a damaged key file gave %v", err)
	}
}

func TestWrongKeyAndDamage(t *testing.T) {
	t.Parallel()
	a, b := mustOpen(t, t.TempDir(), Options{NoKeyring: true}), mustOpen(t, t.TempDir(), Options{NoKeyring: true})
	sealed, err := a.Seal([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(sealed); !errors.Is(err, ErrWrongKey) {
		t.Errorf("another key gave %v", err)
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := a.Open(sealed); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a flipped bit gave %v", err)
	}
	if _, err := a.Open(nil); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("nothing gave %v", err)
	}
}

// Two processes that start at once end up with one identity.
func TestRaceForTheFirstIdentity(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	got := make([]*Sealer, 8)
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			s, err := Open(dir, Options{NoKeyring: true})
			if err != nil {
				t.Error(err)
			}
			got[i] = s
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	sealed, err := got[0].Seal([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range got {
		if _, err := s.Open(sealed); err != nil {
			t.Error(err)
		}
	}
}

// A folder that had a key and has none is told of; a new key is made only when
// it is asked for, and never in place of one that can be had.
func TestALostKeyIsNotReplaced(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{"file": {NoKeyring: true}, "keyring": {ring: working()}} {
		dir := t.TempDir()
		old, err := mustOpen(t, dir, o).Seal([]byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Renew(dir, o); err == nil || !strings.Contains(err.Error(), "not lost") {
			t.Errorf("%s: a key that is there was renewed: %v", name, err)
		}
		for _, file := range []string{keyFile, pubFile} {
			if err := os.Remove(filepath.Join(dir, file)); err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
		}
		o.Sealed = true
		if _, err := Open(dir, o); !errors.Is(err, ErrKeyMissing) || !strings.Contains(err.Error(), "store new-key") {
			t.Errorf("%s: a lost key gave %v", name, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("%s: there is %v, %v", name, left, err)
		}
		if _, err := Renew(dir, o); err != nil {
			t.Fatal(err)
		}
		if _, err := mustOpen(t, dir, o).Open(old); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%s: the new key opens the old secret: %v", name, err)
		}
	}
	dir := t.TempDir()
	o := Options{NoKeyring: true}
	mustOpen(t, dir, o)
	path := filepath.Join(dir, keyFile)
	if err := os.WriteFile(path, []byte("half a k"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Renew(dir, o); err != nil {
		t.Fatal(err)
	}
	if kept, err := os.ReadFile(path + ".lost"); err != nil || string(kept) != "half a k" {
		t.Errorf("what was left of the old key is %q, %v", kept, err)
	}
	mustOpen(t, dir, o)
}
