package integration

import (
	"slices"
	"testing"
)

// A person may mark as sent what NetSuite does not show: nobody knows then of
// what kind it is. To ask for a record of no kind is an error that stays, so that
// no later version of the Bill would ever be sent.
func TestTracesHaveAKind(t *testing.T) {
	t.Parallel()
	marked := Run{Status: Complete, Outcome: Adopted, Account: "1", ExternalID: "4711", ExternalRef: "m3b-b1"}
	doubtful := Run{Doubt: []Doc{{Account: "1", Kind: "creditMemo", ExternalID: "m3c-b1"}}}
	got := Traces([]Run{marked, doubtful}, "1")
	if want := doubtful.Doubt; !slices.EqualFunc(got, want, Doc.Same) {
		t.Errorf("looked for are %v, want %v", got, want)
	}
}
