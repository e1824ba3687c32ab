package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/spec"
)

// anyTarget is a destination that knows a field by its name, and takes others as
// the rule says.
func anyTarget(name string, _ bool, as Shape) (Target, error) {
	t := Target{Name: name, As: as, NumericIDs: true}
	switch name {
	case "department", "class":
		t.As = AsReference
	case "memo":
		t.As, t.Own, t.Max = AsText, OwnMemo, 20
	case "otherRefNum":
		t.As, t.Own, t.Max = AsText, OwnReference, 45
	case "description":
		t.As, t.Own, t.Max = AsText, OwnDescription, 3900
	case "account":
		t.As, t.Fixed = AsReference, "it decides the ledger account"
	case "from":
		t.As = AsDate
	case "amount":
		return t, fmt.Errorf("cannot be filled: a rule never touches money")
	}
	if t.As == "" {
		t.As = AsText
	}
	return t, nil
}

// rules reads rules as configData has them.
func rules(t *testing.T, text string) Rules {
	t.Helper()
	r, problems := ParseRules("fields", decoded(t, text), anyTarget)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return r
}

func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// filled writes fields as "name=value".
func filled(fields []Field) string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Name+"="+f.Value)
	}
	return strings.Join(out, " ")
}

var ruleRecords = Lookups{CurrencyID: "1", Records: map[Record]map[string]string{
	{"account", "a-1"}: {"customFields.po": "PO-7", "customFields.region": "EMEA", "customFields.multi": "2, 1,2",
		"address.country": "DE", "name": "Acme"},
	{"product", "p-1"}:               {"customFields.ns_class": "US", "customFields.odd": "APAC"},
	{"organization", "organization"}: {"customFields.entity": "77"},
	{"accountPlan", "a-1|pl-1"}:      {"customFields.dep": "8"},
}}

func TestRulesFillHeaderAndLines(t *testing.T) {
	t.Parallel()
	l := line(usage, "10")
	l.ProductCode, l.PlanID = "api", "pl-1"
	l.Segment = []bill.Pair{{Name: "region", Value: "north"}}
	l.Additional = []bill.Pair{{Name: "ref", Value: "R-1"}}
	other := line(adHoc, "5")
	other.ProductID, other.ProductCode = "p-2", "adhoc"
	for name, c := range map[string]struct{ rules, header, line0, line1 string }{
		"fixed value": {`[{"to":"department","value":5}]`, "department=5", "", ""},
		"on lines":    {`[{"to":"line.department","value":"5"}]`, "", "department=5", "department=5"},
		"a source":    {`[{"to":"custbody_a","from":"account.customFields.po"}]`, "custbody_a=PO-7", "", ""},
		"a lookup":    {`[{"to":"department","from":"account.customFields.region","lookup":{"EMEA":12}}]`, "department=12", "", ""},
		"lookup and default": {`[{"to":"line.class","from":"product.customFields.ns_class","lookup":{"US":"13"},"default":"11"}]`, "",
			"class=13", "class=11"},
		"a lookup that lacks": {`[{"to":"line.class","from":"product.customFields.odd","lookup":{"US":"13"},"default":"11"}]`, "",
			"class=11", "class=11"},
		"a fall-back": {`[{"to":"line.class","from":"accountPlan.customFields.dep"},{"to":"line.class","value":"9"}]`, "",
			"class=8", "class=9"},
		"by type": {`[{"to":"line.class","value":"1","when":{"types":["USAGE"]}},{"to":"line.class","value":"2"}]`, "",
			"class=1", "class=2"},
		"by product code":    {`[{"to":"line.class","value":"1","when":{"products":["adhoc"]}}]`, "", "", "class=1"},
		"by account":         {`[{"to":"department","value":"1","when":{"accounts":["acme"]}}]`, "department=1", "", ""},
		"of another account": {`[{"to":"department","value":"1","when":{"accounts":["globex"]}}]`, "", "", ""},
		"a template": {`[{"to":"custbody_x","template":"{bill.id} / {account.code} {{}}"}]`,
			"custbody_x=b1110000-0000-4000-8000-000000000808 / acme {}", "", ""},
		"left out":            {`[{"to":"line.custcol_s","from":"line.segment.region","missing":"LEAVE_OUT"}]`, "", "custcol_s=north", ""},
		"additional":          {`[{"to":"line.custcol_s","from":"line.additional.ref","missing":"LEAVE_OUT"}]`, "", "custcol_s=R-1", ""},
		"days of service":     {`[{"to":"line.from","from":"line.servicePeriodEnd"}]`, "", "from=2026-07-31", "from=2026-07-31"},
		"a date":              {`[{"to":"custbody_d","as":"DATE","from":"bill.dueDate"}]`, "custbody_d=2026-09-01", "", ""},
		"several ids":         {`[{"to":"custbody_m","as":"MULTI_SELECT","from":"account.customFields.multi"}]`, "custbody_m=1,2", "", ""},
		"a list of ids":       {`[{"to":"custbody_m","as":"MULTI_SELECT","value":[3,"4"]}]`, "custbody_m=3,4", "", ""},
		"a check box":         {`[{"to":"custbody_b","as":"BOOLEAN","value":true}]`, "custbody_b=true", "", ""},
		"a number":            {`[{"to":"custbody_n","as":"NUMBER","value":1.50}]`, "custbody_n=1.5", "", ""},
		"of the organisation": {`[{"to":"department","from":"organization.customFields.entity"}]`, "department=77", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := plain
			cfg.Rules = rules(t, c.rules)
			d, err := Map(cfg, billOf(l, other), ruleRecords)
			if err != nil {
				t.Fatal(err)
			}
			if h, a, b := filled(d.Fields), filled(d.Lines[0].Fields), filled(d.Lines[1].Fields); h != c.header || a != c.line0 || b != c.line1 {
				t.Errorf("header %q, lines %q and %q; want %q, %q, %q", h, a, b, c.header, c.line0, c.line1)
			}
			if bare := mapped(t, plain, billOf(l, other)); brief(bare) != brief(d) || !bare.Total.Equal(d.Total) {
				t.Errorf("a rule changed money: %s, without it %s", brief(d), brief(bare))
			}
		})
	}
}

