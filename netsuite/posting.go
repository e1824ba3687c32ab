package netsuite

import (
	"context"
	"slices"
	"strings"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// approved is the approval status of a document that counts in the ledger.
const approved = "2"

// The statuses of a document, by whether it counts in the ledger: open, paid or
// applied in full, and voided; waiting to be approved, and rejected.
var (
	postedStatuses   = []string{"a", "b", "v", "open", "paid in full", "fully applied", "voided"}
	unpostedStatuses = []string{"d", "e", "pending approval", "rejected"}
)

// posting tells whether the record counts in the ledger: one that waits to be
// approved, or was rejected, does not. A form may hide the field that says so, and
// then the status does; told is false where neither is there. The posting period
// says nothing, since what waits has one.
func (r record) posting() (posts, told bool) {
	is := func(list []string) bool {
		return slices.ContainsFunc([]string{r.Status.ID, r.Status.Name}, func(s string) bool {
			return slices.Contains(list, strings.ToLower(strings.TrimSpace(s)))
		})
	}
	switch {
	case r.Approval.ID != "" && r.Approval.ID != approved, is(unpostedStatuses):
		return false, true
	case r.Approval.ID == approved, is(postedStatuses):
		return true, true
	}
	return false, false
}

// sure is a proof of what was read on the way; nil, so that Prove goes on, where
// the record does not tell whether it counts in the ledger.
func (s *sending) sure(r record, p delivery.Proof) *delivery.Proof {
	if _, told := r.posting(); !told && len(p.Differs) == 0 {
		return nil
	}
	return &p
}

// hiddenPosting is why a document that is as it was sent is not proven.
const hiddenPosting = "it is as it was sent, but neither the record nor a query shows whether it is approved, and so counts in the " +
	"ledger: show Approval Status on the form that the role uses, or give the role SuiteAnalytics Workbook"

// askPosting asks a query whether a document counts in the ledger, where the form
// hides that from the record. Where nothing tells, it is not proven.
func (c *Client) askPosting(ctx context.Context, r record, p *delivery.Proof, rec Recorder) error {
	if _, told := r.posting(); told || len(p.Differs) > 0 || p.Unread != "" {
		return nil
	}
	if c.batch.closed(c.now()) {
		p.Unread = hiddenPosting
		return nil
	}
	rows, err := c.suiteql(ctx, "look up posting", "SELECT posting FROM transaction WHERE id = ?", 1, rec, r.ID)
	switch {
	case err != nil && notPermitted(err):
		c.batch.denied(c.now())
		p.Unread = hiddenPosting
	case err != nil:
		return err
	case len(rows) == 1 && rows[0]["posting"] != "":
		p.Unposted = !isTrue(rows[0]["posting"])
	case len(rows) == 0: // it may lag behind
		return &integration.Failure{Class: integration.ClassTransient, Cause: "read_back_missing", Message: hiddenPosting, Advice: adviceLater}
	default:
		p.Unread = hiddenPosting
	}
	return nil
}
