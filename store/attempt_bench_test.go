package store

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"billferry/internal/integration"
)

// typicalAttempt is that of a Bill which is created and whose answer says so.
func typicalAttempt() integration.Attempt {
	at := time.Date(2026, 8, 1, 10, 0, 0, 123456789, time.UTC)
	return integration.Attempt{N: 1, Start: at, End: at.Add(400 * time.Millisecond), Status: integration.Complete,
		Document: make([]byte, 4000),
		Exchanges: []integration.Exchange{{
			Purpose: "create", Method: "POST", URL: "https://api.example.com/services/rest/record/v1/invoice", Start: at,
			Duration: 400 * time.Millisecond, Status: 204, ReqBody: make([]byte, 2000),
			ReqHead: map[string]string{"Content-Type": "application/json", "Prefer": "transient",
				"Idempotency-Key": "0b7c6c7e-5e0f-4e53-8d3c-0a4f9f3d6a11"},
			RespHead: map[string]string{"Date": "Sat, 01 Aug 2026 10:00:00 GMT",
				"Location": "https://api.example.com/services/rest/record/v1/invoice/48213"},
		}}}
}

// headByTags is what appendHead writes, by the tags of integration.Attempt.
func headByTags(a integration.Attempt) []byte {
	a.Document, a.Exchanges = nil, slices.Clone(a.Exchanges)
	for i := range a.Exchanges {
		a.Exchanges[i].ReqBody, a.Exchanges[i].RespBody = nil, nil
	}
	b, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return b
}

// BenchmarkHeadOfAttempt is why the head of an attempt is written by hand: each
// Bill has one. The last measure is all of it, head by hand and packed.
func BenchmarkHeadOfAttempt(b *testing.B) {
	a := typicalAttempt()
	for _, way := range []struct {
		name string
		do   func()
	}{
		{"by hand", func() { appendHead(make([]byte, 0, 2048), &a) }},
		{"by tags", func() { headByTags(a) }},
		{"packed", func() { packAttempt(a) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				way.do()
			}
		})
	}
}