// otherRefNum, memo and a line's description replace what is sent otherwise.
func TestRulesReplaceWhatIsSentOtherwise(t *testing.T) {
	t.Parallel()
	b := billOf(usageLine("3", "0.3", "1"))
	cfg := with(func(c *Config) {
		c.Rules = rules(t, `[{"to":"memo","template":"{account.name} {bill.startDate} and more"},
			{"to":"otherRefNum","from":"bill.purchaseOrderNumber","default":"none"},{"to":"line.description","from":"line.productName"}]`)
	})
	d, err := Map(cfg, b, ruleRecords)
	if err != nil {
		t.Fatal(err)
	}
	// The true quantity stays in the description: without it nobody finds it.
	if d.Memo != "Acme 2026-07-01 and…" || d.OtherRefNum != "none" || d.Lines[0].Description != "Data API | quantity 3 GB" {
		t.Errorf("%q %q %q", d.Memo, d.OtherRefNum, d.Lines[0].Description)
	}
	if d.Fields[1].Why != `rule 2: default, as bill.purchaseOrderNumber is empty` {
		t.Errorf("%+v", d.Fields)
	}
}

func TestMissingSourcesStop(t *testing.T) {
	t.Parallel()
	b := billOf(line(usage, "1"))
	for _, c := range []struct{ rules, cause, says string }{
		{`[{"to":"line.class","from":"product.customFields.none"}]`, "field_source_missing",
			"line item l-USAGE (USAGE, a USAGE) has no class: rule 1 of Fields: customFields.none of product p-1 is empty"},
		{`[{"to":"department","from":"account.customFields.region","lookup":{"US":"1"}}]`, "field_source_missing",
			`account.customFields.region is "EMEA", which the rule's lookup has no entry for`},
		{`[{"to":"line.class","from":"line.segment.a","missing":"LEAVE_OUT"},{"to":"line.class","from":"line.segment.b"}]`,
			"field_source_missing", "rule 2 of Fields"},
		{`[{"to":"line.class","from":"line.segment.a"},{"to":"line.class","from":"line.segment.b","missing":"LEAVE_OUT"}]`,
			"field_source_missing", "rule 1 of Fields"},
		{`[{"to":"department","from":"account.customFields.region"}]`, "field_value_refused",
			`department (rule 1) would get "EMEA", which is no internal id`},
	} {
		_, err := Map(with(func(x *Config) { x.Rules = rules(t, c.rules) }), b, ruleRecords)
		f, ok := err.(*integration.Failure)
		if !ok || f.Cause != c.cause || !strings.Contains(f.Message, c.says) || f.Advice == "" {
			t.Errorf("%s: %v", c.rules, err)
		}
	}
	d := mustMap(t, with(func(x *Config) {
		x.Rules = rules(t, `[{"to":"line.class","from":"line.segment.a","missing":"LEAVE_OUT"}]`)
	}), b, ruleRecords)
	if !warned(d, "class is left out of 1 line of the Bill") {
		t.Error(d.Warnings)
	}
}

