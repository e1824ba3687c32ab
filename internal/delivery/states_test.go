package delivery_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// transitions is the state machine as docs/STATES.md draws it: a row is a
// status, x marks what it may become, in the order of columns.
const columns = "WAITING STARTED COMPLETE ERROR AWAITING_RETRY AUTH_FAILED ACCOUNTING_PERIOD_CLOSED INVOICE_ALREADY_PAID DISABLED " +
	"TIMEOUT_LIMIT_EXCEEDED RATE_LIMIT_RETRY"

const transitions = `
WAITING                  .xxxxxxxxxx
STARTED                  x.xxxxxx.xx
COMPLETE                 ...........
ERROR                    x.x........
AWAITING_RETRY           .xxxxxxxxxx
AUTH_FAILED              x.x........
ACCOUNTING_PERIOD_CLOSED ..x........
INVOICE_ALREADY_PAID     ..x........
DISABLED                 ..x........
TIMEOUT_LIMIT_EXCEEDED   ..x........
RATE_LIMIT_RETRY         .xxxxxxxxxx
`

func TestEveryTransition(t *testing.T) {
	t.Parallel()
	to := strings.Fields(columns)
	if len(to) != len(integration.Statuses) {
		t.Fatalf("%d columns for %d statuses", len(to), len(integration.Statuses))
	}
	rows := strings.Split(strings.TrimSpace(transitions), "\n")
	for _, row := range rows {
		f := strings.Fields(row)
		from := integration.Status(f[0])
		if !slices.Contains(integration.Statuses, from) {
			t.Errorf("there is no status %s", from)
		}
		for i, mark := range f[1] {
			if got := delivery.CanBecome(from, integration.Status(to[i])); got != (mark == 'x') {
				t.Errorf("%s -> %s is %v", from, to[i], got)
			}
		}
	}
	doc, err := os.ReadFile("../../docs/STATES.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		f := strings.Fields(row)
		cells := strings.Split(f[1], "")
		if want := "| " + f[0] + " | " + strings.Join(cells, " | ") + " |"; !strings.Contains(string(doc), want) {
			t.Errorf("docs/STATES.md has not the row %s", want)
		}
	}
}

func TestSettledMeansNothingMovesByItself(t *testing.T) {
	t.Parallel()
	for _, s := range integration.Statuses {
		if started := delivery.CanBecome(s, integration.Started); s.Settled() && started {
			t.Errorf("%s is settled and can start", s)
		}
	}
}
