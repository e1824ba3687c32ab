package screen

import "context"

// Undo keeps the last act of a session that u takes back. It belongs to the loop of
// the program, as the screens do.
type Undo struct{ last *Act }

// Act is something that was done and how it is taken back.
type Act struct {
	Said string // what was done: "INVOICE-101 held"
	Back string // what is done now: "INVOICE-101 released"
	// Do takes it back. It fails once anything followed.
	Do func(context.Context) error
	// Never says why it cannot be taken back, and what to do; "" when it can.
	Never string
}

// Keep keeps an act as the one that u takes back.
func (u *Undo) Keep(a Act) {
	if u != nil {
		u.last = &a
	}
}

// Take is the act to take back, once; nil when there is none.
func (u *Undo) Take() *Act {
	a := u.last
	u.last = nil
	return a
}
