package account_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"billferry/internal/sandbox/account"
)

func TestReadyProfiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", "strict", "oneworld", "legacy", "approval", "arm"} {
		p, err := account.Open(name)
		if err != nil || p.Name != name || p.Shows == "" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
		if !slices.Contains(account.Names(), name) {
			t.Errorf("%s is not listed: %v", name, account.Names())
		}
	}
}

// What a profile says wrong is told with its place, before anything starts.
func TestBadProfiles(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"nmae: x":                              "nmae",
		"mandatory: {header: [rate]}":          `"rate" is none of department`,
		"fields: [{key: custbody_x}]":          "custbody_x has no label",
		"fields: [{key: x, label: X}]":         "begins with none of custbody",
		"fields: [{key: custcol_x, label: X}]": `type "" is none of`,
		"fields: [{key: cseg_x, label: X}]":    "a list has values",
		"lists: {terms: []}":                   `"terms" is none of`,
		"customers: [{currency: USD}]":         "have no subsidiaries",
		"items: {\"101\": [\"9\"]}":            `no subsidiary has the id "9"`,
		"numbering: roman":                     `"roman" is none of`,
		"tax: {percent: many}":                 `"many" is no percentage`,
	} {
		if _, err := account.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := account.Open("srtict"); err == nil || !strings.Contains(err.Error(), "strict") {
		t.Errorf("a wrong name: %v", err)
	}
	file := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(file, []byte("name: mine\nmandatory: {line: [location]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := account.Open(file); err != nil || p.Name != "mine" || p.Mandatory.Line[0] != "location" {
		t.Errorf("a file: %+v, %v", p, err)
	}
}
