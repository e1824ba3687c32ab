package delivery_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// dated is a Bill with an external invoice date.
func dated(b []byte, date string) []byte {
	return bytes.Replace(b, []byte(`"billDate":`), fmt.Appendf(nil, `"externalInvoiceDate":%q,"billDate":`, date), 1)
}

// nothing is a Bill whose lines are all zero.
func nothing(id, account string, version int) []byte {
	s := string(billOf(id, account, version, "APPROVED"))
	total := fmt.Sprint(100 + version)
	s = strings.NewReplacer(`"billTotal":`+total+".50", `"billTotal":0`, `"subtotal":`+total, `"subtotal":0`, `"convertedSubtotal":`+total,
		`"convertedSubtotal":0`,
		`"averageUnitPrice":`+total, `"averageUnitPrice":0`, `"subtotal":0.5`, `"subtotal":0`, `"convertedSubtotal":0.5`,
		`"convertedSubtotal":0`).Replace(s)
	return []byte(s)
}

// Send From and Zero Bills keep Bills from being sent, and never an update of what
// was: an invoice that nobody corrects any more is worse than one too many.
func TestSettingsThatSkipNeverStopUpdates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, connected("us", "billferry.sendFrom", "2026-08-02", "billferry.zeroBills", "SKIP"))
		b.start()
		wait := func() { synctest.Wait(); time.Sleep(time.Second) }
		early := b.submit("us", dated(billOf("old", "acc", 1, "APPROVED"), "2026-08-01"))[0]
		none := b.submit("us", dated(nothing("none", "acc", 1), "2026-08-05"))[0]
		first := b.submit("us", dated(billOf("b1", "acc", 1, "APPROVED"), "2026-08-05"))[0]
		wait()
		if r := b.want(early.ID, integration.Complete, integration.Skipped); r.Cause != "before_send_from" {
			t.Errorf("dated before: %s %s", r.Cause, r.Error)
		}
		if r := b.want(none.ID, integration.Complete, integration.Skipped); r.Cause != "zero_bill" {
			t.Errorf("a zero Bill: %s %s", r.Cause, r.Error)
		}
		b.want(first.ID, integration.Complete, integration.Created)
		second := b.submit("us", dated(nothing("b1", "acc", 2), "2026-08-01"))[0]
		wait()
		if r := b.want(second.ID, integration.Complete, integration.Updated); !r.AmountOut.IsZero() {
			t.Errorf("the update is of %s", r.AmountOut)
		}
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

// A credit line names the invoice of the Bill that it refers to, once that went
// through here.
func TestCreditNamesAnEarlierInvoice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		texts := map[string]string{}
		b.ns.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
			for _, l := range d.Lines {
				texts[d.ExternalID] += l.Description + "; "
			}
			return nil
		}
		b.start()
		b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
		synctest.Wait()
		time.Sleep(time.Second)
		credit := strings.Replace(string(billOf("b2", "acc", 1, "APPROVED")), `"lineItemType":"STANDING_CHARGE"`,
			`"lineItemType":"DEBIT_MEMO","referencedBillId":"b1"`, 1)
		r := b.submit("us", []byte(credit))[0]
		synctest.Wait()
		time.Sleep(time.Second)
		b.want(r.ID, integration.Complete, integration.Created)
		if got := texts["m3b-b2"]; !strings.Contains(got, "for INVOICE-b1") {
			t.Errorf("the lines of b2: %s", got)
		}
		if err := b.end(); err != nil {
			t.Error(err)
		}
	})
}

// broken is m3ter that refuses its service user.
type broken struct{}

func (broken) Record(context.Context, string, string) (map[string]string, error) {
	return nil, &integration.Failure{Class: integration.ClassAuth, Cause: "source_credentials_refused", Message: "m3ter refuses",
		Advice: "connect m3ter again"}
}

// It is m3ter that refuses, not the destination: the integration stays connected
// and its run waits. Without m3ter it stops, and says so.
func TestRulesWithoutM3ter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		records bool
		status  integration.Status
		cause   string
	}{"refused": {true, integration.AwaitingRetry, "source_refused"}, "not connected": {false, integration.Errored, "source_not_connected"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, connected("us", "billferry.customerBy", "CUSTOM_FIELD", "billferry.customerField", "netsuite_id"))
				if c.records {
					b.o.Records = broken{}
				}
				b.start()
				r := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0]
				synctest.Wait()
				if r := b.want(r.ID, c.status, ""); r.Cause != c.cause || r.Advice == "" {
					t.Errorf("%s: %s, %s", r.Cause, r.Error, r.Advice)
				}
				if in, err := b.ledger.Integration(t.Context(), "us"); err != nil || !in.Authorized {
					t.Errorf("the integration lost its authorisation, %v", err)
				}
				if err := b.end(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
