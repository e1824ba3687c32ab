package integration

import (
	"slices"
	"time"
)

// Doc names a document of a Bill in the destination. Nothing else tells what was
// made of a Bill: another version, setting or integration gives another name.
type Doc struct {
	Account    string    `json:"account"`        // the destination's
	Kind       string    `json:"kind"`           // invoice, creditMemo
	ExternalID string    `json:"externalId"`     // ours
	Since      time.Time `json:"since,omitzero"` // when the last request was under way that may have made it
	// Update is set when that request changes a document that is there: it may do
	// so after a later one has.
	Update bool `json:"update,omitempty"`
	// Amends is set when it is an amendment: it stands beside the others of the Bill.
	Amends bool `json:"amends,omitempty"`
}

// Same tells whether two names are of one document.
func (d Doc) Same(o Doc) bool {
	return d.Account == o.Account && d.Kind == o.Kind && d.ExternalID == o.ExternalID
}

// Doc is the document the run is about now, of which it may be that nothing was
// sent yet.
func (r Run) Doc() Doc {
	return Doc{Account: r.Account, Kind: r.DocumentKind, ExternalID: r.ExternalRef, Amends: r.Amends}
}

// Sent tells whether the destination holds what this run made. A run that
// failed on an invoice it found is not one of them.
func (r Run) Sent() bool {
	return r.Status == Complete && r.ExternalID != "" && r.Outcome != Superseded && r.Outcome != Skipped
}

// Doubts tells whether a request of the run may have made that document.
func (r Run) Doubts(d Doc) bool { return slices.ContainsFunc(r.Doubt, d.Same) }

// Suspect notes that a request may have made a document, from d.Since at the latest.
func (r *Run) Suspect(d Doc) {
	r.Trust(d)
	r.Doubt = append(r.Doubt, d)
}

// Trust takes a doubt back. The list is replaced, since copies of a run share it.
func (r *Run) Trust(d Doc) { r.dropDoubt(d.Same) }

// Settle takes back the doubt about documents that were looked for.
func (r *Run) Settle(seen []Doc) {
	r.dropDoubt(func(d Doc) bool { return slices.ContainsFunc(seen, d.Same) })
	r.InFlight = r.InFlight && len(r.Doubt) > 0
}

func (r *Run) dropDoubt(which func(Doc) bool) {
	var left []Doc
	for _, d := range r.Doubt {
		if !which(d) {
			left = append(left, d)
		}
	}
	r.Doubt = left
}

// Traces lists the documents in an account that were made, or may have been, for
// a Bill whose runs these are, each once. A name that is in doubt, or may be made
// once more, keeps the latest time of a request that may do so.
func Traces(runs []Run, account string) []Doc {
	var out []Doc
	add := func(d Doc) {
		if d.Account != account || d.ExternalID == "" || d.Kind == "" {
			return // of no kind: a person marked as sent what could not be read, and it cannot be asked for
		}
		i := slices.IndexFunc(out, d.Same)
		if i < 0 {
			out = append(out, d)
			return
		}
		if d.Since.After(out[i].Since) {
			out[i].Since = d.Since
		}
	}
	for _, r := range runs {
		if r.ExternalID != "" { // whatever became of the run since, the document was there
			d := r.Doc()
			d.Since = r.LateCreate
			add(d)
		}
		for _, d := range r.Doubt {
			add(d)
		}
	}
	return out
}
