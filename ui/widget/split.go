package widget

import (
	"slices"
	"strings"
)

// Split cuts a list of ids as people paste it: by commas, blanks and lines.
func Split(s string) []any {
	out := []any{}
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(", ;\t\r\n", r) }) {
		if !slices.Contains(out, any(part)) {
			out = append(out, part)
		}
	}
	return out
}
