package nearest_test

import (
	"testing"

	"billferry/internal/nearest"
)

func TestWord(t *testing.T) {
	t.Parallel()
	words := []string{"list", "show", "status", "integration", "netsuiteDefaultItemId"}
	for typed, want := range map[string]string{"lst": "list", "lisst": "list", "Show": "show", "stats": "status", "integraton": "integration",
		"netsuitedefaultItemID": "netsuiteDefaultItemId", "netsuiteDefaultItmId": "netsuiteDefaultItemId",
		"x": "", "": "", "purge": "", "statements": ""} {
		if got := nearest.Word(typed, words...); got != want {
			t.Errorf("%q is taken for %q, want %q", typed, got, want)
		}
	}
	if got := nearest.Hint("lst", words...); got != "; did you mean list?" {
		t.Errorf("the hint is %q", got)
	}
}
