package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/tree"
)

func (s *Sandbox) postEdit(_ *http.Request, body []byte) (any, error) {
	v, err := tree.Parse(body)
	if err == nil && (v.TextOf("transaction") == "" || v.Get("set") == nil || v.Get("set").Kind != tree.Object) {
		err = errors.New("the transaction or what to set is missing")
	}
	if err != nil {
		return nil, fmt.Errorf(`write {"transaction":"ID","set":{"memo":"x"}}: %w`, err)
	}
	return success, s.netsuite.Edit(v.TextOf("transaction"), *v.Get("set"))
}

func (s *Sandbox) postCopy(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Transaction string `json:"transaction"`
		ExternalID  string `json:"externalId"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"transaction":"ID","externalId":""}: %w`, err)
	}
	id, err := s.netsuite.Copy(in.Transaction, in.ExternalID)
	return map[string]string{"transaction": id}, err
}

func (s *Sandbox) postSubsidiary(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(body, &in); err != nil || strings.TrimSpace(in.Name) == "" {
		return nil, errors.New(`write {"name":"Europe"}`)
	}
	return map[string]string{"id": s.netsuite.AddSubsidiary(in.Name)}, nil
}

func (s *Sandbox) postAccount(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Account string `json:"account"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"account":"NAME"}: %w`, err)
	}
	return success, s.Become(in.Account)
}

func (s *Sandbox) postCredit(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Account  string    `json:"account"`
		Currency string    `json:"currency"`
		Amount   decimal.D `json:"amount"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Account == "" || in.Currency == "" || in.Amount.IsZero() {
		return nil, errors.New(`write {"account":"ID","currency":"USD","amount":50}`)
	}
	s.m3ter.Credit(in.Account, in.Currency, in.Amount)
	return success, nil
}

func (s *Sandbox) postRights(_ *http.Request, body []byte) (any, error) {
	var in struct {
		Deny []string `json:"deny"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf(`write {"deny":["balances","commitments"]}: %w`, err)
	}
	return success, s.m3ter.Deny(in.Deny...)
}
