package netsuite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"

	"billferry/internal/bill"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// FuzzRules takes rules as people write them, in YAML or JSON, all the way to the
// request. They never touch money, items, customer, identity or dates; a fault
// tells the number of its rule and where it stands, a Bill that stops has a cause
// and advice, and nothing panics.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{
		`- {to: department, value: "5"}`,
		`[{"to":"line.class","from":"product.customFields.ns_class","lookup":{"5":"12"},"default":"11","when":{"types":["USAGE"]}}]`,
		`- {to: custbody_m3ter_bill, template: "{bill.id} / {{{account.code}}}", as: TEXT}`,
		`- {to: line.revRecStartDate, from: line.servicePeriodStart, missing: LEAVE_OUT}`,
		`- {to: line.description, from: line.id}` + "\n" + `- {to: memo, value: x}` + "\n" + `- {to: tranId, template: "A{bill.billDate}"}`,
		`- {to: cseg_channel, value: "name:Direct"}` + "\n" + `- {to: department, value: "ext:DEPT-5", when: {accounts: [a]}}`,
		`- {to: line.Amount, value: 5}` + "\n" + `- {to: ENTITY, value: "1"}` + "\n" + `- {to: externalid, value: "1"}`,
		`- {to: custbody_list, as: MULTI_SELECT, value: [3, 1, 2]}` + "\n" + `- {to: custbody_x, as: BOOLEAN, value: true}`,
		`- {to: otherRefNum, from: account.purchaseOrderNumber}` + "\n" + `- 7` + "\n" + `- {to: terms}`,
	} {
		f.Add([]byte(seed))
	}
	b, err := bill.Decode(mapping.Sample())
	if err != nil {
		f.Fatal(err)
	}
	plain := guarded(f, b, nil)
	place := regexp.MustCompile(`^billferry\.fields\[(\d+)\]`)
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<14 {
			return
		}
		rules := readRules(text)
		if rules == nil {
			return
		}
		v := Form().Defaults()
		v.Set(KeyDefaultItem, "199")
		v.Set(integration.KeyRules, rules)
		if err := checkRules(v.Get(integration.KeyRules)); err != nil {
			faultsHaveTheirPlace(t, err, place, len(rules))
		}
		cfg, err := Adapter{}.Config("in", v)
		if err != nil {
			faultsHaveTheirPlace(t, err, place, len(rules))
			return
		}
		if got := guarded(t, b, &cfg); got != nil && !reflect.DeepEqual(got, plain) {
			t.Fatalf("the rules changed what they never may:\n%v\nwithout them:\n%v", got, plain)
		}
	})
}

// readRules reads a list of rules as configuration files have it.
func readRules(text []byte) (rules []any) {
	defer func() { _ = recover() }() // of the library: what it cannot read is no case
	if yaml.Unmarshal(text, &rules) != nil {
		return nil
	}
	raw, err := json.Marshal(rules)
	if err != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if rules = nil; d.Decode(&rules) != nil {
		return nil
	}
	return rules
}

func faultsHaveTheirPlace(t *testing.T, err error, place *regexp.Regexp, rules int) {
	t.Helper()
	var problems spec.Problems
	if !errors.As(err, &problems) || len(problems) == 0 {
		t.Fatalf("no problem of a setting: %v", err)
	}
	for _, p := range problems {
		m := place.FindStringSubmatch(p.Key)
		switch {
		case p.Message == "" || p.Label == "":
			t.Fatalf("%+v says nothing", p)
		case m == nil && (p.Key != integration.KeyRules || !strings.Contains(p.Message, "rule ") && rules <= 200):
			t.Fatalf("%+v has no place", p)
		case m != nil:
			var n int
			_, _ = fmt.Sscan(m[1], &n)
			if n >= rules || !strings.HasPrefix(p.Message, fmt.Sprintf("rule %d", n+1)) {
				t.Fatalf("%+v does not name rule %d of %d", p, n+1, rules)
			}
		}
	}
}

// guardedKeys are the parts of a request that no rule may change.
var guardedKeys = map[string]bool{"externalid": true, "entity": true, "currency": true, "trandate": true, "duedate": true,
	"postingperiod": true, "tobeemailed": true, "item": true, "items": true, "quantity": true, "rate": true, "amount": true, "price": true}

// guarded is what no rule may change of the Bill's document: the request's parts by
// their keys, and the money. nil is a Bill that stops, which says why.
func guarded(t testing.TB, b bill.Bill, cfg *mapping.Config) []any {
	l := mapping.Lookups{CurrencyID: "1", Values: map[mapping.FieldValue]string{}, Records: map[mapping.Record]map[string]string{}}
	if cfg == nil {
		v := Form().Defaults()
		v.Set(KeyDefaultItem, "199")
		c, err := Adapter{}.Config("in", v)
		if err != nil {
			t.Fatal(err)
		}
		cfg = &c
	}
	for i, told := range cfg.Rules.Told {
		if i%2 == 0 {
			l.Values[told] = "7"
		}
	}
	for _, r := range mapping.Records(*cfg, b) {
		l.Records[r] = map[string]string{"id": "5", "code": "acme", "name": "Acme \"1\"\n{}", "customFields.ns_class": "5"}
	}
	d, err := mapping.Map(*cfg, b, l)
	if err != nil {
		var f *integration.Failure
		if !errors.As(err, &f) || f.Cause == "" || f.Message == "" || f.Advice == "" || f.Cause == "sum_mismatch" {
			t.Fatalf("%v, %+v", err, f)
		}
		return nil
	}
	out := []any{d.Kind, d.Total.String(), d.Included.String(), d.Excluded.String(), d.Rounding.String(), d.BillTotal.String(), len(d.Lines)}
	var body any
	sent := encode(d).Body
	if !jsontext.Value(sent).IsValid() {
		t.Fatalf("the request is no JSON, or has a name twice: %s", sent)
	}
	dec := json.NewDecoder(bytes.NewReader(sent))
	dec.UseNumber()
	if err := dec.Decode(&body); err != nil {
		t.Fatal(err)
	}
	return append(out, keep(t, body))
}

// keep leaves of a request what is guarded. No object has one name twice, in any
// letter case, which NetSuite does not tell apart.
func keep(t testing.TB, v any) any {
	switch x := v.(type) {
	case []any:
		for i := range x {
			x[i] = keep(t, x[i])
		}
	case map[string]any:
		out := map[string]any{}
		for k, v := range x {
			folded := strings.ToLower(k)
			if _, twice := out[folded]; twice {
				t.Fatalf("the request has %s twice", k)
			}
			switch {
			case guardedKeys[folded]:
				out[folded] = keep(t, v)
			case folded == "id":
				out[folded] = v
			default:
				out[folded] = nil
			}
		}
		for k, v := range out {
			if v == nil {
				delete(out, k)
			}
		}
		return out
	}
	return v
}
