package mapping

import (
	"bytes"
	_ "embed"
)

//go:embed sample.json
var sample []byte

// Sample is a Bill of our own making for previews before the first real one:
// every split shows a difference on it, and it has a band with a fixed price,
// another pricing currency, a credit, a prepayment and minimum spend.
func Sample() []byte { return bytes.Clone(sample) }
