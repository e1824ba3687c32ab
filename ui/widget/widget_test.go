package widget

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func rows(from, n int) (int, func(int) string) {
	return n, func(i int) string { return strconv.Itoa(from + i) }
}

// Whatever is pressed and however the rows change, the cursor is on a row in
// view and the view is as large as it was told.
func TestListStaysInItsWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var l List
		l.SetSize(20, 5)
		l.SetRows(rows(0, 30))
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "do") {
			case 0:
				l.Key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(rapid.SampledFrom([]string{"j", "k", "g", "G"}).Draw(t, "key"))})
			case 1:
				l.SetSize(rapid.IntRange(0, 40).Draw(t, "w"), rapid.IntRange(0, 12).Draw(t, "h"))
			case 2:
				l.SetRows(rows(rapid.IntRange(0, 20).Draw(t, "from"), rapid.IntRange(0, 40).Draw(t, "n")))
			case 3:
				l.Key(tea.KeyMsg{Type: rapid.SampledFrom([]tea.KeyType{tea.KeyPgDown, tea.KeyPgUp, tea.KeyCtrlD, tea.KeyCtrlU}).Draw(t, "page")})
			}
			from, to := l.Window()
			if from < 0 || to > l.Len() || (l.Len() > 0 && l.Height() > 0 && (l.Cursor() < from || l.Cursor() >= to)) {
				t.Fatalf("cursor %d outside %d..%d of %d", l.Cursor(), from, to, l.Len())
			}
			if to-from < min(l.Len(), l.Height()) {
				t.Fatalf("%d rows shown of %d in a window of %d", to-from, l.Len(), l.Height())
			}
		}
	})
}

func TestListKeepsTheRowAcrossARefresh(t *testing.T) {
	t.Parallel()
	var l List
	l.SetSize(20, 5)
	l.SetRows(rows(0, 100))
	l.Move(50)
	from, _ := l.Window()
	l.SetRows(rows(-7, 107)) // seven new rows above
	if now, _ := l.Window(); l.CursorID() != "50" || now-from != 7 {
		t.Fatalf("on %s, the window moved by %d", l.CursorID(), now-from)
	}
}

func TestListAsksOnlyForRowsInView(t *testing.T) {
	t.Parallel()
	var l List
	l.SetSize(20, 10)
	l.SetRows(rows(0, 1_000_000))
	l.Key(tea.KeyMsg{Type: tea.KeyEnd})
	drawn := 0
	v := l.View(func(i int, _ bool, _ int) string { drawn++; return fmt.Sprint(i) })
	if drawn != 10 || !strings.Contains(v, "▸ 999999") {
		t.Fatalf("%d rows drawn:\n%s", drawn, v)
	}
}

func TestFilterTakesAllKeysUntilEnterOrEsc(t *testing.T) {
	t.Parallel()
	f := NewFilter("", "")
	f.Open()
	for _, r := range "jq" {
		if !f.Key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}) {
			t.Fatal("a letter did not change the filter")
		}
	}
	f.Key(tea.KeyMsg{Type: tea.KeyEnter})
	if f.Typing() || f.Value() != "jq" || !f.Active() {
		t.Fatal("enter keeps the filter and gives the keys back")
	}
	if !f.Back() || f.Active() || f.Back() {
		t.Fatal("esc clears once")
	}
}

func TestTableFitsAnyWidth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 120).Draw(t, "width")
		tb := NewTable(width, Column{Title: "A", Width: 10, Flex: 1}, Column{Title: "B", Width: 8, Drop: 2},
			Column{Title: "C", Width: 12, Right: true, Drop: 1}, Column{Title: "D", Width: 3})
		text := rapid.String().Draw(t, "text")
		for _, line := range []string{tb.Head(), tb.Row(Clean(text), "界界界界界", "1,204.00", "x")} {
			if w := ansi.StringWidth(line); w > max(width, 7) { // four columns of one cell
				t.Fatalf("%d cells in %d: %q", w, width, line)
			}
		}
	})
}

