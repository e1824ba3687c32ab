// Package nearest finds the word that was meant by one that is misspelt.
package nearest

import "strings"

// Word is the one of words that is a slip or two away from typed, whatever the case
// of its letters; "" when none is.
func Word(typed string, words ...string) (best string) {
	least := 4
	for _, w := range words {
		if d := distance(strings.ToLower(typed), strings.ToLower(w)); d < least && d*4 <= max(4, len(typed)) {
			least, best = d, w
		}
	}
	return best
}

// Hint is "; did you mean X?" of the nearest word, for the end of an error; "" when
// none is near.
func Hint(typed string, words ...string) string {
	if w := Word(typed, words...); w != "" {
		return "; did you mean " + w + "?"
	}
	return ""
}

// distance counts the letters to put in, take out or change (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
