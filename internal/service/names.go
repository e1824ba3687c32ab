package service

// MostNames bounds how many names of a kind are asked for one by one; more are left out.
const MostNames = 50

// NamesRequest names ids whose names are wanted.
type NamesRequest struct {
	IntegrationID string   `json:"integrationId,omitempty"`
	Items         []string `json:"items,omitempty"`
	Accounts      []string `json:"accounts,omitempty"`
	// Entities are ids of m3ter by the kind of thing that mappings name: Product,
	// AccountingProduct, Aggregation, CompoundAggregation.
	Entities map[string][]string `json:"entities,omitempty"`
}
