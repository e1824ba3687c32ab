package mapping

import (
	"cmp"
	"slices"
	"strings"
)

// Without is a document in the place of earlier ones that were sent with fields of
// the header which it has none for, or were to empty them and may not have: a rule
// was removed, or says nothing any more.
// An update leaves out what it does not name, and the destination would keep the
// old value without a word. Those that it can empty are in Gone, and each is told.
func Without(cfg Config, d Document, earlier []Document) Document {
	t := cfg.terms()
	has := d.headerFields()
	for _, f := range d.Fields { // a box that is not ticked is sent
		has = append(has, Field{Name: f.Name, Own: f.Own})
	}
	var gone []Field
	for i := range earlier {
		if earlier[i].Kind != d.Kind {
			continue
		}
		for _, f := range slices.Concat(earlier[i].headerFields(), earlier[i].Gone) {
			same := func(o Field) bool { return o.Name == f.Name && o.Own == f.Own }
			if !slices.ContainsFunc(has, same) && !slices.ContainsFunc(gone, same) {
				gone = append(gone, Field{Name: f.Name, As: f.As, Own: f.Own})
			}
		}
	}
	slices.SortFunc(gone, func(a, b Field) int { return cmp.Or(cmp.Compare(a.Own, b.Own), cmp.Compare(a.Name, b.Name)) })
	d.Gone, d.Warnings = nil, slices.Clip(d.Warnings)
	for _, f := range gone {
		becomes := t.System + " keeps the value that it has"
		if t.Empties != nil && t.Empties(f) {
			d.Gone, becomes = append(d.Gone, f), "it is emptied"
		}
		d.Warnings = append(d.Warnings, string(f.Own)+f.Name+sentBefore+becomes)
	}
	return d
}

const sentBefore = " was sent before and nothing fills it any more: "

// Anew is the document of Without where the earlier ones are gone: none of its
// fields has an old value.
func (d Document) Anew() Document {
	d.Gone = nil
	d.Warnings = slices.DeleteFunc(slices.Clone(d.Warnings), func(w string) bool { return strings.Contains(w, sentBefore) })
	return d
}

// headerFields are the fields of the header that have a value. Due date, number and
// posting period are not among them: without one the destination decides.
func (d *Document) headerFields() []Field {
	var out []Field
	for _, f := range []Field{{Own: OwnMemo, As: AsText, Value: d.Memo}, {Own: OwnReference, As: AsText, Value: d.OtherRefNum}} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	for _, f := range d.Fields {
		if f.Own == "" && f.Value != "" && (f.As != AsBoolean || f.Value == "true") {
			out = append(out, f)
		}
	}
	return out
}
