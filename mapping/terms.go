package mapping

import (
	"billferry/internal/decimal"
	"billferry/internal/spec"
)

// Terms are what mapping has to know of a destination: how texts name its things
// and the settings for it, and what fits into its fields.
type Terms struct {
	spec.Words
	Settings Labels
	Limits   Limits

	Currencies string // where a currency is added: Lists > Accounting > Currencies
	// Multicurrency says what makes it take more than its base currency.
	Multicurrency string
	// Company is what it calls a company of the account, and the field of a header
	// that names the one a document posts to.
	Company string
	// Empties tells the fields of a header that are emptied when nothing fills them
	// any more. What it fills in by itself it keeps.
	Empties func(Field) bool
	// WantsPeriod says why each line should have a service period; "" when it need not.
	WantsPeriod string
}

// Labels are those of the settings that texts point to.
type Labels struct {
	SendDueDate, DefaultItem, ItemMapping, CommitmentItem, MinimumSpendItem string
}

// Limits are what a destination takes. Zero is no limit.
type Limits struct {
	Lines       int // of a document
	AdviseLines int // past which it advises against more
	ExternalID  int // characters
	// NumericIDs says that internal ids are numbers.
	NumericIDs bool
	// Number, Description, Memo and OtherRef count UTF-16 units.
	Number, Description, Memo, OtherRef int
	// Text is what the shortest sort of text field holds: what joined lines list in
	// one is kept within that, since nobody knows its own limit.
	Text int

	Digits   int       // of an amount
	Places   int       // decimals of a quantity and of a rate
	Width    int       // characters of a quantity or a rate, point and sign included
	Quantity decimal.D // the first that is too large
}

// terms are those of the destination; without any, texts have gaps and nothing
// has a limit.
func (cfg *Config) terms() *Terms {
	if cfg.Terms == nil {
		return &Terms{}
	}
	return cfg.Terms
}

// beyond tells whether n is past a limit.
func beyond(n, limit int) bool { return limit > 0 && n > limit }
