package integration

import (
	"maps"
	"slices"
	"strings"

	"billferry/internal/spec"
)

// KeyRules is the setting with the rules that fill fields of documents.
const KeyRules = "billferry.fields"

// KeyMappedAccounts is the setting, m3ter's own, that has customers found by the external
// mappings of accounts.
const KeyMappedAccounts = "useExternalMappingAccountCode"

// Targets are the fields that rules of a configuration fill, as they name them.
func Targets(v spec.Values) (out []string) {
	rules, _ := v.Get(KeyRules).([]any)
	for _, r := range rules {
		if m, ok := r.(map[string]any); ok {
			if to, _ := m["to"].(string); strings.TrimSpace(to) != "" {
				out = append(out, strings.TrimSpace(to))
			}
		}
	}
	return out
}

// WithRules is a configuration with rules of fixed values added after its own, by
// field.
func WithRules(v spec.Values, values map[string]string) spec.Values {
	out := v.Clone()
	rules, _ := out.Get(KeyRules).([]any)
	rules = slices.Clone(rules)
	for _, to := range slices.Sorted(maps.Keys(values)) {
		rules = append(rules, map[string]any{"to": to, "value": values[to]})
	}
	out.Set(KeyRules, rules)
	return out
}

// Field is a field of the destination's documents, as the account defines it.
type Field struct {
	// Key is how rules name it: department of the header, line.class of a line.
	Key   string `json:"key"`
	Label string `json:"label"` // in the forms of the destination, in the role's language
	// Type is the shape of its value: REFERENCE, ENUM, MULTI_SELECT, DATE, BOOLEAN,
	// NUMBER or TEXT.
	Type string `json:"type"`
	// Writable is whether a rule may fill it; Why tells why none may.
	Writable bool   `json:"writable"`
	Why      string `json:"why,omitempty"`
	// Mandatory is whether its definition demands it. A form or a preference of the
	// account may demand others: nobody is told of those but by a refusal.
	Mandatory bool `json:"mandatory,omitempty"`
	Custom    bool `json:"custom,omitempty"` // the account added it
	// Only names the one kind of document that has it; "" is every kind.
	Only string `json:"only,omitempty"`
}
