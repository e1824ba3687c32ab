package store

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/store/kv"
)

// A record is a list of fields: a number of the field times 4 plus its form,
// then the value. Zero values are left out. Numbers of fields are part of the
// file format and never change their meaning; a reader skips those it does not
// know. Runs are kept so because JSON takes twenty times as long to read, and
// that is what a million runs have to be filtered through.
const (
	formNumber = 0 // zigzag varint: whole numbers, booleans, nanoseconds since 1970
	formText   = 1 // length, bytes
	formUUID   = 2 // 16 bytes for the 36 characters of a UUID in lower case
	formHex    = 3 // length, half as many bytes as characters, lower case
)

var errDamaged = errors.New("the record is damaged")

func appendNumber(b []byte, field int, v int64) []byte {
	if v == 0 {
		return b
	}
	return binary.AppendVarint(binary.AppendUvarint(b, uint64(field)<<2|formNumber), v)
}

func appendTime(b []byte, field int, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	return binary.AppendVarint(binary.AppendUvarint(b, uint64(field)<<2|formNumber), t.UnixNano())
}

func appendText(b []byte, field int, s string) []byte {
	if s == "" {
		return b
	}
	if digits, ok := uuidDigits(s); ok {
		b = binary.AppendUvarint(b, uint64(field)<<2|formUUID)
		b, _ = hex.AppendDecode(b, digits[:]) // checked just now
		return b
	}
	if lowerHex(s) {
		b = binary.AppendUvarint(b, uint64(field)<<2|formHex)
		b = binary.AppendUvarint(b, uint64(len(s)/2))
		b, _ = hex.AppendDecode(b, []byte(s)) // checked just now
		return b
	}
	b = binary.AppendUvarint(b, uint64(field)<<2|formText)
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// uuidDigits are the digits of a UUID in its usual form.
func uuidDigits(s string) (digits [32]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return digits, false
	}
	copy(digits[:], s[:8])
	copy(digits[8:], s[9:13])
	copy(digits[12:], s[14:18])
	copy(digits[16:], s[19:23])
	copy(digits[20:], s[24:])
	return digits, lowerHex(digits[:])
}

// lowerHex tells whether s is a hash or the like, worth the second form.
func lowerHex[T string | []byte](s T) bool {
	if len(s) < 16 || len(s)%2 != 0 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func appendDecimal(b []byte, field int, d decimal.D) []byte {
	s := d.Append(make([]byte, 0, 32)) // which nearly all fit, and the stack has
	if string(s) == "0" {
		return b
	}
	b = binary.AppendUvarint(b, uint64(field)<<2|formText)
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// value is one field as read: a number, or a text.
type value struct {
	number int64
	text   string
}

func (v value) time() time.Time { return time.Unix(0, v.number).UTC() }

// readFields calls f for each field of a record. All texts of a record share
// one piece of memory: a run has some thirty, and most work of the store is
// reading runs.
func readFields(b []byte, f func(field int, v value) error) error {
	var room strings.Builder
	room.Grow(len(b)*9/4 + 8) // of 16 bytes of a UUID become 36 characters
	for len(b) > 0 {
		head, n := binary.Uvarint(b)
		if n <= 0 {
			return errDamaged
		}
		v, rest, err := readValue(b[n:], int(head&3), &room)
		if err != nil {
			return err
		}
		if err := f(int(head>>2), v); err != nil {
			return fmt.Errorf("field %d: %w", head>>2, err)
		}
		b = rest
	}
	return nil
}

func readValue(b []byte, form int, room *strings.Builder) (v value, rest []byte, err error) {
	start := room.Len()
	switch form {
	case formNumber:
		x, n := binary.Varint(b)
		if n <= 0 {
			return v, nil, errDamaged
		}
		return value{number: x}, b[n:], nil
	case formUUID:
		if len(b) < 16 {
			return v, nil, errDamaged
		}
		var text [36]byte
		writeUUID(&text, b)
		room.Write(text[:])
		return value{text: room.String()[start:]}, b[16:], nil
	}
	part, rest, err := kv.CutPart(b)
	if err != nil {
		return v, nil, err
	}
	if form != formHex {
		room.Write(part)
		return value{text: room.String()[start:]}, rest, nil
	}
	for len(part) > 0 {
		var text [64]byte
		n := hex.Encode(text[:], part[:min(len(part), len(text)/2)])
		room.Write(text[:n])
		part = part[n/2:]
	}
	return value{text: room.String()[start:]}, rest, nil
}

// writeUUID writes 16 bytes in the usual form of a UUID.
func writeUUID(text *[36]byte, b []byte) {
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
}
