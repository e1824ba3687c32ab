package m3ter

import (
	"strconv"
	"testing"
	"time"

	"billferry/internal/integration"
)

// Accounts are remembered for speed; a large organisation must not fill memory.
func TestRememberedAccountsAreBounded(t *testing.T) {
	t.Parallel()
	var c accountCache
	now := time.Now()
	for i := range 3 * mostAccounts {
		id := strconv.Itoa(i)
		c.put(integration.Account{ID: id}, now.Add(time.Minute))
		if _, ok := c.get(id, now); !ok {
			t.Fatalf("account %s is not remembered", id)
		}
		if len(c.by) > mostAccounts {
			t.Fatalf("%d accounts are remembered", len(c.by))
		}
	}
}
