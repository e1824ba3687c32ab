package netsuite

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"billferry/internal/integration"
	"billferry/internal/pattern"
	"billferry/internal/secret"
	"billferry/internal/spec"
	"billferry/mapping"
)

var customShape = pattern.New(`^custcol_?[a-z0-9_]{1,60}$`)

// isID tells whether a text is an internal id of NetSuite: a number from 1, of
// 15 digits at most.
func isID(text string) bool {
	if text == "" || len(text) > 15 || text[0] == '0' {
		return false
	}
	return strings.Trim(text, "0123456789") == ""
}

// Each check gets a value of its field's type: spec.Field.Validate sees to it.
// The text is asserted with the comma form all the same, since an API body is
// a stranger's.

func text(v any) string { s, _ := v.(string); return s }

func checkName(v any) error {
	s := text(v)
	switch {
	case utf8.RuneCountInString(s) > 200:
		return errors.New("is longer than 200 characters; choose a shorter name")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("holds a line break or another control character; write it on one line")
	}
	return nil
}

func checkIDs(v any) error {
	seen := map[string]bool{}
	for _, id := range (spec.Values{"v": v}).Strings("v") {
		if strings.TrimSpace(id) == "" {
			return errors.New("holds an empty id; remove it")
		}
		if seen[id] {
			return fmt.Errorf("names %s twice; remove one", id)
		}
		seen[id] = true
	}
	return nil
}

func checkFilter(v any) error { return mapping.CheckFilter(text(v)) }

func checkItem(v any) error {
	if s := text(v); !isID(s) {
		return fmt.Errorf("%q is not a NetSuite internal id, which is a number such as 101; the item's page shows it, or its address after id=",
			s)
	}
	return nil
}

func checkID(id string) error {
	if !isID(id) {
		return fmt.Errorf("%q is not a NetSuite internal id, which is a number such as 601", id)
	}
	return nil
}

func checkItemMap(v any) error {
	m := spec.Values{"v": v}.Map("v")
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if m[k] == "" {
			continue // an empty row of the grid: the default item
		}
		if err := checkItem(m[k]); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
	return nil
}

func checkCustomFields(v any) error {
	m := spec.Values{"v": v}.Map("v")
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if m[k] != "" && !customShape().MatchString(m[k]) && !slices.Contains(revenueDates, m[k]) {
			return fmt.Errorf("%s: %q is no date field of a transaction line: it is the script id of one, which is custcol_ and "+
				"lower-case letters, "+
				"digits and _, or %s", k, m[k], strings.Join(revenueDates, " or "))
		}
	}
	if a, b := m["servicePeriodStart"], m["servicePeriodEnd"]; a != "" && a == b {
		return fmt.Errorf("servicePeriodStart and servicePeriodEnd both go to %s; use two fields", a)
	}
	return nil
}

// revenueDates are the standard fields of a line that take a service date.
var revenueDates = []string{"revRecStartDate", "revRecEndDate"}

func checkCurrency(v any) error {
	if _, ok := mapping.Exponent(strings.ToUpper(strings.TrimSpace(text(v)))); !ok {
		return fmt.Errorf("%q is no ISO 4217 code; use one such as USD", text(v))
	}
	return nil
}

func checkConcurrency(v any) error {
	if n := (spec.Values{"v": v}).Int("v"); n < 1 || n > 64 {
		return fmt.Errorf("%d is out of range; use 1 to 64 (NetSuite accounts allow 5 to 20 and more with SuiteCloud Plus)", n)
	}
	return nil
}

func checkPrefix(v any) error { return mapping.CheckPrefix(text(v)) }

func checkAccount(v any) error { _, err := Host(text(v)); return err }

// checkToken refuses what a copied id never holds: blanks and line breaks.
func checkToken(v any) error {
	if s := text(v); strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return errors.New("holds a space or a line break; copy it again without them")
	}
	return nil
}

func checkKey(v any) error { _, err := InspectKey(secret.New(text(v))); return err }

func checkRESTURL(v any) error { _, err := checkOrigin(text(v)); return err }

func checkTokenURL(v any) error { _, err := checkURL(text(v)); return err }

// cross finds what no single field shows.
func cross(v spec.Values) []spec.Problem {
	var out []spec.Problem
	restricted := v.Strings(keyRestricted)
	for _, id := range v.Strings(keyAccounts) {
		if slices.Contains(restricted, id) {
			out = append(out, spec.Problem{Key: keyRestricted, Label: "Restricted Account Ids",
				Message: fmt.Sprintf("%s is in Account Ids as well; remove it from one of the two lists", id)})
		}
	}
	var faults spec.Problems
	cfg, err := configOf("", v, draftTarget)
	if errors.As(err, &faults) {
		out = append(out, faults...)
	}
	for _, all := range [][]mapping.FieldRules{cfg.Rules.Header, cfg.Rules.Lines} {
		for i := range all {
			if all[i].Note != "" {
				out = append(out, spec.Problem{Key: integration.KeyRules, Label: "Fields", Warning: true,
					Message: fmt.Sprintf("rule %d %s", all[i].Rules[0].N, all[i].Note)})
			}
		}
	}
	switch {
	case v.Text(KeyDefaultItem) == "":
		out = append(out, spec.Problem{Key: KeyDefaultItem, Label: "Netsuite Default Item Id", Warning: true,
			Message: "is empty: a line that no mapping gives an item will stop its Bill"})
	case v.Bool(keyStrict):
		out = append(out, spec.Problem{Key: KeyDefaultItem, Label: "Netsuite Default Item Id", Warning: true,
			Message: "is never used while Strict Items is on: a line that only it would catch holds its Bill"})
	}
	return out
}
