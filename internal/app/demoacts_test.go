package app

import (
	"testing"
	"time"
)

// The keys that are told lead from the month that M opens to the one of the document.
func TestTheMonthOfADocumentIsNamedWithItsKeys(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 23, 0, 0, 0, time.UTC)
	for date, want := range map[string]string{
		"2025-12-31": "December 2025 (M)", "2026-01-01": "January 2026 (M →)", "2025-10-01": "October 2025 (M ← ←)",
		"2025-05-01": "May 2025 (M ← ← ← ← ← ← …)", "": "",
	} {
		if got := monthAndKeys(date, now); got != want {
			t.Errorf("%s: %q, want %q", date, got, want)
		}
	}
}
