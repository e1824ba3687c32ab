package service

// NamesRequest names ids whose names are wanted.
type NamesRequest struct {
	IntegrationID string   `json:"integrationId,omitempty"`
	Items         []string `json:"items,omitempty"`
	Accounts      []string `json:"accounts,omitempty"`
}
