package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// script is what is left of a world when it is shrunk: it says which of all that
// the seed would draw happens. The zero script is the whole world.
type script struct {
	bills []int    // nil: all
	acts  []int    // nil: all
	off   []string // kinds of trouble that do not happen; see kinds
}

// kinds are the troubles that a script can leave out as a whole, those first
// that others hang on. Faults of the simulators follow by their own names.
var kinds = []string{"crash", "disk", "slow disk", "wire", "late", "twice", "clock", "two", "moving", "purge", "plan", "amend",
	"pending", "tax", "approval", "mapped", "m3ter faults", "hook faults", "faults"}

func (s script) on(kind string) bool { return !slices.Contains(s.off, kind) }

func (s script) bill(i int) bool { return s.bills == nil || slices.Contains(s.bills, i) }

func (s script) act(i int) bool { return s.acts == nil || slices.Contains(s.acts, i) }

// String writes a script as parseScript reads it.
func (s script) String() string {
	var parts []string
	for name, list := range map[string][]int{"bills": s.bills, "acts": s.acts} {
		if list != nil {
			parts = append(parts, name+"="+strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]"))
		}
	}
	if len(s.off) > 0 {
		parts = append(parts, "off="+strings.ReplaceAll(strings.Join(s.off, ","), " ", "_"))
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func parseScript(text string) (s script, err error) {
	for part := range strings.FieldsSeq(text) {
		name, list, _ := strings.Cut(part, "=")
		switch name {
		case "bills":
			s.bills, err = numbers(list)
		case "acts":
			s.acts, err = numbers(list)
		case "off":
			s.off = strings.Split(strings.ReplaceAll(list, "_", " "), ",")
		default:
			err = fmt.Errorf("unknown part %q: bills=, acts= and off= are known", part)
		}
		if err != nil {
			return s, fmt.Errorf("script %q: %w", text, err)
		}
	}
	return s, nil
}

func numbers(list string) ([]int, error) {
	out := []int{}
	for text := range strings.SplitSeq(list, ",") {
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// on tells whether a kind of trouble happens in this world.
func (w *world) on(kind string) bool { return w.o.Script.on(kind) }

// draws is a source of its own for each thing that is drawn, so that leaving one
// out changes no other.
func (w *world) draws(what string, n int) *rand.Rand {
	return rand.New(rand.NewPCG(w.o.Seed, uint64(n)<<8^sumOf(what)))
}
