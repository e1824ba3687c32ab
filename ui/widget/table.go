package widget

import (
	"strings"

	"billferry/ui/theme"
)

// Column is one column of a table.
type Column struct {
	Title string
	Width int  // cells it wants
	Want  int  // cells its rows need, when that is known: it gives what it does not need, and gets more before others share
	Flex  int  // share of the cells left over; 0: none
	Right bool // numbers
	// Drop says which columns go first when there is too little room: the
	// highest first; 0 never goes.
	Drop int
	// Min is what it keeps when the columns that stay are still too wide: an
	// amount that is cut reads as another amount.
	Min int
	// Whole says that its rows need all of Want: columns with Drop go before it
	// is cut.
	Whole bool
}

// Table lays columns out in a width. Compute it in SetSize, draw with it in View.
type Table struct {
	cols   []Column
	widths []int // 0: not shown
}

// NewTable fits columns into width cells, one space between two.
func NewTable(width int, cols ...Column) Table {
	t := Table{cols: cols, widths: make([]int, len(cols))}
	for i, c := range cols {
		if t.widths[i] = c.Width; c.Want > 0 {
			t.widths[i] = min(c.Width, max(c.Want, Cells(c.Title)))
		}
	}
	for t.used()+t.lack() > width && t.dropOne() {
	}
	t.need(width-t.used(), func(c Column) bool { return c.Whole })
	t.need(width-t.used(), func(Column) bool { return true })
	t.share(width - t.used())
	for over := t.used() - width; over > 0; over-- { // too little even so: shave the widest
		w := t.widest()
		if t.widths[w] <= 1 {
			break
		}
		t.widths[w]--
	}
	return t
}

// lack is what columns that are to be whole do not have yet.
func (t Table) lack() (n int) {
	for i, c := range t.cols {
		if c.Whole && t.widths[i] > 0 {
			n += max(0, c.Want-t.widths[i])
		}
	}
	return n
}

// Fits tells that no column is cut that is to be whole.
func (t Table) Fits() bool { return t.lack() == 0 }

// need gives columns what their rows need, those first that need least.
func (t Table) need(space int, of func(Column) bool) {
	for space > 0 {
		least, lack := -1, 0
		for i, c := range t.cols {
			if n := c.Want - t.widths[i]; of(c) && t.widths[i] > 0 && n > 0 && (least < 0 || n < lack) {
				least, lack = i, n
			}
		}
		if least < 0 {
			return
		}
		lack = min(lack, space)
		t.widths[least] += lack
		if space -= lack; t.widths[least] < t.cols[least].Want {
			return
		}
	}
}

func (t Table) used() int {
	n := -1
	for _, w := range t.widths {
		if w > 0 {
			n += w + 1
		}
	}
	return max(0, n)
}

func (t Table) dropOne() bool {
	worst := -1
	for i, c := range t.cols {
		if t.widths[i] > 0 && c.Drop > 0 && (worst < 0 || c.Drop > t.cols[worst].Drop) {
			worst = i
		}
	}
	if worst < 0 {
		return false
	}
	t.widths[worst] = 0
	return true
}

func (t Table) share(space int) {
	flex := 0
	for i, c := range t.cols {
		if t.widths[i] > 0 {
			flex += c.Flex
		}
	}
	for i, c := range t.cols {
		if space > 0 && flex > 0 && t.widths[i] > 0 && c.Flex > 0 {
			more := space * c.Flex / flex
			t.widths[i] += more
			space -= more
			flex -= c.Flex
		}
	}
}

// widest is the column to shave: of those above what they keep, else of all.
func (t Table) widest() int {
	all, spare := 0, -1
	for i, c := range t.cols {
		if t.widths[i] > t.widths[all] {
			all = i
		}
		if t.widths[i] > max(1, c.Min) && (spare < 0 || t.widths[i] > t.widths[spare]) {
			spare = i
		}
	}
	if spare >= 0 {
		return spare
	}
	return all
}

// Width is how many cells column i got; 0 when it is not shown.
func (t Table) Width(i int) int {
	if i >= len(t.widths) {
		return 0
	}
	return t.widths[i]
}

// Head is the line of titles.
func (t Table) Head() string {
	cells := make([]string, len(t.cols))
	for i, c := range t.cols {
		cells[i] = theme.Dim.Render(c.Title)
	}
	return t.Row(cells...)
}

// Row is one line; cells may be styled. Missing cells are empty.
func (t Table) Row(cells ...string) string {
	var b strings.Builder
	first := true
	for i, w := range t.widths {
		if w == 0 {
			continue
		}
		if !first {
			b.WriteByte(' ')
		}
		first = false
		cell := ""
		if i < len(cells) {
			cell = cells[i]
		}
		if t.cols[i].Right {
			b.WriteString(FitRight(cell, w))
		} else {
			b.WriteString(Fit(cell, w))
		}
	}
	return b.String()
}
