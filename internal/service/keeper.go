package service

import (
	"context"
	"io"
	"time"
)

// Keeper looks after the store itself, for the user of this machine whose it is.
type Keeper interface {
	// AuditTrail lists what people did, newest first, up to limit.
	AuditTrail(ctx context.Context, limit int) ([]AuditEntry, error)
	// VerifyAudit checks that no entry was changed or taken out.
	VerifyAudit(ctx context.Context) (AuditHead, error)
	// CheckStore reads the whole file, or a copy of it while it is in use, and mends
	// what follows from the rest when asked to: nothing is recorded while it does
	// that. step, which may be nil, hears how far it is.
	CheckStore(ctx context.Context, repair bool, step func(Step)) (StoreReport, error)
	// Backup writes a copy of the file to w and says how many bytes that is.
	Backup(ctx context.Context, w io.Writer) (int64, error)
}

// SubmitBill is what the audit trail calls it that somebody hands a Bill over.
const SubmitBill = "submit Bill"

// AuditEntry is one act of a person.
type AuditEntry struct {
	Seq    uint64    `json:"seq"` // from 1, without gaps
	Time   time.Time `json:"time"`
	Who    string    `json:"who"`
	What   string    `json:"what"`
	Detail string    `json:"detail,omitempty"`
	Hash   []byte    `json:"-"`
}

// AuditHead is what tells a whole trail from one whose end was cut off.
type AuditHead struct {
	Entries int    `json:"entries"`
	Head    string `json:"head"` // the hash of the last entry, in hex
}

// StoreReport is what a check found.
type StoreReport struct {
	Runs     int      `json:"runs"`
	Found    int      `json:"found"`    // problems
	Repaired int      `json:"repaired"` // of them
	Problems []string `json:"problems,omitempty"`
}
