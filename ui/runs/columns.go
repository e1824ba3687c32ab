package runs

import (
	"cmp"
	"fmt"
	"strings"

	"billferry/internal/integration"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// The columns of the list.
const (
	colStatus = iota
	colAccount
	colBill
	colPeriod
	colIn
	colOut
	colTries
	colChanged
	colResult
	columnCount
)

// wants are the cells that the rows need, by column, and what the status needs in
// the two ways in which it takes less room.
type wants struct {
	cells         [columnCount]int
	short, merged int
}

// layout is the list in a width. No status and no cause is cut while there is room:
// where the two do not fit beside what is always shown, the status has fewer
// letters, then one column says both, and then accounts are cut.
type layout struct {
	widget.Table
	short, merged, tight bool
}

func newLayout(width int, w wants) layout {
	var l layout
	for _, l = range []layout{{}, {short: true}, {short: true, merged: true}, {short: true, merged: true, tight: true}} {
		if l.Table = l.columns(width, w); l.Fits() {
			break
		}
	}
	return l
}

func (l layout) columns(width int, w wants) widget.Table {
	status := w.cells[colStatus]
	switch {
	case l.merged:
		status = w.merged
	case l.short:
		status = w.short
	}
	cols := []widget.Column{
		colStatus:  {Title: "STATUS", Width: 13, Flex: 1, Min: 10, Want: status, Whole: true},
		colAccount: {Title: "ACCOUNT", Width: 9, Flex: 1, Whole: true},
		colBill:    {Title: "BILL", Width: 13, Flex: 1, Min: 11},
		colPeriod:  {Title: "PERIOD", Width: 7, Drop: 5},
		colIn:      {Title: "IN", Width: 16, Flex: 1, Right: true, Min: 16, Whole: true},
		colOut:     {Title: "OUT", Width: 11, Flex: 1, Right: true},
		colTries:   {Title: "TRIES", Width: 5, Right: true, Drop: 6},
		colChanged: {Title: "CHANGED", Width: 7, Right: true, Drop: 4, Whole: true},
		colResult:  {Title: "RESULT", Width: 15, Flex: 9, Whole: true},
	}
	for i := range cols {
		if i != colStatus {
			cols[i].Want = w.cells[i]
		}
	}
	if l.merged {
		cols[colOut].Drop = 3
		cols[colResult] = widget.Column{}
	}
	if l.tight { // the amount that came in stays to the last
		cols[colAccount].Whole, cols[colBill].Drop = false, 2
	}
	return widget.NewTable(width, cols...)
}

// longAccount is as much of an account as pushes others away: one without a code
// has an id of 36 letters.
const longAccount = 20

// fit makes room for the rows of a page. Columns only grow until the list
// starts over, so that nothing jumps while one scrolls.
func (s *Screen) fit(runs []integration.Run) {
	if s.want == nil {
		s.want = &wants{}
	}
	w := s.want
	for _, r := range runs {
		for i, cell := range s.cells(r, layout{}) {
			n := widget.Cells(cell)
			switch {
			case i == colAccount:
				n = min(n, longAccount)
			case i == colResult && !r.Status.Failed() && !differs(r) && r.Proof != integration.Pending && r.Proof != integration.NotPosted:
				n = 0 // what else it says can be shorter
			case i == colResult && r.ExternalID != "" && !differs(r):
				n -= len(string(r.Outcome) + " ")
			}
			w.cells[i] = max(w.cells[i], n)
		}
		short, _ := widget.ShortStanding(r)
		w.short = max(w.short, widget.Cells(short))
		w.merged = max(w.merged, widget.Cells(s.both(r, 1)))
	}
	s.table = newLayout(s.width-2, *w)
}

func (s *Screen) draw(r integration.Run) string { return s.table.Row(s.cells(r, s.table)...) }

func (s *Screen) cells(r integration.Run, l layout) []string {
	standing, style := widget.Standing(r)
	if l.short {
		standing, style = widget.ShortStanding(r)
	}
	status := style.Render(standing)
	if l.merged {
		status = s.both(r, l.Width(colStatus))
	}
	changed := theme.Dim.Render(widget.Ago(s.env.Now(), r.Modified))
	account := cmp.Or(r.AccountCode, s.called[r.AccountID], r.AccountID)
	return []string{status, widget.Clean(account), widget.Clean(r.BillRef), period(r), in(r), out(r), fmt.Sprint(r.Tries), changed,
		s.result(r, l)}
}

// both says in one cell how a run stands and why, for so many cells; what was
// delivered takes what room there is.
func (s *Screen) both(r integration.Run, room int) string {
	standing, style := widget.ShortStanding(r)
	glyph, _, _ := strings.Cut(standing, " ")
	switch {
	case r.Standing() != string(r.Status): // held, or its place was taken
	case differs(r):
		standing, style = widget.Clean(s.told(r, 0)), theme.Warn
	case r.Status.Failed() && r.Cause != "":
		standing = glyph + " " + widget.Clean(integration.CauseTitle(r.Cause))
	case s.again(r):
		standing = glyph + " again " + widget.Ago(s.env.Now(), r.Next)
	case r.Status == integration.Complete && r.ExternalID != "":
		standing = glyph + " " + widget.Clean(s.told(r, max(1, room-2)))
	}
	return style.Render(standing)
}

// again tells that a run waits for its next attempt.
func (s *Screen) again(r integration.Run) bool {
	return !r.Status.Settled() && r.Next.After(s.env.Now())
}

// differs tells that what was sent is not what lies there, or was not read.
func differs(r integration.Run) bool {
	return r.Proof == integration.Drift || r.Proof == integration.Unread
}

// result is what came of the run, or what it waits for.
func (s *Screen) result(r integration.Run, l layout) string {
	style := theme.Plain
	switch {
	case r.HeldByHand(), r.Outcome == integration.Superseded:
		style = theme.Dim
	case s.again(r), differs(r), r.Watch.Payment == integration.Overdue:
		style = theme.Warn
	}
	return style.Render(widget.Clean(s.told(r, l.Width(colResult))))
}

// told is result in words, for so many cells; 0 is as many as it takes.
func (s *Screen) told(r integration.Run, room int) string {
	fits := func(text string) bool { return room == 0 || widget.Cells(text) <= room }
	now := s.env.Now()
	cause := integration.CauseTitle(r.Cause)
	switch {
	case r.HeldByHand():
		return "held: " + r.Error
	case r.Outcome == integration.Superseded && r.Cause == integration.CauseRetried:
		return "a retry took its place"
	case r.Outcome == integration.Superseded && !fits("a newer version took its place"):
		return "newer version"
	case r.Outcome == integration.Superseded:
		return "a newer version took its place"
	case s.again(r):
		when := widget.Ago(now, r.Next)
		switch {
		case cause != "" && fits("again "+when+" · "+cause):
			return "again " + when + " · " + cause
		case fits("again " + when):
			return "again " + when
		}
		return when // that is what one wants to know
	case r.Status == integration.Waiting:
		return "queued"
	case r.Status == integration.Started:
		if d := now.Sub(r.Started); !r.Started.IsZero() && d.Seconds() >= 1 {
			return "sending for " + widget.Span(d)
		}
		return "sending"
	case r.Proof == integration.Drift:
		word := cmp.Or(drifts[r.Cause], "drift")
		if d := r.AmountOut.Sub(r.AmountIncluded); !d.IsZero() {
			word += " " + difference(d, r.Currency)
		}
		return "≠ " + word
	case r.Proof == integration.Unread:
		return "? unread #" + r.ExternalID
	case r.Status == integration.Complete && r.ExternalID != "":
		id, proof := "#"+r.ExternalID, ""
		switch r.Proof {
		case integration.Pending:
			proof = ", not proven"
		case integration.Accepted:
			if proof = ", accepted"; !fits(id + proof) {
				return "accepted"
			}
		case integration.NotPosted:
			if proof = ", not posted"; !fits(id + proof) {
				return "not posted"
			}
		}
		if paid := r.Watch.Payment.Word(); proof == "" && paid != "" {
			proof = ", " + paid
		}
		for _, text := range []string{string(r.Outcome) + " " + id + proof, id + proof} {
			if fits(text) {
				return strings.TrimSpace(text)
			}
		}
		return id // it says more than half a word and no id
	case cause != "":
		return cause
	case r.Error != "":
		return r.Error
	}
	return string(r.Outcome)
}

// drifts are what became of a document that is not as it was sent, where that is known.
var drifts = map[string]string{
	integration.CauseChanged: "changed", integration.CauseVoidedSince: "voided", integration.CauseDeleted: "deleted",
}
