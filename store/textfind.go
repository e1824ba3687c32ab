package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"billferry/internal/integration"
	"billferry/store/kv"
)

// A search by text reads a thousand runs and more for a page, and nearly all of
// them have nothing of it. Those are told by the few fields that are searched,
// as they lie there: in a tenth of the time that reading a run takes.

// MayHaveText tells whether a packed run may have the text of a filter. When it has
// not, no part of the text is in a field that RunFilter.Matches searches.
func MayHaveText(id string, packed []byte, f *integration.RunFilter) bool {
	k, ok := parseKey(id)
	return !ok || mayHave(k, packed, strings.ToLower(f.Text))
}

// mayHave is MayHaveText for a text in lower case.
func mayHave(k key, b []byte, lower string) bool {
	if lower == "" || len(b) == 0 || b[0] != codecPlain || uuidHas(k[:], lower) {
		return true // a long record is packed: whoever reads it sees
	}
	for b = b[1:]; len(b) > 0; {
		head, n := binary.Uvarint(b)
		if n <= 0 {
			return true // whoever reads it says what is wrong with it
		}
		b = b[n:]
		field, found := int(head>>2), false
		searched := field >= 1 && field <= len(runFields) && runFields[field-1].searched
		switch form := head & 3; form {
		case formNumber:
			if _, n = binary.Uvarint(b); n <= 0 {
				return true
			}
			b = b[n:]
		case formUUID:
			if len(b) < 16 {
				return true
			}
			found = searched && uuidHas(b[:16], lower)
			b = b[16:]
		default:
			part, rest, err := kv.CutPart(b)
			if err != nil {
				return true
			}
			if b = rest; searched {
				found = form == formHex && strings.Contains(hex.EncodeToString(part), lower) || form == formText && textHas(part, lower)
			}
		}
		if found {
			return true
		}
	}
	return false
}

// uuidHas tells whether a UUID as it is written has a text.
func uuidHas(id []byte, lower string) bool {
	var text [36]byte
	writeUUID(&text, id)
	return bytesHave(text[:], lower)
}

// textHas tells whether a text has another, however it is written.
func textHas(text []byte, lower string) bool {
	var room [64]byte
	if len(text) > len(room) {
		return strings.Contains(strings.ToLower(string(text)), lower)
	}
	for i, c := range text {
		if c >= utf8.RuneSelf {
			return strings.Contains(strings.ToLower(string(text)), lower)
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		room[i] = c
	}
	return bytesHave(room[:len(text)], lower)
}

// bytesHave is strings.Contains for bytes: it looks for the first byte of the text.
func bytesHave(b []byte, text string) bool {
	for {
		i := bytes.IndexByte(b, text[0])
		if i < 0 || len(b)-i < len(text) {
			return false
		}
		if string(b[i:i+len(text)]) == text {
			return true
		}
		b = b[i+1:]
	}
}
