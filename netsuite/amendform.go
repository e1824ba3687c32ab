package netsuite

import (
	"billferry/internal/spec"
)

// Keys of the settings about documents that are final.
const (
	keyWhenFinal   = "billferry.whenFinal"
	keyAmendApply  = "billferry.amendmentApply"
	keyAmendRate   = "billferry.amendmentExchangeRate"
	finalDelta     = "DELTA"
	ofTheOriginal  = "ORIGINAL"
	labelWhenFinal = "When Final"
)

// amendFields are the settings about Bills that are recalculated after their
// document became final.
func amendFields() []spec.Field {
	amends := func(key, standard string) func(spec.Values) bool {
		return func(v spec.Values) bool {
			return v.Text(keyWhenFinal) == finalDelta || v.Text(key) != "" && v.Text(key) != standard
		}
	}
	return []spec.Field{
		{Key: keyWhenFinal, Label: labelWhenFinal, Panel: spec.Control, Kind: spec.Enum, Default: "HOLD", Audit: true,
			Help: "What becomes of a Bill that changes after money was applied to its document, or its period was closed or locked. " +
				"docs/AMENDMENTS.md has the cases.",
			Options: []spec.Option{
				{Value: "HOLD", Label: "Hold", Help: "The run stops and tells the difference."},
				{Value: finalDelta, Label: "Post the difference",
					Help: "As an invoice or a credit memo of its own, once the Bill is approved. What is final stays as it is."},
			}},
		{Key: "billferry.whenIssued", Label: "When Issued", Panel: spec.Control, Kind: spec.Enum, Default: "UPDATE", Audit: true,
			Help: "What becomes of a Bill that changes after its document was emailed, printed or approved by a person.",
			Options: []spec.Option{
				{Value: "UPDATE", Label: "Update", Help: "The document is changed, while nothing else makes it final."},
				{Value: "AS_FINAL", Label: "As final", Help: "The document stays as the customer has it: When Final decides."},
			}},
		{Key: "billferry.revenueManagement", Label: "Revenue Management", Panel: spec.Control, Kind: spec.Bool, Default: false, Audit: true,
			Help: "On, for an account that makes revenue arrangements of invoices: a document whose amounts change is held. New lines would be " +
				"new revenue elements. An amendment posts what is added and what is taken back as two documents."},
		{Key: keyAmendApply, Label: "Amendment Apply", Panel: spec.Control, Kind: spec.Enum, Default: "NONE", Audit: true,
			ShowWhen: amends(keyAmendApply, "NONE"), Help: "Whether the credit memo of an amendment pays for the original invoice.",
			Options: []spec.Option{
				{Value: "NONE", Label: "None", Help: "It stays unapplied, for a person."},
				{Value: ofTheOriginal, Label: "Original", Help: "It is applied to the original, up to what is open on it."},
			}},
		{Key: keyAmendRate, Label: "Amendment Exchange Rate", Panel: spec.Control, Kind: spec.Enum, Default: "DATE", Audit: true,
			ShowWhen: amends(keyAmendRate, "DATE"),
			Help:     "The exchange rate of an amendment. Another one than the original's realises a gain or loss.",
			Options: []spec.Option{
				{Value: "DATE", Label: "Of its date", Help: "NetSuite's rate of the amendment's date."},
				{Value: ofTheOriginal, Label: "Original", Help: "The rate of the document that it amends."},
			}},
	}
}
