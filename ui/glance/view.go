package glance

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

// How much is shown at most: of currencies and accounts in 30 lines, more in more.
const (
	mostCurrencies = 3
	mostAccounts   = 2
	mostNeeds      = 4
	wide           = 100 // from where refusals have a sparkline too
	mostWidth      = 112 // of a row of what needs a person: the eye has to find its end
)

// Room says how much of each there is room for.
type Room struct{ Width, Currencies, Accounts, Needs int }

// Fit gives rooms for a screen of so many lines; false: there is none.
func Fit(width, height int) (Room, bool) {
	switch {
	case height < 21: // of a terminal with 24 rows
		return Room{}, false
	case height < 30:
		return Room{width, 2, 1, 3}, true
	}
	return Room{width, mostCurrencies + (height-30)/4, mostAccounts + (height-30)/8, mostNeeds}, true
}

// shownNeeds are those there is room for.
func (s State) shownNeeds(r Room) []Need { return s.Needs[:min(len(s.Needs), r.Needs)] }

// Shown is how many of the needs are shown.
func (s State) Shown(r Room) int { return len(s.shownNeeds(r)) }

// Head are the lines above what needs a person.
func (s State) Head(r Room, days bool) []string {
	span, figures := "24 h", s.Activity.Hours
	count := s.bills24
	if days {
		span, figures, count = "30 d", s.Activity.Days, sum(s.Activity.Days)
	}
	month := MonthStart(s.Now).Format("January 2006")
	said := span + " " + widget.Spark(figures) + "  " + widget.Many(count, "Bill")
	if !days {
		toProve, spark := "", ""
		if n := s.toProve(); n > 0 && r.Width >= wide {
			toProve = " · " + widget.Count(n) + " s to prove"
		}
		if n := sum(s.Activity.Refused); n > 0 {
			said += " · " + widget.Many(n, "refusal")
			spark = " " + widget.Spark(s.Activity.Refused)
		}
		if r.Width >= wide && widget.Cells(month+"  "+said+spark+toProve) <= r.Width {
			said += spark
		}
		said += toProve
	}
	lines := []string{widget.Spread(theme.Label.Render(month), said, r.Width)}
	lines = append(lines, s.money(r)...)
	for i, p := range s.busiest() {
		if i < r.Accounts {
			lines = append(lines, s.paceIn(p, r.Width))
		}
	}
	return lines
}

// toProve is how many seconds it takes from an answer to the proof where it takes
// longest; 0 while nothing was proven.
func (s State) toProve() (most int) {
	for _, p := range s.Activity.Accounts {
		most = max(most, p.ToProve)
	}
	return most
}

func sum(figures []int) (n int) {
	for _, x := range figures {
		n += x
	}
	return n
}

// standing is where the money of one currency is, as parts of what came in.
type standing struct {
	code                                            string
	in, proven, waiting, blocked, unposted, leftOut decimal.D
}

// stand sorts a currency's money. What the destination holds and was read back is
// proven; what is open and waits for nobody is on its way, and so is what was
// not read back yet. Parts of a cent that no document can hold are no part of it.
func stand(code string, t integration.Totals) standing {
	m := t.Money[code]
	blocked := t.Blocked[code]
	return standing{code: code, in: m.In, proven: m.Out.Sub(m.Unproven).Sub(m.Unposted), waiting: m.Open.Sub(blocked).Add(m.Unproven),
		blocked: blocked, unposted: m.Unposted, leftOut: m.Excluded}
}

// part is one figure with the words and the sign it has everywhere.
type part struct {
	word, sign string
	style      theme.Style
	amount     decimal.D
}

func (s standing) parts() []part {
	return []part{
		{"proven", "█", theme.Good, s.proven},
		{"waiting", "▒", theme.Focus, s.waiting},
		{"not approved", "▓", theme.Warn, s.unposted},
		{"in the way", "░", theme.Bad, s.blocked},
		{"left out", "·", theme.Dim, s.leftOut},
	}
}

// shares are the parts of all of them, of fine. An amount below
// zero, as that of a credit, has its size.
func (s standing) shares() []int {
	whole := decimal.D{}
	for _, p := range s.parts() {
		whole = whole.Add(p.amount.Abs())
	}
	out := make([]int, len(s.parts()))
	for i, p := range s.parts() {
		if p.amount.IsZero() || whole.IsZero() {
			continue
		}
		of := p.amount.Abs().Mul(decimal.New(fine, 0))
		out[i] = max(1, sort.Search(fine, func(k int) bool { return whole.Mul(decimal.New(int64(k+1), 0)).Cmp(of) > 0 }))
	}
	return out
}

// fine is how finely parts are told apart.
const fine = 10_000

// text are the parts in words.
func (s standing) text() string {
	var words []string
	percent := widget.Shares(s.shares())
	for i, p := range s.parts() {
		if text := fmt.Sprintf("%d %% %s", percent[i], p.word); percent[i] > 0 {
			words = append(words, text)
		}
	}
	text := strings.Join(words, " · ")
	if first, _, ok := strings.Cut(text, " "); ok {
		return strings.Repeat(" ", 3-len(first)) + text // below each other
	}
	return text
}

