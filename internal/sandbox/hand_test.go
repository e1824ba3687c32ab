package sandbox_test

import (
	"strings"
	"sync"
	"testing"

	"billferry/internal/sandbox"
	"billferry/internal/sandbox/tree"
)

// What people do by hand shows in records and in queries alike.
func TestWhatPeopleDo(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	id := c.post(invoice("m3b-1", "10.00")).expect(t, 204, "").id()
	steer := func(path, body string) string {
		t.Helper()
		return string(c.send("POST", c.box.NetSuiteURL()+"/sandbox/"+path, body).expect(t, 200, "").body)
	}
	other := steer("subsidiaries", `{"name":"Europe"}`)
	if !strings.Contains(other, `"2"`) {
		t.Fatal(other)
	}
	steer("edits", `{"transaction":"m3b-1","set":{"memo":"by hand","item":{"items":[{"item":"101","amount":12}]},`+
		`"subsidiary":"2","currency":"3"}}`)
	got := string(c.query(`SELECT t.memo, t.foreigntotal, t.currency,`+
		` l.subsidiary FROM transaction t INNER JOIN transactionline l ON l.transaction = t.id `+
		`WHERE t.id = `+id+` AND l.mainline = 'T'`).expect(t, 200, "").body)
	for _, want := range []string{`"memo":"by hand"`, `"foreigntotal":"12"`, `"currency":"3"`, `"subsidiary":"2"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing: %s", want, got)
		}
	}
	second := c.post(invoice("m3b-2", "20.00")).expect(t, 204, "").id()
	steer("copies", `{"transaction":"`+second+`"}`)
	got = string(c.query(`SELECT COUNT(*) AS n, SUM(foreigntotal) AS total FROM transaction WHERE foreigntotal = 20`).expect(t, 200, "").body)
	if !strings.Contains(got, `"n":"2"`) || !strings.Contains(got, `"total":"40"`) {
		t.Error(got)
	}
	steer("deletes", `{"transaction":"m3b-2"}`)
	got = string(c.query(`SELECT COUNT(*) AS n FROM transaction WHERE foreigntotal = 20`).expect(t, 200, "").body)
	if !strings.Contains(got, `"n":"1"`) {
		t.Error(got)
	}
}

// Two people at once: one makes subsidiaries, the other moves a document.
func TestPeopleWorkSideBySide(t *testing.T) {
	t.Parallel()
	c := start(t, sandbox.Options{}).login()
	c.post(invoice("m3b-1", "10.00")).expect(t, 204, "")
	ns := c.box.NetSuite()
	var both sync.WaitGroup
	both.Go(func() {
		for range 200 {
			ns.AddSubsidiary("Europe")
		}
	})
	both.Go(func() {
		for range 200 {
			if err := ns.Edit("m3b-1", tree.Obj(tree.M("subsidiary", tree.Str("1")))); err != nil {
				t.Error(err)
			}
		}
	})
	both.Wait()
}
