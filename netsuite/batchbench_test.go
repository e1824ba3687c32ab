package netsuite_test

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/sandbox"
	"billferry/mapping"
	"billferry/netsuite"
)

// BenchmarkProveAll is a full batch: 45 documents of 20 lines, simulator and all.
func BenchmarkProveAll(b *testing.B) {
	box, err := sandbox.Start(b.Context(), sandbox.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(box.Close)
	creds, err := box.Credentials()
	if err != nil {
		b.Fatal(err)
	}
	c, err := netsuite.New(netsuite.Credentials(creds), netsuite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	var docs []delivery.Written
	for n := range 45 {
		d := document(n, 1000+n)
		for len(d.Lines) < 20 {
			d.Lines = append(d.Lines, mapping.Line{ItemID: "199", Quantity: decimal.New(5, 0), Rate: decimal.MustParse("2.5"),
				Amount:      decimal.MustParse("12.50"),
				Description: "Platform"})
			d.Total = d.Total.Add(decimal.MustParse("12.50"))
		}
		got, err := c.Deliver(b.Context(), netsuite.Adapter{}.Encode(d), delivery.Before{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		docs = append(docs, delivery.Written{ID: got.ID, Doc: d})
	}
	_ = c.Rows(docs[0].Doc)
	if _, err := c.Prove(b.Context(), docs[0].Doc, docs[0].ID, nil); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got, err := c.ProveAll(b.Context(), docs, nil); err != nil || got[44] == nil {
			b.Fatal(err)
		}
	}
}
