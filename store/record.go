package store

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"billferry/internal/decimal"
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
	if len(s) == 36 {
		if u, err := uuid.Parse(s); err == nil && u.String() == s {
			return append(binary.AppendUvarint(b, uint64(field)<<2|formUUID), u[:]...)
		}
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

// lowerHex tells whether s is a hash or the like, worth the second form.
func lowerHex(s string) bool {
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
	s := d.String()
	if s == "0" {
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

// readFields calls f for each field of a record.
func readFields(b []byte, f func(field int, v value) error) error {
	for len(b) > 0 {
		head, n := binary.Uvarint(b)
		if n <= 0 {
			return errDamaged
		}
		v, rest, err := readValue(b[n:], int(head&3))
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

func readValue(b []byte, form int) (v value, rest []byte, err error) {
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
		return value{text: uuid.UUID(b[:16]).String()}, b[16:], nil
	}
	part, rest, err := cutPart(b)
	if err != nil {
		return v, nil, err
	}
	if form == formHex {
		return value{text: hex.EncodeToString(part)}, rest, nil
	}
	return value{text: string(part)}, rest, nil
}
