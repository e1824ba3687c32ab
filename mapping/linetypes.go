package mapping

import "billferry/internal/spec"

// The 19 line item types of a m3ter Bill (m3ter's OpenAPI schema LineItemType).
const (
	standingCharge          = "STANDING_CHARGE"
	usage                   = "USAGE"
	usageCredit             = "USAGE_CREDIT"
	minimumSpend            = "MINIMUM_SPEND"
	minimumSpendRefund      = "MINIMUM_SPEND_REFUND"
	creditMemo              = "CREDIT_MEMO"
	debitMemo               = "DEBIT_MEMO"
	commitmentConsumed      = "COMMITMENT_CONSUMED"
	commitmentFee           = "COMMITMENT_FEE"
	overageSurcharge        = "OVERAGE_SURCHARGE"
	overageUsage            = "OVERAGE_USAGE"
	balanceConsumed         = "BALANCE_CONSUMED"
	balanceFee              = "BALANCE_FEE"
	adHoc                   = "AD_HOC"
	counterRunningTotal     = "COUNTER_RUNNING_TOTAL_CHARGE"
	counterAdjustmentDebit  = "COUNTER_ADJUSTMENT_DEBIT"
	counterAdjustmentCredit = "COUNTER_ADJUSTMENT_CREDIT"
	creditDeduction         = "CREDIT_DEDUCTION"
	manualAdjustment        = "MANUAL_ADJUSTMENT"
)

// LineTypes lists the line item types with the names m3ter's Console gives
// them, in the Console's order. The list is the caller's to change.
func LineTypes() []spec.Option {
	return []spec.Option{
		{Value: standingCharge, Label: "Standing charge", Help: "Fixed recurring charge"},
		{Value: usage, Label: "Usage", Help: "Metered consumption"},
		{Value: usageCredit, Label: "Usage Credit", Help: "Metered consumption that is credited"},
		{Value: minimumSpend, Label: "Minimum spend", Help: "Recurring minimum charge"},
		{Value: minimumSpendRefund, Label: "Minimum spend adjustment", Help: "Given back when minimum spend was billed in advance"},
		{Value: creditMemo, Label: "Credit memo", Help: "Credit added to the Bill"},
		{Value: debitMemo, Label: "Debit memo", Help: "Debit added to the Bill"},
		{Value: commitmentConsumed, Label: "Prepayment consumed", Help: "Draw-down of a prepayment"},
		{Value: commitmentFee, Label: "Prepayment fee", Help: "Charge for a prepayment"},
		{Value: overageSurcharge, Label: "Overage surcharge", Help: "Percentage surcharge on overage"},
		{Value: overageUsage, Label: "Overage usage", Help: "Usage under overage pricing"},
		{Value: balanceConsumed, Label: "Balance consumed", Help: "Draw-down of a balance"},
		{Value: balanceFee, Label: "Balance fee", Help: "Charge for a balance"},
		{Value: adHoc, Label: "Ad-hoc", Help: "Charge on an account"},
		{Value: counterRunningTotal, Label: "Counter running total charge", Help: "Recurring, on a counter's running total"},
		{Value: counterAdjustmentDebit, Label: "Counter adjustment debit", Help: "A counter went up"},
		{Value: counterAdjustmentCredit, Label: "Counter adjustment credit", Help: "A counter went down"},
		{Value: creditDeduction, Label: "Credit deduction", Help: "Deducted from credit"},
		{Value: manualAdjustment, Label: "Manual adjustment", Help: "Added by hand, up or down"},
	}
}

// class sorts line item types by how they become document lines.
type class int

const (
	unknownClass      class = iota
	usageClass              // split by Split Usage Line Items
	commitmentClass         // may fall back to the Commitment Item Id
	minimumSpendClass       // may fall back to the Minimum Spend Id
	plainClass              // one line each
)

// classOf names every type, so that a type m3ter adds one day is not taken for
// something else: it is unknownClass, and parks the Bill.
func classOf(lineType string) class {
	switch lineType {
	case usage, overageUsage, usageCredit:
		return usageClass
	case commitmentFee, commitmentConsumed:
		return commitmentClass
	case minimumSpend, minimumSpendRefund:
		return minimumSpendClass
	case standingCharge, creditMemo, debitMemo, overageSurcharge, balanceConsumed, balanceFee, adHoc,
		counterRunningTotal, counterAdjustmentDebit, counterAdjustmentCredit, creditDeduction, manualAdjustment:
		return plainClass
	}
	return unknownClass
}
