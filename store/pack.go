package store

import (
	"fmt"
	"time"

	"billferry/internal/integration"
)

// Records lie in another store as they do here: a copy from one to the other is
// the same bytes.

// PackRun writes a run as it is kept at rest, without its id.
func PackRun(r integration.Run) []byte { return packRun(r) }

// UnpackRun reads what PackRun wrote.
func UnpackRun(id string, b []byte) (integration.Run, error) {
	k, ok := parseKey(id)
	if !ok {
		return integration.Run{}, fmt.Errorf("run id %q: not one that a store gave", id)
	}
	return unpackRun(k, b)
}

// RunID takes the id that a caller chose for a run made at a time, or makes one,
// which sorts by that time and then by seq, as runs are added.
func RunID(chosen string, at time.Time, seq uint32) (id string, err error) {
	if chosen == "" {
		return newKey(at, seq).String(), nil
	}
	k, err := checkKey(chosen, at)
	return k.String(), err
}

// FirstID is the lowest id of a run that was made in the millisecond of a time.
func FirstID(at time.Time) string { return timeKey(at.UnixMilli()).String() }

// NextID and PrevID are the neighbours of an id; ok is false for what is none.
func NextID(id string) (next string, ok bool) {
	k, ok := parseKey(id)
	return k.next().String(), ok
}

// PrevID is the id before.
func PrevID(id string) (prev string, ok bool) {
	k, ok := parseKey(id)
	return k.prev().String(), ok
}

// IDTime is when an id was made; ok is false for what is none.
func IDTime(id string) (at time.Time, ok bool) {
	k, ok := parseKey(id)
	return k.time(), ok
}

// IsEventID tells whether events can be sorted by an id.
func IsEventID(id string) bool {
	k, ok := parseKey(id)
	return ok && k.isV7()
}

// Later compares two runs by when they were added, whatever the clock said then.
func Later(a, b integration.Run) int {
	ka, _ := parseKey(a.ID)
	kb, _ := parseKey(b.ID)
	return ka.order(kb)
}

// PackAttempt writes an attempt as it is kept at rest.
func PackAttempt(a integration.Attempt) []byte { return packAttempt(a) }

// UnpackAttempt reads what PackAttempt wrote.
func UnpackAttempt(b []byte) (integration.Attempt, error) { return unpackAttempt(b) }

// Pack compresses a Bill or a report.
func Pack(raw []byte) []byte { return pack(raw) }

// Unpack gives back what was packed.
func Unpack(b []byte) ([]byte, error) { return unpack(b) }

// MappingKey is what one mapping may have only.
func MappingKey(system, table, entity, m3terID, integrationID string) []byte {
	return mappingKey(system, table, entity, m3terID, integrationID)
}

// NameKey is how names of integrations compare.
func NameKey(name string) []byte { return nameKey(name) }
