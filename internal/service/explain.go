package service

import (
	"encoding/json"
	"slices"
	"strings"

	"billferry/mapping"
)

// ExplainedLine is one line of a document with what it was made of.
type ExplainedLine struct {
	Run      string           `json:"runId"`
	Bill     string           `json:"billId"`
	Line     int              `json:"line"` // from 1
	Document mapping.Line     `json:"document"`
	Sources  []map[string]any `json:"sources"` // line items of the Bill, as m3ter wrote them
}

// LineOf explains a line of the document, counted from 1; false when there is none.
func (d RunDetail) LineOf(n int) (x ExplainedLine, ok bool) {
	if d.Document == nil || n < 1 || n > len(d.Document.Lines) {
		return x, false
	}
	x = ExplainedLine{Run: d.ID, Bill: d.EntityID, Line: n, Document: d.Document.Lines[n-1]}
	var b struct {
		Items []map[string]any `json:"lineItems"`
	}
	dec := json.NewDecoder(strings.NewReader(string(d.Bill)))
	dec.UseNumber()
	if dec.Decode(&b) != nil {
		return x, true
	}
	for _, item := range b.Items {
		if id, _ := item["id"].(string); slices.Contains(x.Document.Why.Sources, id) {
			x.Sources = append(x.Sources, item)
		}
	}
	return x, true
}