// A value that is told by name or external id becomes what the destination knows
// it as, wherever it stands in a rule; without a connection it is shown as it is.
func TestValuesThatAreToldOtherwise(t *testing.T) {
	t.Parallel()
	const all = `[{"to":"department","value":"EXT: DEPT-7 "},{"to":"line.class","from":"line.type","lookup":{"USAGE":"name:EMEA : UK"},` +
		`"default":"ext:X"},{"to":"location","as":"REFERENCE","from":"account.customFields.none","default":"ext:L"}]`
	cfg := with(func(x *Config) { x.Rules = rules(t, all) })
	told := []FieldValue{{"department", "ext:DEPT-7"}, {"line.class", "ext:X"}, {"line.class", "name:EMEA : UK"}, {"location", "ext:L"}}
	if !slices.Equal(cfg.Rules.Told, told) {
		t.Errorf("to be looked up: %v", cfg.Rules.Told)
	}
	d := mustMap(t, cfg, billOf(line(usage, "1")), ruleRecords)
	if got := filled(d.Fields) + " " + filled(d.Lines[0].Fields); got != "department=ext:DEPT-7 location=ext:L class=name:EMEA : UK" {
		t.Errorf("without a connection: %s", got)
	}
	l := ruleRecords
	l.Values = map[FieldValue]string{told[0]: "7", told[2]: "12", told[3]: "9"}
	d = mustMap(t, cfg, billOf(line(usage, "1")), l)
	if got := filled(d.Fields) + " " + filled(d.Lines[0].Fields); got != "department=7 location=9 class=12" ||
		d.Fields[0].Why != "rule 1: fixed value, ext:DEPT-7" {
		t.Errorf("looked up: %s, %s", got, d.Fields[0].Why)
	}
	for _, x := range []struct{ rules, cause, says string }{
		{`[{"to":"department","value":"ext:DEPT-8"}]`, "field_value_unknown", "department (rule 1) is ext:DEPT-8, which "},
		{`[{"to":"department","template":"ext:{account.code}"}]`, "field_value_refused", `would get "ext:acme", which is no internal id`},
	} {
		_, err := Map(with(func(c *Config) { c.Rules = rules(t, x.rules) }), billOf(line(usage, "1")), l)
		f, ok := err.(*integration.Failure)
		if !ok || f.Cause != x.cause || !strings.Contains(f.Message, x.says) || f.Advice == "" {
			t.Errorf("%s: %v", x.rules, err)
		}
	}
}

// Lines that differ in what rules fill are not joined, or money would move to
// another class; texts that differ are listed.
func TestRulesKeepLinesApart(t *testing.T) {
	t.Parallel()
	a, b, c := usageLine("1", "1", "1"), usageLine("1", "1", "2"), usageLine("1", "1", "4")
	a.ID, b.ID, c.ID = "a", "b", "c"
	a.Segment, b.Segment, c.Segment = []bill.Pair{{Name: "dep", Value: "1"}}, []bill.Pair{{Name: "dep", Value: "2"}},
		[]bill.Pair{{Name: "dep", Value: "1"}}
	cfg := with(func(x *Config) {
		x.Split = PerAggregation
		x.Rules = rules(t, `[{"to":"line.department","from":"line.segment.dep"},{"to":"line.custcol_id","from":"line.id"}]`)
	})
	d := mapped(t, cfg, billOf(a, b, c))
	if len(d.Lines) != 2 || filled(d.Lines[0].Fields) != "department=1 custcol_id=a; c" ||
		filled(d.Lines[1].Fields) != "department=2 custcol_id=b" {
		t.Errorf("%s: %s, %s", brief(d), filled(d.Lines[0].Fields), filled(d.Lines[1].Fields))
	}
	if d.Lines[0].Amount.String() != "5.00" || d.Lines[1].Amount.String() != "2.00" {
		t.Error(brief(d))
	}
}

