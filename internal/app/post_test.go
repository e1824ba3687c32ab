package app

import (
	"encoding/binary"
	"net/http"
	"os"
	"strings"
	"testing"

	"billferry/internal/sandbox"
)

// commits reads from the file of a store how many transactions it has seen:
// the higher number on bbolt's two meta pages.
func commits(t *testing.T, dir string) (n uint64) {
	t.Helper()
	f, err := os.Open(StorePath(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 16+64) // page header, then magic, version, page size, flags, root, freelist, high water, txid
	for page := range int64(2) {
		if _, err := f.ReadAt(head, page*int64(os.Getpagesize())); err != nil {
			t.Fatal(err)
		}
		n = max(n, binary.NativeEndian.Uint64(head[16+48:]))
	}
	return n
}

// A Bill that is posted over TCP is one commit, in which its run and the entry
// of the audit trail are; known already, it is the entry alone.
func TestAPostedBillIsOneCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Bills: 1})
	in := w.create(t, "NetSuite US", defaultItem)
	url, auth := listening(t, w.app, in)
	posted := func(i int) {
		t.Helper()
		if status, body := post(t, url, auth, i); status != http.StatusOK {
			t.Fatalf("%d: %s", status, body)
		}
	}
	posted(0)
	before := commits(t, w.dir)
	const bills = 40
	for i := range bills {
		posted(i + 1)
	}
	if n := commits(t, w.dir) - before; n != bills {
		t.Errorf("%d Bills made %d commits", bills, n)
	}
	for i := range bills {
		posted(i + 1)
	}
	if n := commits(t, w.dir) - before; n != 2*bills {
		t.Errorf("%d Bills, each posted twice, made %d commits", bills, n)
	}
	trail, err := w.app.store.AuditTrail(t.Context(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	posts := 0
	for _, e := range trail {
		if strings.HasPrefix(e.What, "POST /organizations") && e.Detail == "200" && e.Who != "" {
			posts++
		}
	}
	if posts != 2*bills+1 {
		t.Errorf("the trail has %d posts of %d", posts, 2*bills+1)
	}
	if _, _, err := w.app.store.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}
