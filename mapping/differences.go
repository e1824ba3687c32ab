package mapping

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// mostDifferences bounds what is said of two documents that differ everywhere.
const mostDifferences = 6

// Differences says in words where the bodies of two documents differ: what a
// destination would get otherwise. Elements of lists count from 1.
func Differences(before, after Encoded) []string {
	if bytes.Equal(before.Body, after.Body) {
		return nil
	}
	var was, would any
	for raw, to := range map[*json.RawMessage]*any{&before.Body: &was, &after.Body: &would} {
		d := json.NewDecoder(bytes.NewReader(*raw))
		d.UseNumber()
		_ = d.Decode(to) // none: no document
	}
	c := comparing{}
	c.walk("", "", was, would)
	if n := len(c.found) - mostDifferences; n > 0 {
		return append(c.words(mostDifferences), fmt.Sprintf("and %d more", n))
	}
	return c.words(len(c.found))
}

type comparing struct{ found []difference }

// difference is one place, or several of a list that differ in the same way.
type difference struct {
	at, in, how string // in is at without the places in lists
	n           int
}

func (c *comparing) words(most int) []string {
	out := make([]string, most)
	for i, d := range c.found[:most] {
		if out[i] = d.at + ": " + d.how; d.n > 1 {
			out[i] = fmt.Sprintf("%s: %s (%d times)", d.in, d.how, d.n)
		}
	}
	return out
}

func (c *comparing) add(at, in, how string) {
	for i := range c.found {
		if d := &c.found[i]; d.in == in && d.how == how {
			d.n++
			return
		}
	}
	c.found = append(c.found, difference{at, in, how, 1})
}

func (c *comparing) walk(at, in string, was, would any) {
	a, isMap := was.(map[string]any)
	b, otherMap := would.(map[string]any)
	if isMap || otherMap {
		keys := maps.Clone(a)
		if keys == nil {
			keys = map[string]any{}
		}
		maps.Copy(keys, b)
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			c.walk(join(at, k), join(in, k), a[k], b[k])
		}
		return
	}
	x, isList := was.([]any)
	y, otherList := would.([]any)
	if isList || otherList {
		for i := range max(len(x), len(y)) {
			c.walk(at+" "+strconv.Itoa(i+1), in, element(x, i), element(y, i))
		}
		return
	}
	if l, r := word(was), word(would); l != r {
		c.add(at, in, l+" → "+r)
	}
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

func element(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

// word is a value in a difference.
func word(v any) string {
	switch x := v.(type) {
	case nil:
		return "–"
	case string:
		return cmp.Or(clip(x, 60), `""`)
	}
	return fmt.Sprint(v)
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
