package destination_test

import (
	"testing"

	"billferry/internal/destination"
	"billferry/internal/spec"
)

// counting is an adapter that counts how often its form is built.
type counting struct {
	destination.Adapter
	built *int
}

func (c counting) Form() spec.Form {
	*c.built++
	return spec.Form{EntityType: "Bill", Destination: "Ledgerly", Words: spec.Words{System: "Ledgerly Books", Mapped: "Ledgerly"}}
}

// A form is built once, however often somebody looks for its destination.
func TestFormsAreBuiltOnce(t *testing.T) {
	t.Parallel()
	built := 0
	kinds := destination.Registry{counting{built: &built}}.Kinds()
	for range 100 {
		if _, err := kinds.Find("BILL", "ledgerly"); err != nil {
			t.Fatal(err)
		}
		words, ok := kinds.Mapped("LEDGERLY")
		if !ok || words.System != "Ledgerly Books" {
			t.Fatal(words)
		}
		if _, ok := kinds.Mapped("Netsuite"); ok {
			t.Fatal("one that there is not is found")
		}
		if _, err := kinds.Find("Bill", "Netsuite"); err == nil {
			t.Fatal("one that there is not is found")
		}
	}
	if built != 1 {
		t.Errorf("the form was built %d times", built)
	}
}
