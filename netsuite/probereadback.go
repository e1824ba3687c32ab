package netsuite

import (
	"context"
	"fmt"
	"time"

	"billferry/internal/spec"
)

// probeReadBack tells what the proof of each document costs: whether many can be
// read back with one query, or each takes a call of its own. It asks for the
// lines of a document that there is not. What a role hides of single documents
// shows with the first of them: then those are read one by one.
func (c *Client) probeReadBack(v spec.Values) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		began := c.now()
		columns := []string{customerColumn}
		if v.Bool(keyMappedAccounts) {
			columns = nil // documents name customers by internal id
		}
		_, err := c.linesOf(ctx, "probe", []string{"0"}, columns, nil)
		slots := max(1, v.Int(keyConcurrency))
		call := max(c.now().Sub(began), time.Millisecond)
		one, two := thousand(1000+1000/45, call, slots), thousand(2000, call, slots)
		at := fmt.Sprintf("at %s a call, as just now, and Max Concurrency %d", call.Round(time.Millisecond), slots)
		switch {
		case err != nil && notPermitted(err):
			return fmt.Sprintf("each document is read back by a call of its own: 2 calls a Bill instead of 1.02; 1,000 Bills "+
					"take %s instead of %s %s",
					two, one, at),
				&passing{remedy: "give the role Reports > SuiteAnalytics Workbook (Edit) and Lists > Customers (View); sending works without"}
		case err != nil:
			return "", err
		}
		return fmt.Sprintf("many documents are read back with one query: 1.02 calls a Bill; 1,000 Bills take %s %s", one, at), nil
	}
}

// thousand is how long so many calls take.
func thousand(calls int, call time.Duration, slots int) time.Duration {
	d := call * time.Duration(calls) / time.Duration(slots)
	return d.Round(max(time.Second, time.Duration(d.Seconds()/20)*time.Second))
}
