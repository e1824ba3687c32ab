package netsuite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"billferry/internal/integration"
)

// demands refuses every create that leaves one of the fields empty, as an account
// does that made them mandatory. line.x is x of every line.
func demands(keys ...string) func(*fake) {
	return func(f *fake) {
		for range 20 {
			f.next("POST /invoice", func(w http.ResponseWriter, r *http.Request) bool {
				raw, _ := io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(raw))
				var body map[string]any
				_ = json.Unmarshal(raw, &body)
				for _, k := range keys {
					if !present(body, k) {
						writeError(w, 400, "USER_ERROR", "Please enter value(s) for: "+k)
						return true
					}
				}
				return false
			})
		}
	}
}

func present(body map[string]any, key string) bool {
	column, line := strings.CutPrefix(key, "line.")
	if !line {
		return body[key] != nil
	}
	list, _ := body["item"].(map[string]any)["items"].([]any)
	return len(list) > 0 && !slices.ContainsFunc(list, func(l any) bool { return l.(map[string]any)[column] == nil })
}

// rewrites changes what a record holds before it is read back, as a script does.
func rewrites(change func(rec map[string]any)) func(*fake) {
	return func(f *fake) {
		for range 5 {
			f.next("GET /invoice/", func(http.ResponseWriter, *http.Request) bool {
				f.mu.Lock()
				defer f.mu.Unlock()
				for _, rec := range f.records {
					change(rec)
				}
				return false
			})
		}
	}
}

func linesOf(rec map[string]any) []any { return rec["item"].(map[string]any)["items"].([]any) }

