package delivery_test

import (
	"encoding/json"

	"billferry/internal/spec"
	"billferry/mapping"
)

// fakeSystem has NetSuite's words, and a body of its own.
type fakeSystem struct{}

func (fakeSystem) Words() spec.Words {
	return spec.Words{System: "NetSuite", Mapped: "Netsuite", CustomerTable: "Customer", ItemTable: "Item", Document: "invoice or credit memo"}
}

func (fakeSystem) Config(id string, v spec.Values) (mapping.Config, error) {
	s := mapping.ReadSettings(v)
	cfg := s.Config(id)
	cfg.DefaultItem = s.Text("netsuiteDefaultItemId")
	cfg.Terms = &mapping.Terms{Words: fakeSystem{}.Words(), Settings: mapping.Labels{DefaultItem: "Default Item"},
		Limits: mapping.Limits{ExternalID: 40}}
	return cfg, s.Err()
}

func (fakeSystem) Filled(*mapping.Document, string) bool { return false }

func (fakeSystem) Encode(d mapping.Document) mapping.Encoded {
	body, err := json.Marshal(d)
	if err != nil {
		panic(err) // texts and decimals
	}
	return mapping.Encoded{Document: d, Body: body}
}
