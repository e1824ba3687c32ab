package service

// ReconcileRequest names what is to be reconciled.
type ReconcileRequest struct {
	IntegrationID string `json:"integrationId"`
	Period        string `json:"period"`         // 2026-10, 2026-Q3, 2026-10-01..2026-10-15
	By            string `json:"by,omitempty"`   // PERIOD or DATE; "" goes by the form of the period
	Rows          bool   `json:"rows,omitempty"` // answer with one row a Bill as well
}

// ResolveRequest is what a person made of a break.
type ResolveRequest struct {
	Break     string `json:"breakId"`
	As        string `json:"as"` // accepted, settled, explained
	Reason    string `json:"reason"`
	Reference string `json:"reference,omitempty"` // JE-1042; required when it is settled
}
