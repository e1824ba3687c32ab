package mapping

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"billferry/internal/bill"
)

const between = " | "

// lineText is the description of a document line: the line's own words, its
// product, segment and group, the child account, and the band.
func lineText(l *bill.Line, band string) string {
	var room [256]byte // most fit: then the string is all that is allocated
	b := room[:0]
	add := func(parts ...string) {
		if len(b) > 0 {
			b = append(b, between...)
		}
		for _, p := range parts {
			b = append(b, p...)
		}
	}
	if l.Description != "" {
		add(l.Description)
	}
	if l.ProductName != "" && !strings.Contains(l.Description, l.ProductName) {
		add(l.ProductName)
	}
	for _, p := range l.Segment {
		add(p.Name, ": ", p.Value)
	}
	for _, p := range l.Group {
		add(p.Name, ": ", p.Value)
	}
	if l.ChildAccountCode != "" {
		add("account: ", l.ChildAccountCode)
	}
	if band != "" {
		add(band)
	}
	if len(b) == 0 {
		add(l.Type)
	}
	return string(b)
}

// clean takes out control characters: they have no place in an invoice, and
// on a terminal they would be obeyed.
func clean(s string) string {
	if printable(s) || strings.IndexFunc(s, unicode.IsControl) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// printable tells of nearly every text, and at little cost, that it has no
// control character: it is ASCII, and none of them.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// cut shortens s to limit UTF-16 units, where there is a limit, and marks that with an ellipsis. It
// never parts what a reader sees as one character.
func cut(s string, limit int) (string, bool) {
	if limit <= 0 || len(s) <= limit || units(s) <= limit {
		return s, false
	}
	kept, used := 0, 0
	state := -1
	for rest := s; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += units(cluster); used > limit-1 {
			break
		}
		kept += len(cluster)
	}
	return s[:kept] + "…", true
}

// units counts UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
	}
	return n
}

// counted is "1 line" or "3 lines".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
