package evidence

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	seed     = bytes.Repeat([]byte{7}, ed25519.SeedSize)
	ownKey   = ed25519.NewKeyFromSeed(seed)
	otherKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))
	made     = time.Date(2026, 11, 3, 10, 0, 0, 0, time.UTC)
)

// trailOf chains acts as the store does.
func trailOf(acts ...string) (text string, at Trail) {
	var last []byte
	for _, a := range acts {
		raw := fmt.Sprintf(`{"what":%q}`, a)
		sum := sha256.Sum256(append(slices.Clone(last), raw...))
		last = sum[:]
		text += fmt.Sprintf(`{"hash":%q,"act":%s}`+"\n", hex.EncodeToString(last), raw)
	}
	return text, Trail{Entries: len(acts), Whole: uint64(len(acts)), Head: hex.EncodeToString(last)}
}

func packed(t *testing.T, key ed25519.PrivateKey, trail string, at Trail) []byte {
	t.Helper()
	var b bytes.Buffer
	p := New(&b, made)
	err := p.CSV("bills.csv", []string{"bill", "total"}, func(row func(...string)) {
		row("B-1", "100.00")
		row("=cmd()", "-5.00")
		row("-1+cmd|' /C calc'!A0", "-")
	})
	if err == nil {
		err = p.JSON("report.json", map[string]int{"bills": 2})
	}
	if err == nil {
		err = p.put(AuditName, []byte(trail))
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Close(Manifest{Program: "billferry test", Period: "2026-10", Made: made, Audit: at}, key); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// member is one of a pack that is made anew.
type member struct{ name, content string }

// remade is a pack with other members, as somebody would make it with any zip.
func remade(t *testing.T, pack []byte, change func([]member) []member) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	var ms []member
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		ms = append(ms, member{f.Name, string(b)})
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, m := range change(ms) {
		f, err := w.Create(m.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func verify(pack []byte, key string) (Found, error) {
	return Verify(bytes.NewReader(pack), int64(len(pack)), key)
}

// The same content makes the same bytes, and they are what was signed.
func TestAPackIsWhatWasSigned(t *testing.T) {
	t.Parallel()
	trail, at := trailOf("create", "connect", "resolve")
	pack := packed(t, ownKey, trail, at)
	if !bytes.Equal(pack, packed(t, ownKey, trail, at)) {
		t.Error("the same content makes two packs")
	}
	f, err := verify(pack, "")
	if err != nil || len(f.Problems) > 0 || f.Known || f.Manifest.Period != "2026-10" || len(f.Manifest.Members) != 3 {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err = verify(pack, PublicKey(ownKey)); err != nil || len(f.Problems) > 0 || !f.Known {
		t.Errorf("%+v, %v", f, err)
	}
	if !strings.Contains(string(remadeText(t, pack, "bills.csv")), "'=cmd(),-5.00\n'-1+cmd|' /C calc'!A0,-\n") {
		t.Error("a formula is left, or a figure was made a text")
	}
}

func remadeText(t *testing.T, pack []byte, name string) (text string) {
	t.Helper()
	remade(t, pack, func(ms []member) []member {
		text = ms[slices.IndexFunc(ms, func(m member) bool { return m.name == name })].content
		return ms
	})
	return text
}

// Whatever is done to a pack is told in one sentence that names the member.
func TestATamperedPackIsNamed(t *testing.T) {
	t.Parallel()
	trail, at := trailOf("create", "connect", "resolve")
	pack := packed(t, ownKey, trail, at)
	cut := trail[:strings.LastIndex(strings.TrimSpace(trail), "\n")+1]
	set := func(name, content string) func([]member) []member {
		return func(ms []member) []member {
			ms[slices.IndexFunc(ms, func(m member) bool { return m.name == name })].content = content
			return ms
		}
	}
	without := func(name string) func([]member) []member {
		return func(ms []member) []member {
			return slices.DeleteFunc(ms, func(m member) bool { return m.name == name })
		}
	}
	var man Manifest
	if err := json.Unmarshal([]byte(remadeText(t, pack, ManifestName)), &man); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func([]member) []member
		want   string
	}{
		{"altered", set("bills.csv", "bill,total\nB-1,900.00\n"), "bills.csv was altered"},
		{"removed", without("report.json"), "report.json was removed"},
		{"added", func(ms []member) []member { return append(ms, member{"note.txt", "all well"}) }, "note.txt was added"},
		{"twice", func(ms []member) []member { return append(ms, member{"bills.csv", "bill\n"}) }, "bills.csv is in the pack 2 times"},
		{"manifest altered", set(ManifestName, strings.Replace(remadeText(t, pack, ManifestName), "2026-10", "2026-09", 1)),
			"manifest.json or manifest.sig was altered"},
		{"signature altered", set(SignatureName, "AAAA"), "manifest.json or manifest.sig was altered"},
		{"trail changed", set(AuditName, strings.Replace(trail, "connect", "nothing", 1)), "chain of the audit trail is broken at line 2"},
		{"trail cut", set(AuditName, cut), "does not end where it did"},
		{"unknown key", set(ManifestName, strings.Replace(remadeText(t, pack, ManifestName), man.Key, "AAAA", 1)), "names no key"},
	} {
		f, err := verify(remade(t, pack, c.change), PublicKey(ownKey))
		if err != nil || !strings.Contains(strings.Join(f.Problems, "\n"), c.want) {
			t.Errorf("%s: %q, %v", c.name, f.Problems, err)
		}
	}
	for name, change := range map[string]func([]member) []member{"no manifest": without(ManifestName), "no signature": without(SignatureName),
		"a zip of anything": func([]member) []member { return []member{{"a.txt", "a"}} }, "another JSON": set(ManifestName, "[]"),
		"a later format": set(ManifestName, `{"format":9}`)} {
		if _, err := verify(remade(t, pack, change), ""); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A pack is the whole file: what stands before or after it was not signed.
func TestBytesAroundAPackAreTold(t *testing.T) {
	t.Parallel()
	trail, at := trailOf("create", "connect")
	pack := packed(t, ownKey, trail, at)
	end := len(pack) - zipEndLen
	commented := append(bytes.Clone(pack), "paid"...)
	commented[end+20] = 4 // ZIP's own place for it
	for name, c := range map[string]struct {
		pack []byte
		want string
	}{
		"a byte after it":       {append(bytes.Clone(pack), 0), "added after it"},
		"a comment":             {commented, "added after it"},
		"a byte before it":      {append([]byte{0}, pack...), "put before it"},
		"another pack":          {slices.Concat(pack, pack), "added after it"},
		"a line before it":      {slices.Concat([]byte("#!/bin/sh\n"), pack), "put before it"},
		"the same zipped again": {remade(t, pack, func(ms []member) []member { return ms }), ""},
	} {
		f, err := verify(c.pack, PublicKey(ownKey))
		if told := strings.Join(f.Problems, "\n"); err != nil || (told == "") != (c.want == "") || !strings.Contains(told, c.want) {
			t.Errorf("%s: %q, %v", name, told, err)
		}
	}
}

// A pack that somebody else has made and signed is whole, and only the expected
// key tells that it is not ours.
func TestAnotherKeyIsTold(t *testing.T) {
	t.Parallel()
	trail, at := trailOf("create")
	forged := packed(t, otherKey, trail, at)
	if f, err := verify(forged, ""); err != nil || len(f.Problems) > 0 || f.Known {
		t.Errorf("%+v, %v", f, err)
	}
	f, err := verify(forged, PublicKey(ownKey))
	if err != nil || f.Known || len(f.Problems) != 1 || !strings.Contains(f.Problems[0], "signed with the key "+PublicKey(otherKey)) {
		t.Errorf("%+v, %v", f, err)
	}
}

// No bit of a pack can be turned without that being told: what zip does not
// notice itself is in the manifest. (What zip says of itself alone, such as its
// times, is no content.)
func TestEachTurnedBitOfContentIsTold(t *testing.T) {
	t.Parallel()
	trail, at := trailOf("create", "connect")
	pack := packed(t, ownKey, trail, at)
	want := map[string]string{}
	remade(t, pack, func(ms []member) []member {
		for _, m := range ms {
			want[m.name] = m.content
		}
		return ms
	})
	for i := range pack {
		turned := bytes.Clone(pack)
		turned[i] ^= 0x10
		f, err := verify(turned, PublicKey(ownKey))
		if err != nil || len(f.Problems) > 0 {
			continue
		}
		z, err := zip.NewReader(bytes.NewReader(turned), int64(len(turned)))
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range z.File {
			r, err := x.Open()
			if err != nil {
				t.Fatalf("byte %d: %v", i, err)
			}
			if b, err := io.ReadAll(r); err != nil || string(b) != want[x.Name] {
				t.Fatalf("byte %d: %s differs, and nothing is told (%v)", i, x.Name, err)
			}
		}
	}
}
