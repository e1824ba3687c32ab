package service

import (
	"time"

	"billferry/internal/decimal"
	"billferry/internal/spec"
)

// CoverageRequest asks what settings make of the Bills that are kept.
type CoverageRequest struct {
	IntegrationID string    `json:"integrationId"`
	Since         time.Time `json:"since,omitzero"` // of runs made at or after; zero: of all
	Limit         int       `json:"limit,omitempty"`
	// ConfigData are other settings to compare with those that are stored; nil
	// compares with none.
	ConfigData spec.Values `json:"configData,omitempty"`
}

// CoverageLimit is how many Bills are looked at unless a request says otherwise.
const CoverageLimit = 5000

// Coverage is what the stored settings make of Bills, or, with others, what those
// would change.
type Coverage struct {
	Bills     int             `json:"bills"`
	Documents int             `json:"documents"`
	LeftOut   int             `json:"leftOut"` // nothing is to be sent of them
	Stops     []DryRun        `json:"stops"`   // by cause, the commonest first
	Fields    []FieldCoverage `json:"fields"`
	Money     []ItemMoney     `json:"money"`            // by rule and item, the largest first
	Change    *WhatIf         `json:"change,omitempty"` // with other settings
}

// FieldCoverage is on how many Bills a field is filled: on the document, or on
// each of its lines. A Bill that stops fills nothing.
type FieldCoverage struct {
	Field  string   `json:"field"`
	Filled int      `json:"filled"`
	Of     int      `json:"of"`
	NotOn  []string `json:"notOn"` // codes of the accounts of the others
}

// ItemMoney is the money that one rule put on one item.
type ItemMoney struct {
	Rule     string    `json:"rule"`
	Item     string    `json:"item"`
	Name     string    `json:"name,omitempty"` // of the item, where it is known
	Default  bool      `json:"default,omitempty"`
	Currency string    `json:"currency"`
	Lines    int       `json:"lines"`
	Amount   decimal.D `json:"amount"`
	Percent  string    `json:"percent,omitempty"` // of the currency's money, for people
	// After is what other settings would put there.
	After      decimal.D `json:"after,omitzero"`
	AfterLines int       `json:"afterLines,omitempty"`
}

// WhatIf is what other settings would change, Bill by Bill.
type WhatIf struct {
	Bills []ChangedBill `json:"bills"`
	Stops []DryRun      `json:"stops"` // under the other settings
}

// ChangedBill is a Bill whose document would be another.
type ChangedBill struct {
	RunID   string   `json:"runId"`
	Bill    string   `json:"bill"`
	Account string   `json:"account"`
	What    []string `json:"what"` // what differs, in words; the first of many
}