// money has a line for each currency: as many as there ever were, so that no line
// moves when a month begins.
func (s State) money(r Room) []string {
	n := min(len(s.currencies), r.Currencies)
	var rows []standing
	amount, text := 0, 0
	for _, c := range s.currencies[:n] {
		row := standing{code: c}
		if s.Month != nil {
			row = stand(c, *s.Month)
		}
		rows = append(rows, row)
		amount, text = max(amount, widget.Cells(widget.Money(row.in, c))), max(text, widget.Cells(row.text()))
	}
	lines, more := make([]string, 0, n), ""
	if left := len(s.currencies) - n; left > 0 {
		more = fmt.Sprintf(" +%d", left)
	}
	for i, row := range rows {
		head := widget.Fit(widget.Clean(row.code), 3) + "  " + widget.FitRight(widget.Money(row.in, row.code), amount) + "  "
		line := ""
		switch room := r.Width - widget.Cells(head) - text - 1 - len(more); {
		case s.Month == nil:
			line = head[:5] + theme.Dim.Render("…")
		case row.text() == "":
			line = head + theme.Dim.Render("no Bill this month")
		case room >= 8:
			line = head + s.bar(row, min(room, 48)) + " " + row.text()
		default:
			line = head + row.text()
		}
		if more != "" && i == n-1 {
			line = widget.Spread(line, theme.Dim.Render(more), r.Width)
		}
		lines = append(lines, widget.Clip(line, r.Width))
	}
	return lines
}

func (s State) bar(row standing, width int) string {
	var parts []widget.Part
	shares := row.shares()
	for i, p := range row.parts() {
		parts = append(parts, widget.Part{Share: shares[i], Sign: p.sign, Style: p.style})
	}
	return widget.Bar(width, parts...)
}

// busiest are the accounts, those first that have something to do.
func (s State) busiest() []service.AccountPace {
	var busy, idle []service.AccountPace
	for _, p := range s.Activity.Accounts {
		if p.Left > 0 || p.InUse > 0 {
			busy = append(busy, p)
		} else {
			idle = append(idle, p)
		}
	}
	return append(busy, idle...)
}

// Busy tells that something is being sent: the figures change by themselves.
func (s State) Busy() bool {
	for _, p := range s.Activity.Accounts {
		if p.InUse > 0 || p.PerMinute > 0 && p.Left > 0 {
			return true
		}
	}
	return false
}

// paceIn is pace in so many cells: what tells least goes first.
func (s State) paceIn(p service.AccountPace, room int) string {
	text := s.pace(p, true)
	if widget.Cells(text) > room && p.Left == 0 {
		p.PerMinute = 0
		text = s.pace(p, true)
	}
	if widget.Cells(text) > room {
		text = s.pace(p, false)
	}
	return widget.Clip(text, room)
}

// pace says how an account is sent to.
func (s State) pace(p service.AccountPace, drawn bool) string {
	var names []string
	for _, id := range p.Integrations {
		if n := s.names[id]; n != "" {
			names = append(names, widget.Clean(n))
		}
	}
	text := strings.Join(names, ", ") + "  slots "
	if dots := widget.Dots(p.InUse, p.Slots); drawn && dots != "" {
		text += dots + " "
	}
	text += fmt.Sprintf("%d of %d", p.InUse, p.Slots)
	if p.PerMinute > 0 {
		text += fmt.Sprintf(" · %d.%d Bills/s", p.PerMinute/60, p.PerMinute%60/6)
	}
	switch {
	case p.Left == 0:
		text += " · nothing to send"
	case p.PerMinute > 0:
		text += " · " + widget.Count(p.Left) + " to go · done by " + s.doneBy(p)
	default:
		text += " · " + widget.Count(p.Left) + " to go"
	}
	if p.InUse == 0 && !p.LastAnswer.IsZero() { // nothing tells by itself that it is still there
		text += " · last answer " + s.clock(p.LastAnswer)
	}
	if p.Paused.After(s.Now) {
		text += " · paused for " + widget.Span(p.Paused.Sub(s.Now))
	}
	return text
}

// clock is a time as it stays true while nobody looks: that of the day, or with the
// date when it is long ago.
func (s State) clock(t time.Time) string {
	if s.Now.Sub(t) > 20*time.Hour {
		return t.Local().Format("2006-01-02 15:04")
	}
	return t.Local().Format("15:04:05")
}

// doneBy is when what is left is sent at the pace of the last minute.
func (s State) doneBy(p service.AccountPace) string {
	at := s.Now.Add(time.Duration(p.Left) * time.Minute / time.Duration(p.PerMinute))
	if at.Sub(s.Now) > 20*time.Hour {
		return at.Format("Mon 15:04")
	}
	return at.Format("15:04")
}

// Words are all figures as sentences, for one who cannot see charts.
func (s State) Words() []string {
	var out []string
	month := MonthStart(s.Now).Format("January 2006")
	for _, c := range s.currencies {
		if s.Month == nil {
			break
		}
		row := stand(c, *s.Month)
		if text := row.text(); text != "" {
			out = append(out, fmt.Sprintf("%s, %s: in %s, of which %s.", month, widget.Clean(c), widget.Money(row.in, c),
				strings.Join(strings.Fields(text), " ")))
		}
	}
	refused := ""
	if n := sum(s.Activity.Refused); n > 0 {
		refused = " " + widget.Many(n, "request") + " refused for load in 24 hours."
	}
	out = append(out, fmt.Sprintf("In 24 hours %s, in 30 days %s.%s", widget.Many(s.bills24, "Bill"), widget.Count(sum(s.Activity.Days)),
		refused))
	if n := s.toProve(); n > 0 {
		out = append(out, fmt.Sprintf("From an answer to its proof it takes %d s.", n))
	}
	for _, p := range s.busiest() {
		out = append(out, strings.Replace(s.pace(p, false), "  ", ": ", 1)+".")
	}
	for _, n := range s.Needs {
		text := "Needs you: " + widget.Clean(n.What)
		if n.Thing != "" {
			text += ", " + n.count()
		}
		if who := s.who(n); who != "" {
			text += " of " + who
		}
		if m := n.money(); m != "" {
			text += ", " + m
		}
		out = append(out, text+".")
	}
	return out
}
