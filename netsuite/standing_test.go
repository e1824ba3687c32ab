package netsuite_test

import (
	"fmt"
	"testing"

	"billferry/internal/sandbox"
	"billferry/netsuite"
)

// A document that people made beside many of ours is told of each, wherever a page of
// NetSuite's answer ends.
func TestOneDocumentIsTheTwinOfMany(t *testing.T) {
	t.Parallel()
	const ours, theirs = 334, 3 // 1,002 pairs
	box, c := start(t, sandbox.Options{Clean: true}, netsuite.Options{})
	first := written(t, c, document(0, 1000)).ID
	ids := []string{first}
	for n := 1; n < ours; n++ {
		id, err := box.NetSuite().Copy(first, fmt.Sprintf("m3b-%032d", n))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for range theirs {
		if _, err := box.NetSuite().Copy(first, ""); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Twins(t.Context(), ids, []string{"m3b-"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if len(got[id]) != theirs {
			t.Errorf("document %s has %d twins", id, len(got[id]))
		}
	}
}
