package app

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/wizard"
)

// A draft is connected before anything is created: its fields, their values and
// items have names, rules are checked against the account, and the integration
// that is made of it is connected and sends.
func TestADraftIsConnected(t *testing.T) {
	t.Parallel()
	w, values := strictWorld(t, map[string]string{"department": "name:Sales", "line.department": "ext:DEPT-6", "class": "11",
		"line.class": "11", "custbody_billing_source": "1", "cseg_channel": "1"})
	data, err := json.Marshal(wizard.Draft{Stage: wizard.Configure, EntityType: "Bill", Destination: "Netsuite", Name: "Draft",
		ConfigData: values})
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.app.SaveDraft(t.Context(), integration.Draft{Title: "Draft", Stage: 3, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.app.Fields(t.Context(), d.ID); err == nil {
		t.Error("its fields are known before it is connected")
	}
	creds, err := w.sb.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	connect := service.Connect{IntegrationID: d.ID, Values: creds.Values(), Secrets: creds.Secrets()}
	if _, err := w.app.Connect(t.Context(), connect, nil); err != nil {
		t.Fatal(err)
	}
	w.close(t)
	w.open(t) // it is kept
	fields, err := w.app.Fields(t.Context(), d.ID)
	channel := func(f integration.Field) bool { return f.Key == "cseg_channel" && f.Label == "Sales Channel" }
	if err != nil || !slices.ContainsFunc(fields, channel) {
		t.Errorf("%d fields, %v", len(fields), err)
	}
	if got, err := w.app.FieldOptions(t.Context(), d.ID, "department", "", 10); err != nil || len(got) != 2 || got[0].Name != "Sales" {
		t.Errorf("values: %v, %v", got, err)
	}
	if got, err := w.app.Items(t.Context(), d.ID, "199", 10); err != nil || len(got) != 1 {
		t.Errorf("items: %v, %v", got, err)
	}
	items := service.NamesRequest{IntegrationID: d.ID, Items: []string{"199"}}
	if got, err := w.app.Names(t.Context(), items); err != nil || got["199"] == "" {
		t.Errorf("names: %v, %v", got, err)
	}
	if _, err := w.app.Preview(t.Context(), service.PreviewRequest{EntityType: "Bill", Destination: "Netsuite", IntegrationID: d.ID,
		ConfigData: values}); err != nil {
		t.Errorf("preview: %v", err)
	}
	bad := values.Clone()
	bad.Set("billferry.fields", []any{map[string]any{"to": "custbody_nowhere", "value": "1"}})
	var problems spec.Problems
	if _, err := w.app.Create(t.Context(), service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: "Draft", ConfigData: bad,
		DraftID: d.ID}); !errors.As(err, &problems) {
		t.Errorf("a field that the account does not have: %v", err)
	}
	in, err := w.app.Create(t.Context(), service.NewIntegration{EntityType: "Bill", Destination: "Netsuite", Name: "Draft", ConfigData: values,
		DraftID: d.ID})
	if err != nil || !in.Authorized {
		t.Fatalf("%+v, %v", in, err)
	}
	w.submitAll(t, in.ID)
	totals, err := w.app.Totals(t.Context(), in.ID)
	if err != nil || totals.ByStatus[integration.Complete] != 40 {
		t.Errorf("%v, %v", totals.ByStatus, err)
	}
}
