package service

import "billferry/internal/integration"

// MaxImport is how many mappings one call of ImportMappings takes.
const MaxImport = 4000

// MappingImport is many external mappings at once. Their ids and versions count
// for nothing: a mapping of the same m3ter entity is changed.
type MappingImport struct {
	Mappings []integration.ExternalMapping `json:"mappings"`
	DryRun   bool                          `json:"dryRun,omitempty"` // tell, change nothing
	// More says that another call follows: the runs that this one frees are
	// re-queued with the last, or when none has come for a while.
	More bool `json:"more,omitempty"`
	// The file that they are of, for the audit trail: its name and SHA-256.
	Source string `json:"source,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
}

// MappingsImported is what came of a MappingImport.
type MappingsImported struct {
	Added     int              `json:"added"`
	Changed   int              `json:"changed"`
	Unchanged int              `json:"unchanged"`
	Refused   []RefusedMapping `json:"refused,omitempty"`
}

// RefusedMapping is one that cannot be kept, and why; the others are.
type RefusedMapping struct {
	Index  int    `json:"index"` // in the call, from 0
	Reason string `json:"reason"`
}
