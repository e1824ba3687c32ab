// Package evidence writes and checks packs: a ZIP file of what stands behind a
// reconciled period, which an auditor takes away. Its last two members are a
// manifest with the SHA-256 of each other member, and the signature of that
// manifest. Whoever has the pack can check it without billferry's store.
package evidence

import (
	"archive/zip"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"
)

// The members that speak of the others, and the trail that is checked by itself.
const (
	ManifestName  = "manifest.json"
	SignatureName = "manifest.sig"
	AuditName     = "audit.jsonl"
)

// Format is the form of the manifest.
const Format = 1

// Manifest says what a pack is about and what belongs to it.
type Manifest struct {
	Format      int       `json:"format"`
	Program     string    `json:"program"`       // name and version
	Checksum    string    `json:"programSha256"` // of the executable; "" where it could not be read
	Integration string    `json:"integration"`
	System      string    `json:"system"` // the destination's name
	Period      string    `json:"period"`
	From        string    `json:"from"`
	To          string    `json:"to"`
	By          string    `json:"by"` // PERIOD or DATE
	Made        time.Time `json:"made"`
	MadeBy      string    `json:"madeBy"`
	Verdict     string    `json:"verdict"`
	Doubts      []string  `json:"doubts,omitempty"`
	Bills       int       `json:"bills"`
	Documents   int       `json:"documents"`
	Open        int       `json:"openBreaks"`
	Resolved    int       `json:"resolvedBreaks"`
	Audit       Trail     `json:"audit"`
	Key         string    `json:"key"` // public, ed25519, base64: what the signature is checked with
	Members     []Member  `json:"members"`
}

// Trail says where the extract of the audit trail lies in the whole: a chain
// cannot tell by itself that its end was cut off.
type Trail struct {
	Before  string `json:"before"`  // hash of the entry before the first, in hex; "" when the first is the trail's first
	Entries int    `json:"entries"` // of the extract
	Whole   uint64 `json:"whole"`   // entries of the whole trail
	Head    string `json:"head"`    // hash of the last, in hex
}

// Member is one file of a pack.
type Member struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Entry is one line of the extract of the audit trail: the hash is the SHA-256 of
// the hash before and the bytes of the act.
type Entry struct {
	Hash string          `json:"hash"`
	Act  json.RawMessage `json:"act"`
}

// Pack is a pack that is being written, one member after the other.
type Pack struct {
	zip     *zip.Writer
	made    time.Time
	members []Member
	open    io.Writer
	sum     hash.Hash
	bytes   int64
}

// New begins a pack. made is the time that its members bear, so that the same
// content makes the same pack.
func New(w io.Writer, made time.Time) *Pack { return &Pack{zip: zip.NewWriter(w), made: made.UTC()} }

// Member begins a file. Its writer is good until the next begins.
func (p *Pack) Member(name string) (io.Writer, error) {
	p.end()
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.made})
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	p.open, p.sum, p.bytes = w, sha256.New(), 0
	p.members = append(p.members, Member{Name: name})
	return p, nil
}

// Write writes into the member that was begun last.
func (p *Pack) Write(b []byte) (int, error) {
	n, err := p.open.Write(b)
	_, _ = p.sum.Write(b[:n]) // a hash never fails
	p.bytes += int64(n)
	return n, err
}

func (p *Pack) end() {
	if p.open != nil {
		m := &p.members[len(p.members)-1]
		m.Bytes, m.SHA256, p.open = p.bytes, hex.EncodeToString(p.sum.Sum(nil)), nil
	}
}

// JSON writes a member that is one indented JSON value.
func (p *Pack) JSON(name string, v any) error {
	w, err := p.Member(name)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// CSV writes a member that is a table. No cell of it is a formula to a spreadsheet.
func (p *Pack) CSV(name string, head []string, rows func(row func(...string))) error {
	w, err := p.Member(name)
	if err != nil {
		return err
	}
	c := csv.NewWriter(w)
	_ = c.Write(head) // Error tells of it
	rows(func(cells ...string) { _ = c.Write(Plain(cells)) })
	c.Flush()
	return c.Error()
}

// Plain keeps a spreadsheet from taking texts of strangers for formulas. Only what
// is an amount throughout may begin with a minus: -1+cmd is a formula too.
func Plain(cells []string) []string {
	for i, c := range cells {
		amount := strings.HasPrefix(c, "-") && strings.Trim(c[1:], "0123456789.") == ""
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) && !amount {
			cells[i] = "'" + c
		}
	}
	return cells
}

// Close completes the manifest, signs it and ends the pack. It answers the
// manifest's own SHA-256, by which the pack may be named elsewhere.
func (p *Pack) Close(m Manifest, key ed25519.PrivateKey) (sum string, err error) {
	p.end()
	m.Format, m.Key, m.Members = Format, PublicKey(key), p.members
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write the manifest: %w", err)
	}
	if err := p.put(ManifestName, b); err != nil {
		return "", err
	}
	if err := p.put(SignatureName, []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(key, b))+"\n")); err != nil {
		return "", err
	}
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:]), p.zip.Close()
}

func (p *Pack) put(name string, b []byte) error {
	w, err := p.Member(name)
	if err == nil {
		_, err = w.Write(b)
	}
	return err
}

// PublicKey is what the signatures of a key are checked with, in base64.
func PublicKey(key ed25519.PrivateKey) string {
	return base64.StdEncoding.EncodeToString(key[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
}
