package service

// Change tells that something happened to a thing.
type Change struct {
	// Kind is integration, run, event, mapping, draft, source, reconciliation, plan, filter,
	// demo: an act of Steering, by its ID, or AnyChange.
	Kind string `json:"kind"`
	ID   string `json:"id"` // "": of some, or all
}

// AnyChange is the kind of a Change that stands for others, which were lost.
const AnyChange = "all"

// Of tells whether things of that kind may have changed.
func (c Change) Of(kind string) bool { return c.Kind == kind || c.Kind == AnyChange }

// About tells whether that thing may have changed.
func (c Change) About(kind, id string) bool { return c.Of(kind) && (c.ID == id || c.ID == "") }

// Offer hands c to a reader, and loses it rather than waiting: the last place of out is for
// AnyChange, which the reader hears after all that was lost until then. One at a time may
// offer.
func Offer(out chan<- Change, c Change) {
	if len(out) >= cap(out)-1 {
		c = Change{Kind: AnyChange}
	}
	select {
	case out <- c:
	default: // AnyChange waits there
	}
}
