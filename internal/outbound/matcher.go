package outbound

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"
)

// Removed stands where a secret was.
const Removed = "[removed]"

const (
	gram     = 4  // bytes of which the index knows where they stand in secrets
	mapBits  = 18 // of the map that says "no" to nearly every gram
	perGram  = 64 // places that are tried for one gram: "aaaa" may have thousands
	perGrams = 64 // bytes of a secret of few different bytes that is looked for
)

// matcher finds many secrets in one walk that looks at every 13th place of a
// text only: whatever holds 16 bytes of a secret holds a gram of it at one of
// them. A map of 32 KB answers for nearly all that there is none.
type matcher struct {
	text   []byte   // all forms of all secrets
	forms  []form   // by start
	places []uint64 // gram and where it stands in text, sorted
	seen   [1 << mapBits / 64]uint64
	stride int
	tail   int       // the longest form with all its bytes escaped
	holds  [256]bool // bytes that can be part of a form, escaped or not
}

// known is a secret with what it is.
type known struct {
	text   string
	bearer bool
}

// newMatcher returns nil when there is nothing to look for.
func newMatcher(secrets []known) *matcher {
	m := &matcher{stride: piece - gram + 1}
	for _, k := range secrets {
		for _, l := range lines(k.text) {
			m.add(l, k.bearer)
			if plus := strings.ReplaceAll(l, " ", "+"); plus != l {
				m.add(plus, k.bearer)
			}
			// A secret may look escaped itself.
			for text, n := []byte(l), 0; n < rounds; n++ {
				next := unescape(nil, text, nil)
				if len(next) == len(text) {
					break
				}
				m.add(string(next), k.bearer)
				text = next
			}
		}
	}
	if len(m.forms) == 0 {
		return nil
	}
	slices.Sort(m.places)
	for _, c := range `%\&#;` + "\x00" + "0123456789abcdefABCDEFuxX" + "amp;lt;gt;quot;apos;plus;sol;equals;" {
		m.holds[byte(c)] = true
	}
	return m
}

func (m *matcher) add(text string, bearer bool) {
	if len(text) < shortest {
		return
	}
	few := distinct([]byte(text)) < various
	if few && len(text) > perGrams {
		return // no secret at all, and slow to look for
	}
	m.form(text, form{bearer: bearer}, few, len(text))
	for _, e := range inBase64(text) {
		// Base64 may be cut off at its end: its begin is what is looked for.
		m.form(e.text, form{bearer: bearer, before: e.before, after: e.after}, few, piece)
	}
}

// form adds one form of which the first bytes are in the index.
func (m *matcher) form(text string, f form, whole bool, indexed int) {
	f.start, f.end, f.need = len(m.text), len(m.text)+len(text), min(len(text), piece)
	if whole {
		f.need = len(text)
	}
	m.text, m.forms = append(m.text, text...), append(m.forms, f)
	m.stride = min(m.stride, f.need-gram+1)
	m.tail = max(m.tail, 7*len(text)) // &#x2B; has six for one
	for i := f.start; i+gram <= min(f.end, f.start+max(indexed, f.need)); i++ {
		g := binary.LittleEndian.Uint32(m.text[i:])
		m.places = append(m.places, uint64(g)<<32|uint64(i))
		h := hash(g)
		m.seen[h/64] |= 1 << (h % 64)
	}
	for i := range len(text) {
		m.holds[text[i]] = true
	}
	m.holds['='] = true
}

func hash(g uint32) uint32 { return g * 2654435761 >> (32 - mapBits) }

// span is a part of a text that is taken out.
type span struct{ from, to int }

// search says what counts as a secret.
type search struct {
	m *matcher
	// whole wants whole secrets, and leaves access tokens: the answer that
	// brings one may bring that of before, and shares its first half with it.
	whole bool
}