// rule1 is a rule as configData has it.
func rule1(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

func fields(rules ...map[string]any) map[string]any {
	list := make([]any, len(rules))
	for i, r := range rules {
		list[i] = r
	}
	return map[string]any{integration.KeyRules: list}
}

// The situations of rigs and field for which there was no setting: each is sent
// and proven with settings that meet it (CASES.md of the rig, by their ids).
func TestFieldCases(t *testing.T) {
	t.Parallel()
	const good = "COMPLETE/created PROVEN out 101.50"
	m3ter := records{
		"account|acc-1": {"customFields.region": "EMEA", "customFields.subsidiary": "3", "customFields.netsuite_id": "614", "name": "Acme"},
		"product|p1":    {"customFields.class": "US"}, "product|p2": {"customFields.class": "EMEA"},
	}
	for name, c := range map[string]situation{
		"B25 custom segments": {answer: demands("cseg_region", "line.cseg_region"), set: fields(
			rule1("to", "cseg_region", "from", "account.customFields.region", "lookup", map[string]any{"EMEA": "12"}),
			rule1("to", "line.cseg_region", "value", "12"))},
		"B49 a workflow rewrites the memo": {answer: rewrites(func(rec map[string]any) { rec["memo"] = "Thank you" }),
			set: map[string]any{keyIgnore: []any{"memo"}}},
		"B51 the item's description instead of the line's": {answer: rewrites(func(rec map[string]any) {
			for _, l := range linesOf(rec) {
				l.(map[string]any)["description"] = "Services"
			}
		}), set: map[string]any{keyIgnore: []any{"line.description"}}},
		"C01 department on lines": {answer: demands("line.department"), set: fields(rule1("to", "line.department", "value", "5"))},
		"C03 location": {answer: demands("location", "line.location"), set: fields(rule1("to", "location", "value", 7),
			rule1("to", "line.location", "value", 7))},
		"class by product": {answer: demands("line.class"), set: fields(rule1("to", "line.class", "from", "product.customFields.class",
			"lookup", map[string]any{"EMEA": "12", "US": "13"}))},
		"C04 a custom body field": {answer: demands("custbody_m3ter_bill"), set: fields(
			rule1("to", "custbody_m3ter_bill", "template", "{bill.id} / {account.code}", "as", "TEXT"))},
		"C06 subsidiary in the header": {answer: demands("subsidiary"), set: fields(rule1("to", "subsidiary", "value", "2"))},
		"C10 a date of the header": {answer: demands("custbody_start"), set: fields(
			rule1("to", "custbody_start", "from", "bill.startDate", "as", "DATE"))},
		"C11b a form": {answer: demands("customForm"), set: fields(rule1("to", "customForm", "value", "101"))},
		"C12 customer by entity id": {answer: func(f *fake) {
			f.queries["customer"] = []string{`{"id":"614","entityid":"acme","companyname":"Acme"}`}
		}, set: map[string]any{keyCustomerBy: "ENTITY_ID"}},
		"C13 customer by a field of the account": {set: map[string]any{keyCustomerBy: "CUSTOM_FIELD", keyCustomerField: "netsuite_id"}},
		"C16 a PO number that the Bill has not": {answer: demands("otherRefNum"),
			set: fields(rule1("to", "otherRefNum", "from", "bill.purchaseOrderNumber", "default", "none"))},
		"C17 terms":       {answer: demands("terms"), set: fields(rule1("to", "terms", "value", "4"))},
		"C19 A/R account": {answer: demands("account"), set: fields(rule1("to", "account", "value", "122"))},
		"E05 the memo rewritten again": {answer: rewrites(func(rec map[string]any) { rec["memo"] = fmt.Sprint("by script ", rec["id"]) }),
			set: map[string]any{keyIgnore: []any{"memo"}}},
		"E21 a customer of several subsidiaries": {answer: demands("subsidiary"),
			set: fields(rule1("to", "subsidiary", "from", "account.customFields.subsidiary"))},
		"every shape": {answer: demands("custbody_many", "custbody_on", "custbody_n"),
			set: fields(rule1("to", "custbody_many", "value", []any{"2", 1}, "as", "MULTI_SELECT"),
				rule1("to", "custbody_on", "value", true, "as", "BOOLEAN"), rule1("to", "custbody_n", "value", "1.50", "as", "NUMBER"),
				rule1("to", "intercoStatus", "value", "1"), rule1("to", "line.custcol_note", "from", "line.id", "as", "TEXT"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.records = m3ter
			r, _ := c.play(t, situationBill)
			if got := strings.Join(strings.Fields(fmt.Sprintf("%s/%s %s %s out %s", r.Status, r.Outcome, r.Cause, r.Proof, r.AmountOut)),
				" "); got != good {
				t.Errorf("%s\n%s\n%s\n%s", got, r.Error, r.Advice, r.ProofNote)
			}
		})
	}
}

// What NetSuite holds otherwise than a rule sent is told by the field's name.
func TestWhatRulesSentIsCompared(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]situation{
		"another department": {answer: rewrites(func(rec map[string]any) { rec["department"] = map[string]any{"id": "9"} }),
			set: fields(rule1("to", "department", "value", "5")), note: `department: sent "5", NetSuite holds "9"`},
		"the header's on the lines": {answer: rewrites(func(rec map[string]any) {
			rec["department"] = map[string]any{"id": "9", "refName": "Sales"}
			for _, l := range linesOf(rec) {
				l.(map[string]any)["department"] = map[string]any{"id": "9"}
			}
		}), set: fields(rule1("to", "line.department", "value", "5")), note: "the header's: this account takes no department of single lines"},
		"a script emptied it": {answer: rewrites(func(rec map[string]any) { delete(rec, "custbody_on") }),
			set: fields(rule1("to", "custbody_on", "value", true, "as", "BOOLEAN")), note: `custbody_on: sent "true", NetSuite holds ""`},
		"tax that nobody wanted": {answer: rewrites(func(rec map[string]any) {
			rec["total"], rec["taxTotal"] = json.Number("121.80"), json.Number("20.30")
		}), set: map[string]any{"billferry.tax": "NONE"}, note: "NetSuite added 20.30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r, _ := c.play(t, situationBill); r.Proof != integration.Drift || !strings.Contains(r.Error, c.note) {
				t.Errorf("%s %s: %s", r.Status, r.Proof, r.Error)
			}
		})
	}
}

// A source that is missing stops the Bill before anything is sent.
func TestAMissingSourceSendsNothing(t *testing.T) {
	t.Parallel()
	c := situation{set: fields(rule1("to", "line.class", "from", "product.customFields.class")),
		records: records{"product|p1": {"customFields.class": "13"}},
		answer:  func(f *fake) { t.Cleanup(func() { sentNothing(t, f) }) }}
	if r, _ := c.play(t, situationBill); r.Cause != "field_source_missing" ||
		!strings.Contains(r.Error, "customFields.class of product p2 is empty") ||
		!r.AmountOut.IsZero() {
		t.Errorf("%s %s %s", r.Status, r.Cause, r.Error)
	}
}

func sentNothing(t *testing.T, f *fake) {
	if n := f.count("POST /invoice"); n != 0 {
		t.Errorf("%d creates", n)
	}
}
