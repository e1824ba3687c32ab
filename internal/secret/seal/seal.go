package seal

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"billferry/internal/readfile"
)

const (
	pubFile = "seal.pub"
	keyFile = "seal.key"

	// keyringTimeout is how long an OS keyring may take. A headless D-Bus can hang
	// for good, and a program that starts must not hang with it.
	keyringTimeout = time.Second
)

// Errors that Open and Sealer.Open wrap.
var (
	// ErrKeyMissing: the identity that sealed this store cannot be had.
	ErrKeyMissing = errors.New("the key that seals secrets is missing")
	// ErrPermissions: the key file can be read by others.
	ErrPermissions = readfile.ErrPermissions
	// ErrWrongKey: the data was sealed with another identity.
	ErrWrongKey = errors.New("sealed with another key")
)

// Options says where an identity may be kept.
type Options struct {
	NoKeyring bool // never ask the OS keyring; use the key file
	Sealed    bool // something was sealed before: an identity that is missing is lost, and none is made
	Later     bool // an identity that is made is kept by Sealer.Keep, and nothing is written before

	ring           keyring       // nil: the OS keyring
	keyringTimeout time.Duration // 0: one second
}

func (o Options) complete() Options {
	if o.ring == nil {
		o.ring = osKeyring{}
	}
	o.keyringTimeout = cmp.Or(o.keyringTimeout, keyringTimeout)
	return o
}

// Sealer seals and opens secrets. It is safe for many goroutines.
type Sealer struct {
	identity *age.X25519Identity
	where    string
	keep     func() error // what Keep has to do; nil: the identity is kept
}

// Open finds the identity of a data folder, or makes one for a folder that has
// none. The folder must exist.
func Open(dir string, o Options) (*Sealer, error) {
	o = o.complete()
	s, err := load(dir, o)
	if errors.Is(err, os.ErrNotExist) && o.Sealed {
		err = fmt.Errorf("%w: there is a store, and neither %s nor %s beside it; restore the one there was from a backup,"+
			" or run 'billferry store new-key' and enter the credentials again", ErrKeyMissing, keyFile, pubFile)
	}
	if errors.Is(err, os.ErrNotExist) {
		s, err = create(dir, o)
		if err == nil && !o.Later {
			err = s.Keep()
		}
		if errors.Is(err, os.ErrExist) {
			s, err = load(dir, o) // another process was faster: its identity counts
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the seal of %s: %w", dir, err)
	}
	return s, nil
}

// FromFile reads the identity in a file, which nobody else may read: one that many
// machines share.
func FromFile(path string) (*Sealer, error) {
	id, err := readKeyFile(path)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w: there is no file %s; copy the %s of the machine that has it", ErrKeyMissing, path, keyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("open the seal: %w", err)
	}
	return &Sealer{identity: id, where: fmt.Sprintf("file %s (0600)", path)}, nil
}

// Renew makes a new identity for a folder whose identity is lost. While that can
// be had it refuses: all that is sealed would be lost with it. What is left of the
// old one is put aside under the name .lost, not removed.
func Renew(dir string, o Options) (*Sealer, error) {
	o = o.complete()
	s, err := load(dir, o)
	switch {
	case err == nil:
		return nil, fmt.Errorf("the sealing key is not lost: it lies in the %s", s.where)
	case !errors.Is(err, ErrKeyMissing) && !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	for _, name := range []string{keyFile, pubFile} {
		path := filepath.Join(dir, name)
		if err := os.Rename(path, path+".lost"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("put the old key aside: %w", err)
		}
	}
	if s, err = create(dir, o); err == nil {
		err = s.Keep()
	}
	return s, err
}

// load reads the identity that a folder names. It answers os.ErrNotExist when
// the folder names none.
func load(dir string, o Options) (*Sealer, error) {
	id, err := readKeyFile(filepath.Join(dir, keyFile))
	if err == nil {
		return fromFile(id, dir, o), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	pub, err := readfile.Read(filepath.Join(dir, pubFile), readfile.Key)
	if err != nil {
		return nil, err
	}
	name := string(bytes.TrimSpace(pub))
	if o.NoKeyring {
		return nil, fmt.Errorf("%w: %s is kept in the OS keyring, and the keyring was switched off; start without that switch",
			ErrKeyMissing, name)
	}
	text, err := ringGet(o, name)
	if err != nil {
		return nil, fmt.Errorf("%w: %s should be in the OS keyring, but %w; unlock the keyring, or restore %s from a backup",
			ErrKeyMissing, name, err, keyFile)
	}
	if id, err = age.ParseX25519Identity(text); err != nil {
		return nil, fmt.Errorf("%w: the OS keyring holds something else under %s: %w", ErrKeyMissing, name, err)
	}
	if id.Recipient().String() != name {
		return nil, fmt.Errorf("%w: the OS keyring holds %s under the name %s", ErrWrongKey, id.Recipient(), name)
	}
	return &Sealer{identity: id, where: "OS keyring"}, nil
}

// create makes an identity, which Keep keeps.
func create(dir string, o Options) (*Sealer, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	s := &Sealer{identity: id, where: "memory"}
	s.keep = func() (err error) {
		s.where, err = keepIn(dir, id, o)
		return err
	}
	return s, nil
}

// keepIn keeps an identity, in the keyring if that works, and says where.
func keepIn(dir string, id *age.X25519Identity, o Options) (where string, err error) {
	if !o.NoKeyring {
		name := id.Recipient().String()
		if ringSet(o, name, id.String()) == nil {
			return "OS keyring", writeNew(filepath.Join(dir, pubFile), name+"\n")
		}
	}
	return fromFile(id, dir, o).where, writeNew(filepath.Join(dir, keyFile), id.String()+"\n")
}

func fromFile(id *age.X25519Identity, dir string, o Options) *Sealer {
	why := "because no OS keyring answered"
	if o.NoKeyring {
		why = "because the OS keyring was switched off"
	}
	return &Sealer{identity: id, where: fmt.Sprintf("file %s (0600), %s", filepath.Join(dir, keyFile), why)}
}

// Where says in words where the identity lies.
func (s *Sealer) Where() string { return s.where }

// New tells that the identity was made, and is not kept yet: it has sealed nothing
// that is there.
func (s *Sealer) New() bool { return s.keep != nil }

// Keep keeps an identity that is new. Only then what it seals can be opened again.
func (s *Sealer) Keep() error {
	if s.keep == nil {
		return nil
	}
	err := s.keep()
	if err == nil {
		s.keep = nil
	}
	return err
}

// Seal encrypts plain.
func (s *Sealer) Seal(plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, s.identity.Recipient())
	if err == nil {
		if _, err = w.Write(plain); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("seal a secret: %w", err)
	}
	return out.Bytes(), nil
}

// Open decrypts what Seal made. It answers ErrWrongKey, wrapped, for what
// another identity sealed.
func (s *Sealer) Open(sealed []byte) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), s.identity)
	if noMatch := (*age.NoIdentityMatchError)(nil); errors.As(err, &noMatch) {
		return nil, fmt.Errorf("open a secret: %w than the one in the %s; restore that key, or enter the secret again", ErrWrongKey, s.where)
	}
	if err != nil {
		return nil, fmt.Errorf("open a secret: it is damaged; enter it again: %w", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("open a secret: it is damaged; enter it again: %w", err)
	}
	return plain, nil
}
