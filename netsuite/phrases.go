package netsuite

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// gap stands in a phrase for what an answer puts between its words: names,
// numbers, dates.
const gap = "…"

// says tells whether text has a sentence that one of the phrases is.
//
// A phrase is compared with a sentence, or with what follows a colon in one,
// from the first word to the last: a piece of a sentence says too little. "No
// open tax period" is about no accounting period, and what a script of the
// account says in its own words is not NetSuite's word.
func says(text string, phrases []string) bool {
	if len(phrases) == 0 {
		return false
	}
	return slices.ContainsFunc(sentences(strings.ToLower(text)), func(s string) bool {
		return slices.ContainsFunc(phrases, func(p string) bool { return isPhrase(s, p) })
	})
}

// sentences cuts a text at the ends of its sentences; of one with colons what
// follows each colon is a sentence too: scripts put their name before
// NetSuite's words.
func sentences(text string) (out []string) {
	add := func(s string) {
		for s = strings.TrimSpace(s); s != ""; {
			out = append(out, s)
			at := strings.Index(s, ": ")
			if at < 0 {
				return
			}
			s = strings.TrimSpace(s[at+1:])
		}
	}
	start := 0
	for i, r := range text {
		end := i + utf8.RuneLen(r)
		if strings.ContainsRune(".!?;", r) && (end >= len(text) || text[end] == ' ') {
			add(text[start:i])
			start = end
		}
	}
	add(text[start:])
	return out
}

// isPhrase compares a sentence with a phrase, both in lower case.
func isPhrase(s, phrase string) bool {
	parts := strings.Split(phrase, gap)
	if len(parts) == 1 {
		return s == phrase
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(s, first) {
		return false
	}
	s = s[len(first):]
	for _, p := range parts[1 : len(parts)-1] {
		at := indexWords(s, p)
		if at < 0 {
			return false
		}
		s = s[at+len(p):]
	}
	return strings.HasSuffix(s, last) && wordStart(s, len(s)-len(last), last)
}

// indexWords finds words in s that neither begin nor end within a word.
func indexWords(s, words string) int {
	for from := 0; ; {
		at := strings.Index(s[from:], words)
		if at < 0 {
			return -1
		}
		at += from
		end := at + len(words)
		next, _ := utf8.DecodeRuneInString(s[end:])
		tail, _ := utf8.DecodeLastRuneInString(words)
		if wordStart(s, at, words) && !(end < len(s) && unicode.IsLetter(next) && unicode.IsLetter(tail)) {
			return at
		}
		from = at + 1
	}
}

// wordStart tells whether words, which stand at at, begin no word in its middle.
func wordStart(s string, at int, words string) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	head, _ := utf8.DecodeRuneInString(words)
	return at == 0 || !unicode.IsLetter(before) || !unicode.IsLetter(head)
}
