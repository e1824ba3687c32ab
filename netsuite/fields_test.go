package netsuite_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/mapping"
	"billferry/netsuite"
)

// at is a client of a simulated account.
func at(t *testing.T, account string, deny ...string) (*netsuite.Client, *sandbox.Sandbox) {
	t.Helper()
	p, err := sandbox.OpenAccount(account)
	if err != nil {
		t.Fatal(err)
	}
	box, c := start(t, sandbox.Options{Account: p, Clean: true}, netsuite.Options{})
	if err := box.NetSuite().Deny(deny...); err != nil {
		t.Fatal(err)
	}
	return c, box
}

func TestFields(t *testing.T) {
	t.Parallel()
	c, box := at(t, "strict")
	all, err := c.Fields(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]integration.Field{}
	for _, f := range all {
		by[f.Key] = f
	}
	for key, want := range map[string]integration.Field{
		"department":               {Label: "Department", Type: "REFERENCE", Writable: true},
		"line.class":               {Label: "Class", Type: "REFERENCE", Writable: true},
		"custbody_billing_source":  {Label: "Billing Source", Type: "REFERENCE", Writable: true, Mandatory: true, Custom: true},
		"custbody_m3ter_bill":      {Label: "m3ter Bill", Type: "TEXT", Writable: true, Custom: true},
		"cseg_channel":             {Label: "Sales Channel", Type: "REFERENCE", Writable: true, Custom: true},
		"line.custcol_service_end": {Label: "Service End", Type: "DATE", Writable: true, Custom: true},
		"approvalStatus":           {Label: "Approval Status", Type: "ENUM"},
		"toBeEmailed":              {Label: "To Be E-mailed", Type: "BOOLEAN"},
		"line.quantity":            {Label: "Quantity", Type: "NUMBER"},
		"total":                    {Label: "Total", Type: "NUMBER"},
	} {
		want.Key = key
		got := by[key]
		got.Why = ""
		if got != want {
			t.Errorf("%+v, want %+v", by[key], want)
		}
	}
	for _, key := range []string{"total", "approvalStatus", "line.quantity"} {
		if f := by[key]; f.Writable || f.Why == "" {
			t.Errorf("it is not told why %s cannot be filled: %+v", key, f)
		}
	}
	if _, ok := by["item"]; ok {
		t.Error("the list of lines is a field")
	}
	before := box.Stats().Requests
	if _, err := c.Fields(t.Context()); err != nil || box.Stats().Requests != before {
		t.Errorf("the catalogue is read again: %v", err)
	}
}

func TestFieldOptions(t *testing.T) {
	t.Parallel()
	for name, deny := range map[string][]string{"select-options": nil, "SuiteQL": {"invoice"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, box := at(t, "strict")
			if _, err := c.Fields(t.Context()); err != nil { // the catalogue before the permission goes
				t.Fatal(err)
			}
			if err := box.NetSuite().Deny(deny...); err != nil {
				t.Fatal(err)
			}
			got, err := c.Options(t.Context(), "line.class", "", 10)
			want := []integration.Named{{ID: "11", Name: "Other"}, {ID: "12", Name: "EMEA"}, {ID: "13", Name: "US"}}
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("%v, %v", got, err)
			}
			if got, err := c.Options(t.Context(), "line.class", "em", 10); err != nil || len(got) != 1 || got[0].ID != "12" {
				t.Errorf("%v, %v", got, err)
			}
			if name == "SuiteQL" { // there is no table of a segment's values
				_, err := c.Options(t.Context(), "cseg_channel", "", 10)
				if f, ok := errors.AsType[*integration.Failure](err); !ok || !strings.Contains(f.Advice, "type the internal id") {
					t.Errorf("%v", err)
				}
				return
			}
			if got, err := c.Options(t.Context(), "cseg_channel", "", 1); err != nil || len(got) != 1 || got[0].Name != "Direct" {
				t.Errorf("%v, %v", got, err)
			}
			if n := len(box.NetSuite().Invoices()); n != 0 {
				t.Errorf("asking for values saved %d invoices", n)
			}
			for key, want := range map[string]string{"memo": "takes a text", "custbody_none": `no field "custbody_none"`} {
				if _, err := c.Options(t.Context(), key, "", 10); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v", key, err)
				}
			}
		})
	}
}

// A refusal that names labels tells the keys of the account's fields, whatever
// rules there are; the fields the account added go before standard ones.
func TestARefusalNamesFields(t *testing.T) {
	t.Parallel()
	c, box := at(t, "strict")
	d := document(1, 100)
	d.Entity = mapping.Ref{ExternalID: box.World().Accounts[0].ID}
	_, err := c.Deliver(t.Context(), netsuite.Adapter{}.Encode(d), delivery.Before{}, nil)
	f, ok := errors.AsType[*integration.Failure](err)
	if !ok || f.Cause != "field_missing" {
		t.Fatal(err)
	}
	const keys = "(department, class, custbody_billing_source, cseg_channel, line.department, line.class)"
	if !strings.Contains(f.Advice, keys) || !strings.Contains(f.Advice, "saving them sends the Bills again") {
		t.Errorf("%s", f.Advice)
	}
	got, err := c.Named(t.Context(), f.Message)
	if err != nil || len(got) != 6 || got[3].Key != "cseg_channel" || !got[2].Custom {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := c.Named(t.Context(), "Record has been changed"); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
