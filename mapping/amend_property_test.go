package mapping

import (
	"errors"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// TestSumsOverVersionsAreTheNewestBill: whatever versions of a Bill come, whatever
// becomes final between, and whichever settings there are, all documents together
// say without tax what the newest Bill says, in each place and to the last digit;
// and nothing that was final is changed.
func TestSumsOverVersionsAreTheNewestBill(t *testing.T) {
	t.Parallel()
	property(t, func(t *rapid.T) {
		cfg := deltaWith(func(c *Config) {
			c.Amend.Revenue, c.Amend.IssuedFinal = rapid.Bool().Draw(t, "revenue"), rapid.Bool().Draw(t, "issued")
			c.Amend.Apply, c.FirstOpen = rapid.Bool().Draw(t, "apply"), rapid.Bool().Draw(t, "first open")
		})
		var book []Held
		add := func(d Document) {
			book = append(book, keptAs(strconv.Itoa(100+len(book)), d))
		}
		for range rapid.IntRange(1, 6).Draw(t, "versions") {
			version(t, cfg, &book, add)
			if len(book) > 0 { // what people do
				h := &book[rapid.IntRange(0, len(book)-1).Draw(t, "which")]
				switch rapid.SampledFrom([]string{"", "pay", "close", "mail"}).Draw(t, "act") {
				case "pay":
					h.Paid, h.Applied, h.Open = true, h.Total, decimal.D{}
				case "close":
					h.Shut = "closed"
				case "mail":
					h.Issued = "emailed"
				}
			}
		}
	})
}

// version brings one version of the Bill into the book.
func version(t *rapid.T, cfg Config, book *[]Held, add func(Document)) {
	var lines []Line
	for range rapid.IntRange(1, 5).Draw(t, "lines") {
		amount := rapid.StringMatching(`-?[1-9][0-9]{0,5}\.[0-9]{2}|0\.00`).Draw(t, "amount")
		l := entry(rapid.SampledFrom([]string{"1", "2"}).Draw(t, "item"), amount,
			rapid.SampledFrom([]string{"2026-06", "2026-07"}).Draw(t, "month"))
		l.Fields = append(l.Fields,
			Field{Name: "department", As: AsReference, Value: rapid.SampledFrom([]string{"3", "4"}).Draw(t, "department")},
			Field{Name: "custcol_note", As: AsText, Value: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "note")})
		lines = append(lines, l)
	}
	now := newest(lines...)
	p := rapid.SampledFrom([]Period{{}, {Name: "Aug", Shut: "closed", OpenID: "9", OpenFrom: "2026-09-01"}}).Draw(t, "period")
	for n := 0; ; n++ {
		before := len(*book)
		a, err := Amend(cfg, "bill", now, Holdings{Documents: *book}, p)
		var f *integration.Failure
		switch {
		case errors.As(err, &f):
			if !cfg.Amend.Revenue || before != 1 || (*book)[0].final(cfg.Amend, "USD") != "" {
				t.Fatalf("held: %v", err)
			}
			*book = nil // the person has changed it by hand
			add(now)
		case a.InPlace && before > 0 && (*book)[0].final(cfg.Amend, "USD") != "":
			t.Fatalf("a final document is changed: %+v", (*book)[0])
		case a.InPlace && before > 1:
			t.Fatal("one of several documents is changed")
		case a.InPlace:
			*book = nil
			add(now)
		case a.Document != nil:
			for _, h := range *book {
				if h.ExternalID == a.Document.ExternalID {
					t.Fatal("an external id is used again")
				}
			}
			if a.Document.Total.Sign() < 0 {
				t.Fatalf("a document below zero: %s", a.Document.Total)
			}
			add(*a.Document)
			if a.Document.Amends.More {
				if n > 1 {
					t.Fatal("there is always more")
				}
				continue
			}
		}
		break
	}
	if say, want := places(*book), places([]Held{keptAs("", now)}); !equalPlaces(say, want) {
		t.Fatalf("the documents say %v, the Bill %v", say, want)
	}
}

// places adds up documents by place.
func places(book []Held) map[string]decimal.D {
	out := map[string]decimal.D{}
	for i := range book {
		for _, l := range book[i].Lines {
			key := placeOf(l.ItemID, l.Fields)
			out[key] = out[key].Add(book[i].signed(l.Amount))
		}
	}
	return out
}

func equalPlaces(a, b map[string]decimal.D) bool {
	for _, m := range []map[string]decimal.D{a, b} {
		for key := range m {
			if !a[key].Equal(b[key]) {
				return false
			}
		}
	}
	return true
}