// raw finds the secrets that stand in b as they are.
func (s search) raw(b []byte, out []span) []span {
	m, low := s.m, 0
	for i := m.stride - 1; i+gram <= len(b); i += m.stride {
		g := binary.LittleEndian.Uint32(b[i:])
		if h := hash(g); m.seen[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		if found, ok := s.around(b, low, i, g); ok {
			out = append(out, found)
			low = found.to
			i = low - 1 // and the stride
		}
	}
	return out
}

// around gives the longest secret of which the gram at b[i] is a part.
func (s search) around(b []byte, low, i int, g uint32) (best span, ok bool) {
	m := s.m
	at, _ := slices.BinarySearch(m.places, uint64(g)<<32)
	for n := 0; n < perGram && at < len(m.places) && uint32(m.places[at]>>32) == g; n, at = n+1, at+1 {
		q := int(uint32(m.places[at]))
		f := m.forms[sort.Search(len(m.forms), func(k int) bool { return m.forms[k].end > q })]
		if s.whole && f.bearer {
			continue
		}
		left, right := 0, gram
		for i-left > low && q-left > f.start && b[i-left-1] == m.text[q-left-1] {
			left++
		}
		for i+right < len(b) && q+right < f.end && b[i+right] == m.text[q+right] {
			right++
		}
		size, all := left+right, left+right == f.end-f.start
		if size <= best.to-best.from || !all && (s.whole || size < f.need || distinct(b[i-left:i+right]) < various) {
			continue
		}
		best, ok = span{max(low, i-left-f.before), min(len(b), i+right+f.after)}, true
		for f.after+f.before > 0 && best.to < len(b) && b[best.to] == '=' {
			best.to++
		}
	}
	return best, ok
}

// escaped finds the secrets in b that have an escape in them. It looks at the
// runs of bytes that can be part of one around each escape: in JSON, where a
// quote ends a run, there is hardly any.
func (s search) escaped(b []byte, out []span) []span {
	m, f, low := s.m, newFinder(b), 0
	for i := f.from(0); i < len(b); i = f.from(low) {
		from := i
		for from > low && m.holds[b[from-1]] {
			from--
		}
		for low = i + 1; low < len(b) && m.holds[b[low]]; low++ {
		}
		if low-from < m.stride+gram-1 {
			continue
		}
		out = s.unpacked(b[from:low], from, out)
	}
	return out
}

// rounds is how many escapes may lie within each other: HTML in JSON in a URL.
const rounds = 3

// unpacked finds the secrets in a run that begins at from, with its escapes
// taken off, one layer after the other.
func (s search) unpacked(run []byte, from int, out []span) []span {
	for text, n := run, 1; n <= rounds; n++ {
		next := unescape(nil, text, nil)
		if len(next) == len(text) {
			break
		}
		text = next
		found := s.raw(text, nil)
		if len(found) == 0 {
			continue
		}
		at := origin(run, n)
		for _, x := range found {
			out = append(out, span{from + at[x.from], from + at[x.to]})
		}
	}
	return out
}

// origin tells where in run each byte began of what n layers less leave.
func origin(run []byte, n int) []int {
	var whole []int
	text := run
	for range n {
		at := make([]int, 0, len(text)+1)
		next := unescape(nil, text, &at)
		at = append(at, len(text))
		for i, k := range at {
			if whole != nil {
				at[i] = whole[k]
			}
		}
		text, whole = next, at
	}
	return whole
}

// spans finds all secrets in b, escaped or not, in order.
func (s search) spans(b []byte) []span {
	out := s.raw(b, nil)
	plain := len(out)
	if out = s.escaped(b, out); len(out) == plain {
		return out
	}
	slices.SortFunc(out, func(a, b span) int { return a.from - b.from })
	kept := out[:1]
	for _, x := range out[1:] {
		if last := &kept[len(kept)-1]; x.from <= last.to {
			last.to = max(last.to, x.to)
			continue
		}
		kept = append(kept, x)
	}
	return kept
}

// clean returns a text without secrets.
func (s search) clean(text string) string {
	if s.m == nil || text == "" {
		return text
	}
	found := s.spans([]byte(text))
	if len(found) == 0 {
		return text
	}
	var out []byte
	last := 0
	for _, x := range found {
		out = append(append(out, text[last:x.from]...), Removed...)
		last = x.to
	}
	return string(append(out, text[last:]...))
}

func distinct(b []byte) int {
	var seen [4]uint64
	n := 0
	for _, c := range b {
		if bit := uint64(1) << (c % 64); seen[c/64]&bit == 0 {
			seen[c/64] |= bit
			n++
		}
	}
	return n
}
