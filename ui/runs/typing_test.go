package runs

import (
	"testing"

	"billferry/ui/uitest"
)

// Text selects at each letter: nobody waits for a pause.
func TestRowsFollowTheLetters(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		d.Press("/")
		calls := f.Calls("Runs")
		d.Type("glob")
		d.Shows("globex")
		d.Hides("acme_uk")
		if got := f.Calls("Runs") - calls; got != 4 {
			t.Errorf("%d requests for four letters", got)
		}
	})
}

// A word that may become a name of the filter language is not looked for as a
// text, which would empty the list on the way; unless it stays what it is.
func TestAHalfTypedWordWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		d.Press("/")
		calls := f.Calls("Runs")
		d.Type("statu")
		d.Shows("INVOICE-101", "globex")
		if got := f.Calls("Runs") - calls; got != 0 {
			t.Errorf("%d requests for half a word", got)
		}
		d.Wait(d.Update(uitest.Key("s"))) // and then a pause
		d.Shows("No run matches this filter")
		d.Type(":complete")
		d.Shows("globex")
		d.Hides("INVOICE-101")
	})
}

// While rows are on their way letters are gathered: one request follows.
func TestLettersWhileRowsAreOnTheirWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		d, f := start(t, 100, 20)
		d.Press("/")
		calls := f.Calls("Runs")
		late := d.Update(uitest.Key("g")) // its rows take their time
		d.Type("lobe")
		d.Wait(late)
		d.Shows("/ globe", "globex")
		d.Hides("acme_uk")
		if got := f.Calls("Runs") - calls; got != 2 {
			t.Errorf("%d requests", got)
		}
	})
}
