package app

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"billferry/internal/api"
	"billferry/internal/destination/destinationtest"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/mapping"
)

// A Bill goes to the destination its integration names, and to no other; one
// that this version does not know is refused by name.
func TestABillGoesToTheDestinationItsIntegrationNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	w.close(t)
	ledgerly := destinationtest.New()
	w.destinations = append(Destinations(), ledgerly)
	w.open(t)
	n := service.NewIntegration{EntityType: "Bill", Destination: "ledgerly", Name: "Books", ConfigData: spec.Values{
		destinationtest.KeyBook: "main", destinationtest.KeyService: "svc-1"}}
	in, err := w.app.Create(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if in.Destination != "Ledgerly" {
		t.Errorf("the destination is %q", in.Destination)
	}
	idle := w.sb.Stats()
	untouched := func() {
		t.Helper()
		if s := w.sb.Stats(); !reflect.DeepEqual(s, idle) {
			t.Errorf("NetSuite was asked: %+v, before %+v", s, idle)
		}
	}
	q := service.Connect{IntegrationID: in.ID, Values: spec.Values{destinationtest.KeyTenant: "acme"}}
	var faults spec.Problems
	if _, err := w.app.Connect(t.Context(), q, nil); !errors.As(err, &faults) || len(faults) != 1 ||
		faults[0].Key != destinationtest.KeyToken {
		t.Errorf("without a token: %v", err)
	}
	q.Secrets = map[string]secret.Value{destinationtest.KeyToken: secret.New("wrong")}
	var f *integration.Failure
	if _, err := w.app.Connect(t.Context(), q, nil); !errors.As(err, &f) || f.Class != integration.ClassAuth {
		t.Errorf("with a wrong token: %v", err)
	}
	q.Secrets[destinationtest.KeyToken] = secret.New(destinationtest.Token)
	c, err := w.app.Connect(t.Context(), q, nil)
	if err != nil || c.Account != "acme" || c.Fingerprint == "" || c.Secrets != nil {
		t.Fatalf("credentials %+v, %v", c, err)
	}
	if err := w.app.Test(t.Context(), in.ID, nil); err != nil {
		t.Error(err)
	}
	runs, err := w.app.Submit(t.Context(), in.ID, mapping.Sample(), "file")
	if err != nil {
		t.Fatal(err)
	}
	w.settled(t, in.ID)
	r, err := w.app.Run(t.Context(), runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	body := ledgerly.Bodies()[r.ExternalRef]
	if r.Status != integration.Complete || r.Outcome != integration.Created || body == "" || string(r.Document.Body) != body {
		t.Errorf("the run is %s %s (%s), Ledgerly holds %q of it and the run shows %s", r.Status, r.Outcome, r.Error, body, r.Document.Body)
	}
	untouched()
	items, err := w.app.Items(t.Context(), in.ID, "usage", 5)
	if err != nil || len(items) != 1 || items[0].ID != "svc-1" {
		t.Errorf("items %v, %v", items, err)
	}

	// m3ter's surface takes and shows the credentials by the keys of its form.
	_, c2 := w.sdkOf(t, api.ScopeAdmin)
	made := must[object](t, c2, "POST", "/integrationconfigs", object{"entityType": "Bill", "destination": "LEDGERLY", "name": "By API",
		"configData":  object{destinationtest.KeyBook: "main", destinationtest.KeyService: "svc-1", "accountIds": []any{"nobody"}},
		"credentials": object{"type": "LEDGERLY_AUTH", destinationtest.KeyTenant: "acme", destinationtest.KeyToken: destinationtest.Token}})
	if made["authorized"] != true {
		t.Fatalf("not connected: %v", made)
	}
	cred := must[object](t, c2, "GET", "/integrationcredentials/"+made["integrationCredentialsId"].(string), nil)
	if cred["type"] != "LEDGERLY_AUTH" || cred[destinationtest.KeyTenant] != "acme" || cred[destinationtest.KeyToken] != nil ||
		cred["values"] != nil {
		t.Errorf("credentials %v", cred)
	}
	if strings.Contains(fmt.Sprint(made, cred), destinationtest.Token) {
		t.Error("the token is shown")
	}

	w.close(t)
	w.destinations = nil // a version without it
	w.open(t)
	refused := func(what string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), "Ledgerly") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = w.app.Submit(t.Context(), in.ID, mapping.Sample(), "file")
	refused("submit", err)
	_, err = w.app.Connect(t.Context(), q, nil)
	refused("connect", err)
	refused("test", w.app.Test(t.Context(), in.ID, nil))
	_, err = w.app.Preview(t.Context(), service.PreviewRequest{EntityType: "Bill", Destination: "Ledgerly"})
	refused("preview", err)
	n.Destination = "Ledgerly"
	_, err = w.app.Create(t.Context(), n)
	refused("create", err)
	_, err = w.app.Items(t.Context(), in.ID, "", 5)
	refused("items", err)

	// The poller chose no integration: the Bill has a run that says why it stopped.
	newer := []byte(strings.Replace(string(mapping.Sample()), `"version": 3`, `"version": 4`, 1))
	runs, err = w.app.Submit(t.Context(), "", newer, "poll")
	i := slices.IndexFunc(runs, func(r integration.Run) bool { return r.IntegrationID == in.ID })
	if err != nil || i < 0 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	w.settled(t, in.ID)
	if r, err = w.app.Run(t.Context(), runs[i].ID); err != nil || r.Status != integration.Errored || r.Cause != "destination_unknown" ||
		!strings.Contains(r.Error, "Ledgerly") {
		t.Errorf("the run is %s %s %q, %v", r.Status, r.Cause, r.Error, err)
	}
	untouched()
}