// Only what rules name is read, of the lines that are sent.
func TestRecordsAreThoseThatRulesName(t *testing.T) {
	t.Parallel()
	a, b := line(usage, "1"), line(adHoc, "1")
	a.AccountingProductID, b.ProductID = "ap-1", "p-2"
	cfg := with(func(x *Config) {
		x.ExcludedTypes = []string{adHoc}
		x.Rules = rules(t, `[{"to":"line.class","from":"product.customFields.c"},{"to":"line.x","from":"accountingProduct.name",`+
			`"missing":"LEAVE_OUT"},
			{"to":"department","from":"account.code"},{"to":"y","from":"account.customFields.po","when":{"accounts":["other"]}},{"to":"line.z",`+
			`"from":"line.type"}]`)
	})
	if got := fmt.Sprint(Records(cfg, billOf(a, b))); got != "[{product p-1} {product ap-1}]" {
		t.Error(got)
	}
	if got := Records(plain, billOf(a, b)); got != nil {
		t.Error(got)
	}
}

func TestBadRulesAreToldInOneSentence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rules, key, says string }{
		{`{}`, "fields", "must be a list of rules"},
		{`[5]`, "fields[0]", "rule 1 must be an object"},
		{`[{"value":"1"}]`, "fields[0].to", "rule 1 has no target"},
		{`[{"to":"a","value":"1"},{"to":"amount","value":"1"}]`, "fields[1].to", "rule 2 (amount) cannot be filled: a rule never touches money"},
		{`[{"to":"class"}]`, "fields[0]", "rule 1 (class) needs one of value, from, template"},
		{`[{"to":"class","value":"1","from":"bill.id"}]`, "fields[0].from", "has value and from; a rule has exactly one"},
		{`[{"to":"class","value":"EMEA"}]`, "fields[0].value", `rule 1 (class) has the value "EMEA", which is no internal id`},
		{`[{"to":"class","value":""}]`, "fields[0].value", "is empty"},
		{`[{"to":"class","from":"bill.nothing"}]`, "fields[0].from", `there is no source "bill.nothing"`},
		{`[{"to":"class","from":"customer.x"}]`, "fields[0].from", "it begins with one of bill, line, account"},
		{`[{"to":"class","from":"product.customFields.x"}]`, "fields[0].from", "differs from line to line"},
		{`[{"to":"a","template":"{bill.id"}]`, "fields[0].template", "expected '}' after character 1"},
		{`[{"to":"a","template":"bill}"}]`, "fields[0].template", "unexpected '}' at character 5"},
		{`[{"to":"a","template":"words"}]`, "fields[0].template", "it names no source"},
		{`[{"to":"account","from":"bill.id"}]`, "fields[0].from", "takes a fixed value only"},
		{`[{"to":"class","value":"1","lookup":{"a":"1"}}]`, "fields[0].lookup", "a fixed value needs none"},
		{`[{"to":"class","from":"bill.id","lookup":{"a":"x"}}]`, "fields[0].lookup", `has the lookup "x", which is no internal id`},
		{`[{"to":"class","from":"bill.id","default":"x"}]`, "fields[0].default", `has the default "x"`},
		{`[{"to":"class","value":"1","missing":"STOP"}]`, "fields[0].missing", "nothing can be missing"},
		{`[{"to":"class","from":"bill.id","missing":"SKIP"}]`, "fields[0].missing", "use STOP or LEAVE_OUT"},
		{`[{"to":"class","value":"1","when":{"types":["USAGE"]}}]`, "fields[0].when", "types do not tell apart"},
		{`[{"to":"line.class","value":"1","when":{"types":["USE"]}}]`, "fields[0].when", `the line item type "USE"`},
		{`[{"to":"line.class","value":"1","when":{"type":["USAGE"]}}]`, "fields[0].when", "it may have types, products, accounts"},
		{`[{"to":"class","value":"1","as":"ID"}]`, "fields[0].as", "use one of REFERENCE"},
		{`[{"to":"class","value":"1","then":"x"}]`, "fields[0].then", `has "then", which no rule has`},
		{`[{"to":"class","value":"1"},{"to":"class","value":"2"}]`, "fields[1].to",
			"rule 2 (class) is never reached: rule 1 fills class whenever this one would"},
		{`[{"to":"line.class","value":"1","when":{"types":["USAGE","AD_HOC"]}},{"to":"line.class","from":"line.id",` +
			`"when":{"types":["AD_HOC"],"accounts":["a"]}}]`,
			"fields[1].to", "is never reached"},
	} {
		_, problems := ParseRules("fields", decoded(t, c.rules), anyTarget)
		if len(problems) != 1 || problems[0].Key != c.key || !strings.Contains(problems[0].Message, c.says) {
			t.Errorf("%s: %+v\nwant %s: %s", c.rules, problems, c.key, c.says)
		}
	}
	for _, good := range []string{`[]`, `[{"to":"class","from":"account.customFields.a"},{"to":"class","value":"2"}]`,
		`[{"to":"line.class","value":"1","when":{"types":["USAGE"]}},{"to":"line.class","value":"2"}]`} {
		rules(t, good)
	}
}

