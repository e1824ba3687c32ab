package evidence

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Found is what a check of a pack comes to.
type Found struct {
	Manifest Manifest `json:"manifest"`
	Sum      string   `json:"manifestSha256"`
	Problems []string `json:"problems,omitempty"` // a sentence each; none: the pack is what was signed
	// Known tells that the key of the signature is the one that was expected.
	// Without it the pack is whole, and anybody may have made it.
	Known bool `json:"keyKnown"`
}

// The most that is read of the manifest, its signature and a line of the trail.
const (
	maxManifest  = 16 << 20
	maxSignature = 4 << 10
	maxEntry     = 16 << 20
)

// Verify checks a pack: that nothing stands before or after it, that its members are
// those of the manifest, each as it was written, that the manifest is the one that was signed, and that the audit
// trail's chain holds up to the head that was signed. key is the public key that
// it is expected to be signed with; "" takes the one that the pack names itself.
// An error means that there is no pack to speak of.
func Verify(r io.ReaderAt, size int64, key string) (f Found, err error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return f, fmt.Errorf("it is no evidence pack, or only a part of one (%w)", err)
	}
	files, times := map[string]*zip.File{}, map[string]int{}
	for _, x := range z.File {
		if files[x.Name] == nil {
			files[x.Name] = x
		}
		times[x.Name]++
	}
	manifest, err := whole(files, ManifestName, maxManifest)
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(manifest, &f.Manifest); err != nil || f.Manifest.Format == 0 {
		return f, fmt.Errorf("its %s is none of an evidence pack", ManifestName)
	}
	if f.Manifest.Format != Format {
		return f, fmt.Errorf("it has the format %d, and this billferry reads %d: verify it with the one that made it (%s)",
			f.Manifest.Format, Format, f.Manifest.Program)
	}
	sum := sha256.Sum256(manifest)
	f.Sum = hex.EncodeToString(sum[:])
	if err := f.signature(files, manifest, key); err != nil {
		return f, err
	}
	f.edges(r, size, z)
	f.members(z, files, times)
	if x := files[AuditName]; x != nil {
		f.trail(x)
	}
	return f, nil
}

func (f *Found) problem(format string, args ...any) {
	f.Problems = append(f.Problems, fmt.Sprintf(format, args...))
}

// whole reads a small member.
func whole(files map[string]*zip.File, name string, most int64) ([]byte, error) {
	x := files[name]
	if x == nil {
		return nil, fmt.Errorf("it has no %s: it is no evidence pack, or that member was removed", name)
	}
	r, err := x.Open()
	if err != nil {
		return nil, fmt.Errorf("its %s cannot be read (%w)", name, err)
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil || int64(len(b)) > most {
		return nil, fmt.Errorf("its %s was altered: it cannot be read whole", name)
	}
	return b, nil
}

func (f *Found) signature(files map[string]*zip.File, manifest []byte, key string) error {
	text, err := whole(files, SignatureName, maxSignature)
	if err != nil {
		return err
	}
	public, err := base64.StdEncoding.DecodeString(f.Manifest.Key)
	if err != nil || len(public) != ed25519.PublicKeySize {
		f.problem("%s names no key that a pack is signed with", ManifestName)
		return nil
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || !ed25519.Verify(public, manifest, signature) {
		f.problem("%s or %s was altered: the signature is not of this manifest", ManifestName, SignatureName)
	}
	switch key = strings.TrimSpace(key); {
	case key == f.Manifest.Key:
		f.Known = true
	case key != "":
		f.problem("it was signed with the key %s, and not with %s", f.Manifest.Key, key)
	}
	return nil
}

// The records that a ZIP file begins and ends with, and how long they are without
// names and comments.
const (
	zipFirst, zipFirstLen = "PK\x03\x04", 30
	zipEnd, zipEndLen     = "PK\x05\x06", 22
	zip64                 = 1<<32 - 1 // an offset that stands elsewhere, in a file of 4 GiB
)

// edges tells of bytes before the first member and after the directory of members,
// which no reader of ZIP looks at.
func (f *Found) edges(r io.ReaderAt, size int64, z *zip.Reader) {
	first, end := make([]byte, zipFirstLen), make([]byte, zipEndLen)
	_, err := r.ReadAt(first, 0)
	_, errEnd := r.ReadAt(end, size-zipEndLen)
	data := size
	for _, x := range z.File {
		if at, err := x.DataOffset(); err == nil {
			data = min(data, at)
		}
	}
	little := binary.LittleEndian
	names := int64(little.Uint16(first[26:])) + int64(little.Uint16(first[28:]))
	if err != nil || string(first[:4]) != zipFirst || zipFirstLen+names != data {
		f.problem("the file does not begin with the pack: something was put before it")
	}
	length, at := int64(little.Uint32(end[12:])), int64(little.Uint32(end[16:]))
	if errEnd != nil || string(end[:4]) != zipEnd || z.Comment != "" || at != zip64 && at+length+zipEndLen != size {
		f.problem("the file does not end with the pack: something was added after it")
	}
}

// members holds what is in the pack to what the manifest names.
func (f *Found) members(z *zip.Reader, files map[string]*zip.File, times map[string]int) {
	listed := map[string]bool{ManifestName: true, SignatureName: true}
	for _, m := range f.Manifest.Members {
		if listed[m.Name] {
			f.problem("%s names %s twice", ManifestName, m.Name)
		}
		listed[m.Name] = true
		x := files[m.Name]
		if x == nil {
			f.problem("%s was removed", m.Name)
			continue
		}
		if sum, n := sumOf(x, m.Bytes); n != m.Bytes || sum != m.SHA256 {
			f.problem("%s was altered: its SHA-256 is not the one in %s", m.Name, ManifestName)
		}
	}
	var told []string
	for _, x := range z.File {
		if slices.Contains(told, x.Name) {
			continue
		}
		if times[x.Name] > 1 {
			told = append(told, x.Name)
			f.problem("%s is in the pack %d times", x.Name, times[x.Name])
		}
		if !listed[x.Name] {
			told = append(told, x.Name)
			f.problem("%s was added: %s does not name it", x.Name, ManifestName)
		}
	}
}

// sumOf reads at most one byte more than there should be.
func sumOf(x *zip.File, bytes int64) (sum string, n int64) {
	r, err := x.Open()
	if err != nil {
		return "", -1
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	if n, err = io.Copy(h, io.LimitReader(r, bytes+1)); err != nil {
		return "", -1
	}
	return hex.EncodeToString(h.Sum(nil)), n
}

// errChain ends the reading of a trail that does not hold.
var errChain = errors.New("chain")

// trail checks the chain of the extract, from the entry before it to the head.
func (f *Found) trail(x *zip.File) {
	r, err := x.Open()
	if err != nil {
		return // members tells of it
	}
	defer func() { _ = r.Close() }()
	at := f.Manifest.Audit
	last, err := hex.DecodeString(at.Before)
	n := 0
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxEntry)
	for err == nil && lines.Scan() {
		n++
		var e Entry
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			err = errChain
			break
		}
		sum := sha256.Sum256(slices.Concat(last, e.Act))
		if last, err = hex.DecodeString(e.Hash); err != nil || !bytes.Equal(last, sum[:]) {
			err = errChain
		}
	}
	switch {
	case err != nil || lines.Err() != nil:
		f.problem("%s: the chain of the audit trail is broken at line %d", AuditName, max(n, 1))
	case n != at.Entries || at.Entries > 0 && hex.EncodeToString(last) != at.Head:
		f.problem("%s: the audit trail does not end where it did when the pack was made (%d entries of %d)", AuditName, n, at.Entries)
	}
}
