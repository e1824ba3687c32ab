package mapping

import (
	"fmt"
	"slices"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

// Verdict says whether an integration sends a Bill.
type Verdict struct {
	Send    bool
	Outcome integration.Outcome // Skipped when not sent
	Cause   string              // stable code of why not
	Reason  string              // the same for a person
}

// The causes of a Bill that is not sent.
const (
	CauseRestricted  = "account_restricted"
	CauseNotListed   = "account_not_listed"
	CauseFilter      = "account_filter"
	CauseNotApproved = "not_approved"
	CauseSendFrom    = "before_send_from"
)

// Qualify applies the rules that need no line of the Bill: the two account
// lists (restricted wins), the account filter, Send From and the approval gate.
// account has the fields a filter can name; without a filter it may be nil.
func Qualify(cfg Config, h bill.Head, account map[string]string) Verdict {
	skip := func(cause, format string, args ...any) Verdict {
		return Verdict{Outcome: integration.Skipped, Cause: cause, Reason: fmt.Sprintf(format, args...)}
	}
	if slices.Contains(cfg.RestrictedAccountIDs, h.AccountID) {
		return skip(CauseRestricted, "account %s is in Restricted Account Ids", h.AccountID)
	}
	if len(cfg.AccountIDs) > 0 && !slices.Contains(cfg.AccountIDs, h.AccountID) {
		return skip(CauseNotListed, "account %s is not in Account Ids", h.AccountID)
	}
	filter, err := parseFilter(cfg.AccountFilter)
	if err != nil { // ParseConfig has refused it; whoever comes here anyway must not send to all
		return skip(CauseFilter, "the account filter cannot be understood: %v", err)
	}
	if !filter.holds(account) {
		return skip(CauseFilter, "the account filter does not hold: %s", cfg.AccountFilter)
	}
	if date := Date(h); cfg.SendFrom != "" && date < cfg.SendFrom {
		return skip(CauseSendFrom, "the Bill is dated %s, before Send From %s", orNone(date, "on no day"), cfg.SendFrom)
	}
	if cfg.OnApproval && h.Status != "APPROVED" {
		return skip(CauseNotApproved, "the Bill is %s, and Only Send Bill On Approval is on", orNone(h.Status, "without a status"))
	}
	return Verdict{Send: true}
}

func orNone(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

// NothingError is what Map returns for a Bill that qualifies and has nothing
// to send: no lines at all, or none left after exclusions. It is no failure:
// the run completes as skipped, with the reason.
type NothingError struct {
	Cause  string // no_lines, all_excluded, zero_bill
	Reason string
}

// Error is the reason.
func (e *NothingError) Error() string { return e.Reason }
