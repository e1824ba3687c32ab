package m3ter

import (
	"strconv"
	"testing"
	"time"

	"billferry/internal/flight"
	"billferry/internal/integration"
)

// Accounts are remembered for speed; a large organisation must not fill memory.
func TestRememberedAccountsAreBounded(t *testing.T) {
	t.Parallel()
	var c flight.Cache[integration.Account]
	now := time.Now()
	for i := range 3 * mostAccounts {
		id := strconv.Itoa(i)
		c.Put(id, integration.Account{ID: id}, now.Add(time.Minute), mostAccounts)
		if _, ok := c.Get(id, now); !ok {
			t.Fatalf("account %s is not remembered", id)
		}
		if c.Len() > mostAccounts {
			t.Fatalf("%d accounts are remembered", c.Len())
		}
	}
}
