package outbound

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// invoice is an answer like NetSuite's of 20 lines, expanded: 16 KB.
func invoice() []byte {
	var b strings.Builder
	b.WriteString(`{"links":[{"rel":"self","href":"https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/invoice/48001"}],` +
		`"item":{"items":[`)
	for i := range 20 {
		fmt.Fprintf(&b, `{"links":[],"line":%d,"amount":%d.25,"quantity":%d,"item":{"links":[{"rel":"self",`+
			`"href":"https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/inventoryItem/199"}],"id":"199",`+
			`"refName":"Storage & traffic"},"description":"Storage 19%% \"EU\" %d",%s"rate":1.5},`,
			i, i*7, i, i, strings.Repeat(`"custcol_field":"a value of some length","isOpen":false,`, 8))
	}
	return append([]byte(b.String()), `],"totalResults":20}}`...)
}

// someSecrets are those of an integration and m3ter after a while: tokens of
// 1 KB, assertions, an API secret.
func someSecrets() []known {
	out := []known{{text: apiSecret}}
	for i := range 8 {
		part := make([]byte, 700)
		for k := range part {
			part[k] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[(k*k*31+k*i*7+i*i*13+k)%64]
		}
		out = append(out, known{text: fmt.Sprintf("%s%d.%s", jwt, i, part), bearer: i%2 == 0})
	}
	return out
}

// What looking for secrets in an answer of 16 KB costs, beside copying it.
func BenchmarkBody(b *testing.B) {
	page := invoice()
	m := newMatcher(someSecrets())
	for _, s := range []search{{}, {m: m}} {
		b.Run(fmt.Sprintf("searched=%t", s.m != nil), func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				_, _ = io.Copy(io.Discard, newBody(&http.Response{StatusCode: 200, Body: io.NopCloser(&slow{page, 16 << 10})}, s, 0))
			}
		})
	}
}

// A whole request on loopback, through net/http alone and through a Transport.
func BenchmarkRoundTrip(b *testing.B) {
	page := invoice()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(page) }))
	defer srv.Close()
	ours := New(nil)
	ours.secrets.add(someSecrets())
	for name, rt := range map[string]http.RoundTripper{"net/http": NewBase(), "outbound": ours} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				resp, err := try(rt, b.Context(), srv.URL, jwt)
				if err != nil {
					b.Fatal(err)
				}
				if got, err := ReadAll(resp); err != nil || !bytes.Equal(got, page) {
					b.Fatal(err, len(got))
				}
			}
		})
	}
}

func BenchmarkNewMatcher(b *testing.B) {
	all := someSecrets()
	for b.Loop() {
		newMatcher(all)
	}
}
