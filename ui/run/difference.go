package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// difference is one field of what was sent beside what the destination holds.
type difference struct {
	path       string
	sent, held string
	kind       string // same, differs, not returned, only there
}

// told are fields that a destination fills by itself and that explain the rest.
var told = []string{"id", "tranId", "status", "total", "amountPaid", "amountRemaining", "postingPeriod"}

// sides finds what was sent, else what would be, and what the destination held
// when it was last read: in this attempt, else in an earlier one.
func sides(attempts []integration.Attempt, at int, document []byte) (sent, held []byte) {
	if at < len(attempts) {
		for _, x := range attempts[at].Exchanges {
			if x.Writes() && len(x.ReqBody) > 0 {
				sent = x.ReqBody
			}
		}
	}
	if sent == nil {
		sent = document
	}
	for i := min(at, len(attempts)-1); i >= 0 && held == nil; i-- {
		for _, x := range attempts[i].Exchanges {
			if x.Reads() && x.Status/100 == 2 && isRecord(x.RespBody) {
				held = x.RespBody
			}
		}
	}
	return sent, held
}

// isRecord tells a record from a collection of links.
func isRecord(b []byte) bool {
	m, ok := decode(b).(map[string]any)
	return ok && m["id"] != nil && m["hasMore"] == nil
}

// decode reads JSON with its numbers as they are written; nil when it is not.
func decode(b []byte) any {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	return v
}

// compare walks what was sent and finds each field in what is held. What
// the destination adds by itself does not count as a difference.
func compare(sent, held []byte) []difference {
	s, ok := decode(sent).(map[string]any)
	h, isObject := decode(held).(map[string]any)
	if !ok || !isObject {
		return nil
	}
	out := walk("", s, h)
	for _, k := range told {
		if v, there := field(h, k); there && s[k] == nil {
			out = append(out, difference{path: k, held: scalar(v), kind: "only there"})
		}
	}
	rank := map[string]int{"differs": 0, "not returned": 1, "only there": 2, "same": 3}
	slices.SortStableFunc(out, func(a, b difference) int { return rank[a.kind] - rank[b.kind] })
	return out
}

func walk(path string, sent, held any) []difference {
	switch s := sent.(type) {
	case map[string]any:
		if path != "" && isReference(s) {
			return []difference{reference(path, s, held)}
		}
		h, _ := held.(map[string]any)
		var out []difference
		for _, k := range slices.Sorted(maps.Keys(s)) {
			v, _ := field(h, k)
			out = append(out, walk(strings.TrimPrefix(path+"."+k, "."), s[k], v)...)
		}
		return out
	case []any:
		return lines(path, s, held)
	}
	return []difference{verdict(path, scalar(sent), held)}
}

// lines compares lists place by place, and says when one is longer.
func lines(path string, sent []any, held any) []difference {
	h, _ := held.([]any)
	var out []difference
	for i, s := range sent {
		var v any
		if i < len(h) {
			v = h[i]
		}
		out = append(out, walk(fmt.Sprintf("%s[%d]", path, i+1), s, v)...)
	}
	if len(h) > len(sent) {
		out = append(out, difference{path: path, sent: count(len(sent)), held: count(len(h)), kind: "differs"})
	}
	return out
}

func count(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprint(n, " lines")
}

// isReference tells a pointer to another record: {"id":"5"}.
func isReference(m map[string]any) bool {
	for k := range m {
		if k != "id" && k != "externalId" && k != "refName" {
			return false
		}
	}
	return len(m) > 0
}

// reference compares a pointer with what came back for it: the destination
// answers with its own id and name, whatever it was named by.
func reference(path string, s map[string]any, held any) difference {
	h, ok := held.(map[string]any)
	id, byID := s["id"]
	switch {
	case !ok:
		return verdict(path, scalar(s), held)
	case !byID:
		return difference{path, scalar(s), scalar(held), "not returned"}
	}
	d := verdict(path, scalar(id), h["id"])
	if name, _ := h["refName"].(string); name != "" && d.held != "" {
		d.held += " (" + name + ")"
	}
	return d
}

func verdict(path, sent string, held any) difference {
	if held == nil {
		return difference{path, sent, "", "not returned"}
	}
	d := difference{path, sent, scalar(held), "differs"}
	if same(d.sent, d.held) {
		d.kind = "same"
	}
	return d
}

// same compares as record services mean it: 12.5 is 12.50, true is T.
func same(a, b string) bool {
	if a == b || a == "true" && b == "T" || a == "false" && b == "F" {
		return true
	}
	x, errX := decimal.Parse(a)
	y, errY := decimal.Parse(b)
	return errX == nil && errY == nil && x.Equal(y)
}

func scalar(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case json.Number, bool:
		return fmt.Sprint(x)
	case map[string]any:
		for _, k := range []string{"refName", "id", "externalId"} {
			if x[k] != nil {
				return scalar(x[k])
			}
		}
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// field finds a field in any letter case, as record services do.
func field(m map[string]any, key string) (any, bool) {
	if v, ok := m[key]; ok {
		return v, true
	}
	for k, v := range m {
		if strings.EqualFold(k, key) {
			return v, true
		}
	}
	return nil, false
}
