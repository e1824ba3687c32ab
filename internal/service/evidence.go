package service

import (
	"context"
	"io"

	"billferry/internal/reconcile"
)

// Auditor makes packs of evidence, for the user of this machine whose store it is.
type Auditor interface {
	// Evidence reconciles a period afresh and writes a signed pack of what stands
	// behind the result to w. What was written is no pack unless it succeeds.
	Evidence(ctx context.Context, q ReconcileRequest, w io.Writer, progress func(reconcile.Progress)) (EvidencePack, error)
}

// EvidencePack names a pack that was made.
type EvidencePack struct {
	Integration string            `json:"integration"`
	Span        reconcile.Span    `json:"span"`
	Verdict     reconcile.Verdict `json:"verdict"`
	Bills       int               `json:"bills"`
	Documents   int               `json:"documents"`
	Open        int               `json:"openBreaks"`
	Resolved    int               `json:"resolvedBreaks"`
	Bytes       int64             `json:"bytes"`
	Manifest    string            `json:"manifestSha256"`
	Key         string            `json:"key"` // public: what the signature is checked with
}
