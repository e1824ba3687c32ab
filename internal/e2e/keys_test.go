package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// counted is a terminal that counts the keys of a task. What is typed as text is none.
type counted struct {
	*terminal
	keys  int
	spent map[string]int // by task
}

// hit presses keys of the task.
func (s *counted) hit(names ...string) {
	s.t.Helper()
	s.keys += len(names)
	s.press(names...)
}

// done ends the task, which had the keys since the one before.
func (s *counted) done(task string) { s.spent[task], s.keys = s.keys, 0 }

// The month's end of demo, by the keys that an operator presses: from the first Bill to
// a period that is reconciled, closed and has its evidence. No task takes more keys, or
// fewer, than docs/EXPECTATIONS.md says.
func TestTheMonthsEndByKeys(t *testing.T) {
	t.Parallel()
	kept := filepath.Join(folder(t), "kept")
	s := &counted{terminal: start(t, 120, 36, nil, "demo", "--latency", "5ms", "--keep", kept), spent: map[string]int{}}

	s.see("Press n to create an integration.")
	s.hit("n")
	s.see("● 1 Entity type")
	s.hit("enter")
	s.see("● 2 Destination")
	s.hit("enter")
	s.see("● 3 Configure and create")
	s.press("NetSuite US")
	s.hit("ctrl+s")
	s.see("○ NOT CONNECTED")
	s.done("create an integration")

	s.press("r")
	s.see("40 runs", "WAITING", "queued") // the Bills have come, and wait for Connect
	s.press("g")
	s.hit("x")
	s.see("hold …")
	s.hit("h")
	s.see("Hold: INVOICE-", "Reason")
	s.press("the price is disputed")
	s.hit("ctrl+s")
	s.see("– HELD", "held: the price is disputed")
	s.done("keep a Bill from being sent, with the reason")
	s.hit("x")
	s.see("release")
	s.hit("l")
	s.gone("– HELD")
	s.done("let it go")
	s.press("esc")
	s.see("○ NOT CONNECTED")

	s.hit("c")
	s.see("Netsuite Connection")
	s.hit("f2")
	s.see("EC P-256")
	s.hit("ctrl+s")
	s.see("● CONNECTED")
	s.done("connect it")

	s.hit("r")
	s.see("created #", "40 runs")
	s.gone("STARTED", "WAITING")
	s.done("watch its Bills go out")
	s.press("esc")
	s.see("Connected since")
	s.press("esc")
	s.see("Needs you", "1 ")

	s.hit("1") // the only one of its kind
	s.see("[1 Summary]", "Reference unknown (reference_unknown)")
	s.done("from the first screen, why the Bill with the most money was refused")

	s.hit("x")
	s.see("skip …")
	s.hit("p")
	s.see("Skip", "Reason")
	s.press("no customer before December")
	s.hit("ctrl+s")
	s.see("COMPLETE · skipped")
	s.gone("Reason") // the question, behind which that stands already
	s.done("leave a Bill out, with the reason")
	s.press("esc")
	s.see("Needs you")

	s.press("r")
	s.see("40 runs")
	s.hit("s")
	s.see("2 runs")
	s.done("only what failed")
	s.press("g", "down", "enter")
	s.see("Total is negative", "enter opens the setting")
	s.hit("enter")
	s.see("▸   Negative Bills", "‹ Hold ›")
	s.hit("right")
	s.see("‹ Credit memo ›")
	s.hit("ctrl+s")
	s.see("What saving changes", "INVOICE-129 globex: stops (negative_total) → is sent")
	s.hit("y")
	s.see("Saved", "COMPLETE · created")
	s.done("change the setting that mends a run, seeing first what it changes; its Bills go out")

	s.press("esc")
	s.see(" 1 run ")
	s.press("enter")
	s.see("ACCOUNTING_PERIOD_CLOSED")
	s.act("o", "A date in it", "the period of ")
	s.hit("R")
	s.see("✓ COMPLETE · created")
	s.done("send a Bill again")
	s.press("esc", "esc", "esc")
	s.see("Nothing needs you")

	s.hit("M")
	s.see("was not reconciled yet")
	s.hit("enter")
	s.see("both sides are equal: the period may be closed", "✓ EQUAL", "Nothing is in the way")
	s.done("reconcile the month that has ended")

	s.act("c", "A date in it", "the period of ") // in NetSuite, where periods are closed
	s.press("enter")
	s.see("closed · reconciled now · ✓ EQUAL")

	month := lastMonth(s)
	pack := filepath.Join(filepath.Dir(kept), "pack.zip")
	s.hit("x")
	s.see("evidence for an auditor …")
	s.hit("e")
	s.see("Evidence of ", "evidence-"+month+".zip")
	s.press("ctrl+u", pack)
	s.hit("ctrl+s")
	s.see(pack+" has 11 Bills and 11 documents, 0 breaks open, verdict equal", "It is signed with the key ")
	s.done("write its evidence for an auditor")
	if out := command(t, "evidence", "verify", pack); !strings.Contains(out, month) {
		t.Errorf("the pack: %s", out)
	}
	s.press("x", "e", "ctrl+u", pack, "ctrl+s")
	s.see("✗ " + pack + " is there already: name another file")
	s.press("esc", "y")
	s.see("EQUAL")

	for task, told := range keysTold(t) {
		if s.spent[task] != told {
			t.Errorf("%s takes %d keys, and docs/EXPECTATIONS.md tells %d", task, s.spent[task], told)
		}
		delete(s.spent, task)
	}
	for task, n := range s.spent {
		t.Errorf("%s takes %d keys, which docs/EXPECTATIONS.md does not tell", task, n)
	}
}

// lastMonth is the month on the page of the month's end, as 2026-10.
func lastMonth(s *counted) string {
	s.t.Helper()
	for _, l := range strings.Split(s.see("EQUAL"), "\n") {
		for i, name := range strings.Fields("January February March April May June July August September October November December") {
			if year, ok := strings.CutPrefix(strings.TrimSpace(l), name+" "); ok && len(year) > 4 {
				return year[:4] + "-" + strconv.Itoa(101 + i)[1:]
			}
		}
	}
	s.t.Fatal("the page names no month")
	return ""
}

// keysTold reads the table of docs/EXPECTATIONS.md.
func keysTold(t *testing.T) map[string]int {
	t.Helper()
	page, err := os.ReadFile("../../docs/EXPECTATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| task | keys |")
	told := map[string]int{}
	for _, l := range strings.Split(table, "\n")[2:] {
		cells := strings.Split(l, "|")
		if len(cells) < 4 {
			break
		}
		n, err := strconv.Atoi(strings.TrimSpace(cells[2]))
		if err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		told[strings.TrimSpace(cells[1])] = n
	}
	if len(told) == 0 {
		t.Fatal("docs/EXPECTATIONS.md tells no keys")
	}
	return told
}
