package store

import (
	"strconv"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

type run = integration.Run

// runField is how one field of a run is written and read.
type runField struct {
	put func(b []byte, field int, r *run) []byte
	get func(v value, r *run) error
	// searched: RunFilter.Text is looked for in it.
	searched bool
}

// searchable marks a field that is searched.
func searchable(f runField) runField {
	f.searched = true
	return f
}

// runFields has the field with number n at n-1. New fields go to the end; one
// that is no longer used keeps its place. The id is not in the list: it is the
// key. A test fails when integration.Run has a field that is missing here.
var runFields = []runField{
	text(func(r *run) *string { return &r.IntegrationID }),
	text(func(r *run) *string { return &r.EntityType }),
	searchable(text(func(r *run) *string { return &r.EntityID })),
	text(func(r *run) *string { return &r.Destination }),
	number(func(r *run) *int64 { return &r.BillVersion }),
	text(func(r *run) *string { return &r.BillCalculated }),
	text(func(r *run) *string { return &r.BillStatus }),
	searchable(text(func(r *run) *string { return &r.BillRef })),
	searchable(text(func(r *run) *string { return &r.AccountID })),
	searchable(text(func(r *run) *string { return &r.AccountCode })),
	text(func(r *run) *string { return &r.PeriodStart }),
	text(func(r *run) *string { return &r.PeriodEnd }),
	text(func(r *run) *string { return &r.Currency }),
	text(func(r *run) *string { return &r.Trigger }),
	text(func(r *run) *integration.Status { return &r.Status }),
	text(func(r *run) *integration.Outcome { return &r.Outcome }),
	text(func(r *run) *string { return &r.Cause }),
	text(func(r *run) *string { return &r.Error }),
	text(func(r *run) *string { return &r.Advice }),
	amount(func(r *run) *decimal.D { return &r.AmountIn }),
	amount(func(r *run) *decimal.D { return &r.AmountIncluded }),
	amount(func(r *run) *decimal.D { return &r.AmountExcluded }),
	amount(func(r *run) *decimal.D { return &r.Rounding }),
	amount(func(r *run) *decimal.D { return &r.AmountOut }),
	number(func(r *run) *int { return &r.Lines }),
	number(func(r *run) *int { return &r.DefaultLines }),
	amount(func(r *run) *decimal.D { return &r.DefaultAmount }),
	{put: putWarnings, get: func(v value, r *run) error { r.Warnings = append(r.Warnings, v.text); return nil }},
	searchable(text(func(r *run) *string { return &r.ExternalID })),
	searchable(text(func(r *run) *string { return &r.ExternalRef })),
	text(func(r *run) *string { return &r.DocumentKind }),
	text(func(r *run) *string { return &r.PayloadHash }),
	text(func(r *run) *string { return &r.URL }),
	{put: putInFlight, get: func(v value, r *run) error { r.InFlight = v.number != 0; return nil }},
	number(func(r *run) *int { return &r.Tries }),
	text(func(r *run) *string { return &r.ReplayedFrom }),
	instant(func(r *run) *time.Time { return &r.Created }),
	instant(func(r *run) *time.Time { return &r.Started }),
	instant(func(r *run) *time.Time { return &r.Completed }),
	instant(func(r *run) *time.Time { return &r.Modified }),
	instant(func(r *run) *time.Time { return &r.Next }),
	text(func(r *run) *integration.Counted { return &r.Counted }),
	text(func(r *run) *integration.Proof { return &r.OutProof }),
	instant(func(r *run) *time.Time { return &r.ProofAfter }),
	text(func(r *run) *string { return &r.Account }),
	{put: putDoubt, get: getDoubt},
	text(func(r *run) *integration.Proof { return &r.Proof }),
	text(func(r *run) *string { return &r.ProofNote }),
	text(func(r *run) *string { return &r.DocumentDate }),
	instant(func(r *run) *time.Time { return &r.LateChange }),
	amount(func(r *run) *decimal.D { return &r.AmountTax }),
	text(func(r *run) *string { return &r.Plan }),
	text(func(r *run) *string { return &r.PlanHash }),
	instant(func(r *run) *time.Time { return &r.LateCreate }),
	searchable(text(func(r *run) *string { return &r.DocumentNumber })),
	{put: putAmends, get: func(v value, r *run) error { r.Amends = v.number == 1; return nil }},
	text(func(r *run) *integration.Payment { return &r.Watch.Payment }),
	instant(func(r *run) *time.Time { return &r.Watch.Since }),
	amount(func(r *run) *decimal.D { return &r.Watch.Due }),
	text(func(r *run) *string { return &r.Watch.DueDate }),
	text(func(r *run) *string { return &r.Watch.Stamp }),
	text(func(r *run) *string { return &r.Watch.Period }),
	text(func(r *run) *string { return &r.Watch.Twin }),
	text(func(r *run) *string { return &r.ProofBy }),
	{put: putRests, get: func(v value, r *run) error { r.Watch.Rests = v.number == 1; return nil }},
}

func text[T ~string](at func(*run) *T) runField {
	return runField{
		put: func(b []byte, field int, r *run) []byte { return appendText(b, field, string(*at(r))) },
		get: func(v value, r *run) error { *at(r) = T(v.text); return nil },
	}
}

func number[T ~int | ~int64](at func(*run) *T) runField {
	return runField{
		put: func(b []byte, field int, r *run) []byte { return appendNumber(b, field, int64(*at(r))) },
		get: func(v value, r *run) error { *at(r) = T(v.number); return nil },
	}
}

func instant(at func(*run) *time.Time) runField {
	return runField{
		put: func(b []byte, field int, r *run) []byte { return appendTime(b, field, *at(r)) },
		get: func(v value, r *run) error { *at(r) = v.time(); return nil },
	}
}

func amount(at func(*run) *decimal.D) runField {
	return runField{
		put: func(b []byte, field int, r *run) []byte { return appendDecimal(b, field, *at(r)) },
		get: func(v value, r *run) (err error) { *at(r), err = decimal.Parse(v.text); return err },
	}
}

func putWarnings(b []byte, field int, r *run) []byte {
	for _, w := range r.Warnings {
		if w != "" { // an empty field is left out, and an empty warning says nothing
			b = appendText(b, field, w)
		}
	}
	return b
}

func putInFlight(b []byte, field int, r *run) []byte {
	if r.InFlight {
		return appendNumber(b, field, 1)
	}
	return b
}

func putRests(b []byte, field int, r *run) []byte {
	if r.Watch.Rests {
		return appendNumber(b, field, 1)
	}
	return b
}

func putAmends(b []byte, field int, r *run) []byte {
	if r.Amends {
		return appendNumber(b, field, 1)
	}
	return b
}

// putDoubt writes each doubted document as a field of its own: kind and external
// id, account, time, whether it is a change and, at the end, that it is an
// amendment, none of which has a bar in it.
func putDoubt(b []byte, field int, r *run) []byte {
	for _, d := range r.Doubt {
		at := int64(0)
		if !d.Since.IsZero() {
			at = d.Since.UnixNano()
		}
		text := d.Kind + "|" + d.ExternalID + "|" + d.Account + "|" + strconv.FormatInt(at, 36) + "|" + strconv.FormatBool(d.Update)
		if d.Amends {
			text += amendsMark
		}
		b = appendText(b, field, text)
	}
	return b
}

const amendsMark = "|amends"

func getDoubt(v value, r *run) error {
	text, amends := strings.CutSuffix(v.text, amendsMark)
	p := strings.Split(text, "|")
	if len(p) != 5 {
		return errDamaged
	}
	at, err := strconv.ParseInt(p[3], 36, 64)
	update, err2 := strconv.ParseBool(p[4])
	if err != nil || err2 != nil {
		return errDamaged
	}
	d := integration.Doc{Kind: p[0], ExternalID: p[1], Account: p[2], Update: update, Amends: amends}
	if at != 0 {
		d.Since = time.Unix(0, at).UTC()
	}
	r.Doubt = append(r.Doubt, d)
	return nil
}
