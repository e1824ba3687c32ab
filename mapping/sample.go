package mapping

import (
	"bytes"
	_ "embed"
	"encoding/json"
)

//go:embed sample.json
var sample []byte

// Sample is a Bill of our own making for previews before the first real one:
// every split shows a difference on it, and it has a band with a fixed price,
// another pricing currency, a credit, a prepayment and minimum spend.
func Sample() []byte { return bytes.Clone(sample) }

// SampleOf is Sample as if it were of an account.
func SampleOf(accountID string) []byte {
	id, err := json.Marshal(accountID)
	if err != nil {
		return Sample()
	}
	return bytes.Replace(sample, []byte(`"accountId": "5a3f0000-0000-4000-8000-00000000acc0"`), append([]byte(`"accountId": `), id...), 1)
}
