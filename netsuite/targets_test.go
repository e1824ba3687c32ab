package netsuite

import (
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/mapping"
)

// What billferry answers for, and what would evade a control, no rule fills: in
// no spelling, on no level, with no type.
func TestNoRuleTouchesWhatBillferryAnswersFor(t *testing.T) {
	t.Parallel()
	for _, name := range strings.Fields(`externalId entity currency item quantity rate amount grossAmt price total subtotal ` +
		`discountItem discountRate
		discountTotal shippingCost shipMethod shipDate handlingCost taxRate taxRate1 taxRate2 tax1Amt taxAmount taxTotal tax2Total ` +
		`taxDetails taxDetailsOverride
		taxRegOverride taxPointDateOverride taxItem isTaxable status approvalStatus exchangeRate tranDate dueDate postingPeriod ` +
		`toBeEmailed toBePrinted
		toBeFaxed apply autoApply createdFrom line lineUniqueKey deferRevRec doNotCreateRevenueElement id`) {
		for _, spelling := range []string{name, strings.ToLower(name), strings.ToUpper(name)} {
			for _, line := range []bool{false, true} {
				for _, as := range append(mapping.Shapes(), "") {
					if got, err := target(spelling, line, as); err == nil {
						t.Errorf("%s (line %v) may be filled as %+v", spelling, line, got)
					}
				}
			}
		}
	}
}

func TestTargetsHaveTheirShape(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		line bool
		as   mapping.Shape
		want string // the target, or a part of the refusal
	}{
		{"department", false, "", "department REFERENCE"}, {"Department", true, "", "department REFERENCE"},
		{"DEPARTMENT", false, "TEXT", "is a REFERENCE"},
		{"taxCode", true, "", "taxCode REFERENCE"}, {"taxDetailsReference", true, "", "taxDetailsReference TEXT"},
		{"taxCode", false, "TEXT", "NetSuite reckons tax"},
		{"custbody_x", false, "DATE", "custbody_x DATE"}, {"CUSTBODY_X", false, "DATE", "custbody_x DATE"},
		{"custbody_x", false, "", "say it with as:"},
		{"custbody_x", true, "TEXT", "is a field of the header"}, {"custcol_x", false, "TEXT", "write line.custcol_x"},
		{"custcol_x", true, "NUMBER", "custcol_x NUMBER"},
		{"custom_x", true, "TEXT", "is no script id"}, {"cseg_region", false, "", "cseg_region REFERENCE"},
		{"cseg_region", true, "MULTI_SELECT", "cseg_region MULTI_SELECT"},
		{"memo", false, "", "memo TEXT"}, {"a b", false, "TEXT", "is no name"}, {"a.b", true, "TEXT", "is no name"},
		{`x":1,"amount`, true, "NUMBER", "is no name"},
	} {
		got, err := target(c.name, c.line, c.as)
		text := got.Name + " " + string(got.As)
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(text, c.want) {
			t.Errorf("%s (line %v, as %q): %s, want %s", c.name, c.line, c.as, text, c.want)
		}
	}
}

// Faults of settings that only show together.
func TestSettingsThatContradictEachOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set  map[string]any
		key  string
		says string
	}{
		{map[string]any{"useExternalMappingAccountCode": true, keyCustomerBy: "ENTITY_ID"}, keyCustomerBy, "set one of the two"},
		{map[string]any{keyCustomerBy: "CUSTOM_FIELD"}, keyCustomerField, "is empty"},
		{map[string]any{keySendFrom: "1 July"}, keySendFrom, "YYYY-MM-DD"},
		{map[string]any{keyIgnore: []any{"amount"}}, keyIgnore, "only texts may"},
		{map[string]any{keyIgnore: []any{"entity"}}, keyIgnore, "only texts may"},
		{map[string]any{keyIgnore: []any{"department"}}, keyIgnore, "only texts may"},
		{map[string]any{keyIgnore: []any{"custbody_d"}, integration.KeyRules: []any{rule1("to", "custbody_d", "as", "REFERENCE", "value", "1")}},
			keyIgnore, "is a REFERENCE"},
		{map[string]any{keyIgnore: []any{"line.custcol_from"}, keyCustomFields: map[string]any{"servicePeriodStart": "custcol_from"}},
			keyIgnore, "is a service date"},
		{map[string]any{integration.KeyRules: []any{rule1("to", "tranId", "from", "bill.id")}, keyNumber: "BILL"}, integration.KeyRules,
			"Document Number"},
		{map[string]any{integration.KeyRules: []any{rule1("to", "line.revRecStartDate", "from", "line.servicePeriodStart")},
			keyCustomFields: map[string]any{"servicePeriodStart": "revRecStartDate"}}, integration.KeyRules,
			"fills a field that Netsuite Item Custom Field Mapping fills"},
		{map[string]any{integration.KeyRules: []any{rule1("to", "amount", "value", "1")}}, integration.KeyRules + "[0].to",
			"a rule never touches money"},
	} {
		v := Form().Defaults()
		v.Set(KeyDefaultItem, "199")
		for k, x := range c.set {
			v.Set(k, x)
		}
		p := Form().Validate("n", v).Errors()
		if len(p) != 1 || p[0].Key != c.key || !strings.Contains(p[0].Message, c.says) {
			t.Errorf("%v: %+v", c.set, p)
		}
		if _, err := (Adapter{}).Config("", v); err == nil && c.key != keyIgnore {
			t.Errorf("%v: the engine takes it", c.set)
		}
	}
	v := Form().Defaults()
	v.Set(KeyDefaultItem, "199")
	v.Set(integration.KeyRules, []any{rule1("to", "account", "value", "122")})
	if p := (Form().Validate("n", v)); len(p) != 1 || !p[0].Warning || !strings.Contains(p[0].Message, "changes the ledger account") {
		t.Errorf("the ledger account: %+v", p)
	}
}

// A text of the account may be left out of the proof before anybody knows that it
// is one: the account's catalogue tells when the settings are saved.
func TestATextThatIsNotKnownYetMayBeIgnored(t *testing.T) {
	t.Parallel()
	v := Form().Defaults()
	v.Set(KeyDefaultItem, "199")
	v.Set(keyIgnore, []any{"custbody_d"})
	v.Set(integration.KeyRules, []any{rule1("to", "custbody_d", "from", "bill.id")})
	if p := Form().Validate("n", v).Errors(); len(p) != 0 {
		t.Error(p)
	}
}
