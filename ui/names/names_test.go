package names

import (
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/load"
)

// An id is asked for once, whether it has a name or not, until the names are dropped; an
// answer of before that is taken as well.
func TestAnIDIsAskedForOnce(t *testing.T) {
	t.Parallel()
	f := servicetest.New()
	f.SetAccounts(integration.Account{ID: "a", Name: "Acme"})
	q := service.NamesRequest{Accounts: []string{"a", "nobody", "a", ""}}
	var n Names
	owner, told := new(int), 0
	then := func() { told++ }
	cmd := n.Ask(f, owner, q, then)
	if n.Ask(f, owner, q, then) != nil {
		t.Error("it is asked twice")
	}
	answer := cmd().(load.Msg)
	n = nil
	answer.For(owner)
	if n["a"] != "Acme" || n["nobody"] != "" || told != 1 {
		t.Errorf("%v, told %d times", n, told)
	}
	if n.Ask(f, owner, q, then) == nil {
		t.Error("what has no name is not asked for after the names were dropped")
	}
}