// A number without quotes is taken with the digits that it is written with.
func TestNumbersOfRulesKeepTheirDigits(t *testing.T) {
	t.Parallel()
	var v spec.Values
	if err := json.Unmarshal([]byte(`{"fields": [{"to": "custbody_release", "value": 1.10},
		{"to": "custbody_count", "value": 9007199254740993}, {"to": "custbody_share", "value": 0.12345678901234, "as": "NUMBER"},
		{"to": "department", "value": 12}]}`), &v); err != nil {
		t.Fatal(err)
	}
	all, problems := ParseRules("fields", v.Get("fields"), anyTarget)
	var got []string
	for _, f := range all.Header {
		got = append(got, f.Rules[0].Value)
	}
	if want := []string{"1.10", "9007199254740993", "0.12345678901234", "12"}; len(problems) > 0 || !slices.Equal(got, want) {
		t.Errorf("%v, want %v: %v", got, want, problems)
	}
	if err := json.Unmarshal([]byte(`{"fields": [{"to": "custbody_share", "value": 0.30000000000000001, "as": "NUMBER"}]}`), &v); err != nil {
		t.Fatal(err)
	}
	if _, problems := ParseRules("fields", v.Get("fields"), anyTarget); !strings.Contains(problems.Error(), "more than 15 digits") {
		t.Errorf("rounded before it is refused: %v", problems)
	}
}

func TestSourcesThatAreOfferedCanBeRead(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		for _, o := range Sources(on) {
			name := o.Value
			if strings.HasSuffix(name, ".") {
				name += "x"
			}
			if _, err := parseSource(name, on); err != nil {
				t.Error(err)
			}
		}
	}
	if !slices.ContainsFunc(Sources(true), func(o spec.Option) bool { return o.Value == "product.customFields." }) {
		t.Error("product.customFields. is not offered")
	}
}

func TestExplainedByRule(t *testing.T) {
	t.Parallel()
	cfg := with(func(x *Config) {
		x.Rules = rules(t, `[{"to":"department","value":"5"},{"to":"line.class","from":"product.customFields.ns_class","lookup":{"US":"13"}}]`)
	})
	var b strings.Builder
	if err := WriteInvoice(&b, spec.Words{System: "NetSuite"}, mustMap(t, cfg, billOf(line(usage, "1")), ruleRecords), true); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"department = 5  (rule 1: fixed value)",
		`class = 13  (rule 2: product.customFields.ns_class "US", looked up)`} {
		if !strings.Contains(b.String(), s) {
			t.Errorf("no %q in\n%s", s, b.String())
		}
	}
}

// Whatever JSON comes as rules, it is read or refused with a place, and what is
// read can be asked of a Bill.
func FuzzRules(f *testing.F) {
	for _, s := range []string{`[]`,
		`[{"to":"line.class","from":"product.customFields.a","lookup":{"x":1},"default":2,"when":{"types":["USAGE"]}}]`,
		`[{"to":"a","template":"{{x}} {bill.id}{line.id}","as":"TEXT"}]`, `[{"to":1},{"to":"line."},{"to":"x","value":[1,[2]]}]`,
		`{"a":1}`, `[null]`,
		`[{"to":"line.custcol_a","from":"line.servicePeriodEnd","as":"DATE","missing":"LEAVE_OUT"}]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var v any
		if json.Unmarshal(raw, &v) != nil {
			return
		}
		r, problems := ParseRules("fields", v, anyTarget)
		for _, p := range problems {
			if p.Message == "" || !strings.HasPrefix(p.Key, "fields") {
				t.Errorf("%+v", p)
			}
		}
		b := billOf(line(usage, "1"), line(adHoc, "2"))
		cfg := with(func(c *Config) { c.Rules = r })
		Records(cfg, b)
		d, err := Map(cfg, b, ruleRecords)
		var f *integration.Failure
		if err == nil && d.Total.String() != "3.00" || err != nil && !errors.As(err, &f) {
			t.Errorf("%s: %s, %v", raw, d.Total, err)
		}
	})
}
