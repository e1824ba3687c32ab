package conformance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// catalogue: the schema of a record type gives each field its label, and the
// fields of a line below items.
func (s *suite) catalogue() {
	for _, kind := range []string{"invoice", "creditMemo"} {
		a := s.call(http.MethodGet, records+"/metadata-catalog/"+kind, nil, "Accept", "application/schema+json")
		if a.status != http.StatusOK {
			s.Fatalf("%s: %d %s", kind, a.status, a.body)
		}
		line := []any{"properties", "item", "properties", "items", "items", "properties"}
		for _, path := range [][]any{{"properties", "entity", "properties", "id"}, {"properties", "memo", "title"},
			{"properties", "tranDate", "format"},
			append(line[:len(line):len(line)], "item"), append(line[:len(line):len(line)], "description", "title")} {
			if a.value(path...) == nil {
				s.Errorf("%s: the schema has no %v", kind, path)
			}
		}
		if got := fmt.Sprint(a.value("properties", "tranDate", "format")); got != "date" {
			s.Errorf("%s: tranDate has the format %s", kind, got)
		}
	}
}

// selectOptions: the values of a field of a new record, without saving one. The
// form of the answer is not documented: what matters is that ids and names are in
// it, below the field's name.
func (s *suite) selectOptions() {
	a := s.call(http.MethodPost, records+"/invoice?fields=terms", map[string]any{"entity": map[string]string{"id": s.CustomerID}},
		"Accept", "application/vnd.oracle.resource+json; type=select-options")
	if a.status == http.StatusBadRequest {
		s.Skipf("the form or the role keeps terms from being picked; pickers use SuiteQL then: %s", a.body)
	}
	if a.status != http.StatusOK || a.head.Get("Location") != "" {
		s.Fatalf("%d %s", a.status, a.body)
	}
	if body := string(a.body); !strings.Contains(body, "terms") || !strings.Contains(body, `"id"`) || !strings.Contains(body, `"refName"`) {
		s.Errorf("no values of terms: %s", body)
	}
}

// hidden skips a check whose table the role or the account does not show: what
// reads it has another way.
func (s *suite) hidden(q string, params ...string) answer {
	s.Helper()
	a := s.call(http.MethodPost, queryPath+"?limit=1000&offset=0", map[string]any{"q": q, "params": params}, "Prefer", "transient")
	if a.status == http.StatusBadRequest {
		s.refused(a, "invalid search query", "permission")
		s.Skipf("the role does not see the table: %s", a.body)
	}
	if a.status != http.StatusOK {
		s.Fatalf("%d %s", a.status, a.body)
	}
	return a
}

func (s *suite) customFields() {
	a := s.hidden("SELECT scriptid, ismandatory FROM customfield")
	rows, _ := a.value("items").([]any)
	for i := range rows {
		id, _ := a.value("items", i, "scriptid").(string)
		flag, _ := a.value("items", i, "ismandatory").(string)
		if id == "" || flag != "T" && flag != "F" {
			s.Fatalf("field %d: scriptid %q, ismandatory %q: %s", i, id, flag, a.body)
		}
	}
}

// permissions: an access token names its role, whose permissions can be queried
// by NetSuite's keys.
func (s *suite) permissions() {
	token, err := s.Token(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		s.Skipf("the token is no JWT, so that it does not tell the role")
	}
	var claims struct {
		Subject string `json:"sub"`
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(b, &claims) != nil {
		s.Fatalf("the token's second part cannot be read: %v", err)
	}
	role, _, ok := strings.Cut(claims.Subject, ";")
	if !ok {
		s.Fatalf("the token's subject %q is no role and entity", claims.Subject)
	}
	a := s.hidden("SELECT permkey, permlevel FROM rolepermissions WHERE role = ?", role)
	levels := map[string]string{}
	rows, _ := a.value("items").([]any)
	for i := range rows {
		key, _ := a.value("items", i, "permkey").(string)
		levels[key], _ = a.value("items", i, "permlevel").(string)
	}
	for _, key := range []string{"ADMI_RESTWEBSERVICES", "TRAN_CUSTINVC"} {
		if levels[key] == "" {
			s.Errorf("%s is not among the permissions of role %s, which it needs: %s", key, role, a.body)
		}
	}
}
