package app

import (
	"testing"

	"billferry/internal/spec"
	"billferry/netsuite"
)

// What weakens the proof stands in the audit trail word for word.
func TestAChangeOfWhatTheProofIgnoresIsAudited(t *testing.T) {
	t.Parallel()
	v := func(names ...any) spec.Values {
		out := netsuite.Form().Defaults()
		out.Set("billferry.proof.ignore", names)
		return out
	}
	if got := auditedChanges(netsuite.Form(), v(), v("memo")); got != "; Proof ignores: memo, was –" {
		t.Error(got)
	}
	if got := auditedChanges(netsuite.Form(), v("memo"), v("memo")); got != "" {
		t.Error(got)
	}
}
