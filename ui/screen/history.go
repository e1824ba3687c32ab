package screen

import "slices"

// History keeps the lines that lists were filtered by, for the time the program
// runs. It belongs to the loop of the program, as the screens do.
type History struct{ lines map[string][]string }

// historyLines is how many are kept of each list.
const historyLines = 50

// Add keeps a line as the newest of a kind of list; the same line is kept once.
func (h *History) Add(kind, line string) {
	if h == nil || line == "" {
		return
	}
	if h.lines == nil {
		h.lines = map[string][]string{}
	}
	kept := slices.DeleteFunc(h.lines[kind], func(l string) bool { return l == line })
	kept = append(kept, line)
	h.lines[kind] = kept[max(0, len(kept)-historyLines):]
}

// Back is the line so many before the newest, which is 1; false when there is none.
func (h *History) Back(kind string, n int) (string, bool) {
	if h == nil || n < 1 || n > len(h.lines[kind]) {
		return "", false
	}
	all := h.lines[kind]
	return all[len(all)-n], true
}