func TestOverlayKeepsTheSize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 60).Draw(t, "w"), rapid.IntRange(1, 20).Draw(t, "h")
		below := strings.Repeat(strings.Repeat("界", 40)+"\n", 30)
		lines := strings.Split(Overlay(below, Frame("title", "body", rapid.IntRange(1, 80).Draw(t, "dialog")), w, h), "\n")
		if len(lines) != h {
			t.Fatalf("%d lines", len(lines))
		}
		for _, l := range lines {
			if ansi.StringWidth(l) > w {
				t.Fatalf("%d cells in %d: %q", ansi.StringWidth(l), w, l)
			}
		}
	})
}

func TestBusyShowsNothingAtFirst(t *testing.T) {
	t.Parallel()
	var b Busy
	b.Start()
	if b.View("x") != "" {
		t.Fatal("a spinner in the first 150 ms")
	}
	for range 12 {
		b.Update(b.spin.Tick())
	}
	if v := ansi.Strip(b.View("loading")); !strings.Contains(v, "loading 1 s") {
		t.Fatalf("after 1.25 s: %q", v)
	}
	var other Busy
	if other.Start(); b.Update(other.spin.Tick()) != nil {
		t.Fatal("it turns with another's tick")
	}
	b.Stop()
	if b.View("x") != "" || b.Update(b.spin.Tick()) != nil {
		t.Fatal("it turns after Stop")
	}
}

func TestPageSaysThatThereIsMore(t *testing.T) {
	t.Parallel()
	lines := make([]string, 20)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d", i+1)
	}
	var p Page
	p.SetSize(30, 5)
	p.Set(lines)
	shows := func(first, last string) {
		t.Helper()
		got := strings.Split(p.View(), "\n")
		if len(got) != 5 || got[0] != first || got[4] != last {
			t.Errorf("%q", got)
		}
	}
	shows("line 1", "↓ lines 1 to 4 of 20")
	p.Key(tea.KeyMsg{Type: tea.KeyPgDown})
	shows("line 5", "↕ lines 5 to 8 of 20")
	p.Key(tea.KeyMsg{Type: tea.KeyEnd})
	shows("line 17", "↑ lines 17 to 20 of 20")
	p.SetSize(30, 30)
	if got := p.View(); strings.Contains(got, "of 20") || !strings.HasPrefix(got, "line 1\n") {
		t.Errorf("all of it fits, and it shows %q", got)
	}
	p.SetSize(30, 5)
	shows("line 17", "↑ lines 17 to 20 of 20")
}

func TestListSaysThatThereIsMore(t *testing.T) {
	t.Parallel()
	var l List
	l.SetSize(10, 3)
	l.SetRows(9, func(i int) string { return fmt.Sprint(i) })
	for keys, want := range []string{"▸ 0|  1|↓ 2", "  0|▸ 1|↓ 2", "  0|  1|▸ 2", "↑ 1|  2|▸ 3"} {
		if got := strings.ReplaceAll(l.View(func(i int, _ bool, _ int) string { return fmt.Sprint(i) }), "\n", "|"); got != want {
			t.Errorf("after %d keys: %q, want %q", keys, got, want)
		}
		l.Move(1)
	}
}

func TestTableKeepsWhatMustNotBeCut(t *testing.T) {
	t.Parallel()
	tb := NewTable(40, Column{Title: "A", Width: 20}, Column{Title: "IN", Width: 16, Min: 16, Right: true}, Column{Title: "R", Width: 30})
	if row := tb.Row("account", "1,234,567.89 USD", "result"); !strings.Contains(row, "1,234,567.89 USD") || ansi.StringWidth(row) != 40 {
		t.Errorf("%q", row)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	start := time.Unix(0, 0)
	for _, c := range []struct {
		done, total int
		took        time.Duration
		want        string
	}{
		{0, 0, 0, "────────── 0 of 0"},
		{0, 90, time.Minute, "────────── 0 of 90"},
		{45, 90, 0, "━━━━━───── 45 of 90"},
		{20_000, 100_000, 10 * time.Second, "━━──────── 20,000 of 100,000, 2,000 a second, 40s left"},
		{100, 100, time.Minute, "━━━━━━━━━━ 100 of 100, 1 a second, 0s left"},
	} {
		if got := Progress(c.done, c.total, start, start.Add(c.took)); got != c.want {
			t.Errorf("%d of %d after %s: %q, want %q", c.done, c.total, c.took, got, c.want)
		}
	}
}
