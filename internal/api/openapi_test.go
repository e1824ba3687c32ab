package api_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/internal/spec"
)

// m3terSpec is m3ter's own description of its API. It is reference data that
// lies beside the repository, not in it.
const m3terSpec = "../../../shared/fixtures/m3ter/openapi.json"

// deviations are the answers that differ from the specification on purpose.
var deviations = map[string]string{
	"GET /organizations/{orgId}/events/{id}": "an event that nobody has actioned has no " +
		"dtActioned; the specification requires a date, and no date would be true",
	"GET /organizations/{orgId}/events": "as events/{id}",
	"GET /organizations/{orgId}/integrationconfigs/available": "the lists of options are arrays; the " +
		"specification calls ConfigOptions, a Java ArrayList, an object",
	"GET /organizations/{orgId}/integrationconfigs/available/{systemName}/auth/{entityType}": "as available",
	"GET /organizations/{orgId}/integrationconfigs/values/{systemName}/{configOption}": "all values as an array, as the " +
		"specification's prose has it; its schema has one",
}

// absent are the members that the specification requires and that an answer
// lacks on purpose.
var absent = map[string]string{
	// Who compares with what was sent (Terraform) would see a change that nobody made.
	"GET /organizations/{orgId}/integrationconfigs/{id}":                "entityId",
	"GET /organizations/{orgId}/integrationconfigs/entity/{entityType}": "entityId",
}

// leftOut are operations of these families that billferry does not offer.
var leftOut = []string{"/integrationdestinations/"} // webhooks and marketplaces: Notification integrations, another product

func loadSpec(t *testing.T) *openapi3.T {
	t.Helper()
	if _, err := os.Stat(m3terSpec); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("m3ter's specification is not at %s: conformance is not checked", m3terSpec)
	}
	doc, err := readSpec()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

var readSpec = sync.OnceValues(func() (*openapi3.T, error) { return openapi3.NewLoader().LoadFromFile(m3terSpec) })

// seeded is an API with one of everything.
func seeded(t *testing.T) (*door, map[string]string) {
	t.Helper()
	a := newAPI(t, api.Options{Rate: -1})
	in := a.fake.AddIntegration(integration.Integration{Name: "NetSuite US", Enabled: true})
	a.fake.AddCredentials(in.ID, integration.Credentials{
		Values:   spec.Values{"externalCustomerId": "1"},
		Verified: true,
		Created:  servicetest.Start,
	})
	a.fake.SetItems(integration.Named{ID: "199", Name: "Services"})
	a.fake.SetCustomers(integration.Named{ID: "7", Name: "Acme"})
	run := a.fake.AddRunDetail(service.RunDetail{Run: integration.Run{IntegrationID: in.ID, EntityID: "bill-1", Status: integration.Complete,
		ExternalID: "48213", URL: "https://x/48213", Started: servicetest.Start},
		Attempts: []integration.Attempt{
			{N: 1, Start: servicetest.Start, Exchanges: []integration.Exchange{{Purpose: "create", Method: "POST", URL: "/invoice", Status: 204}}}}})
	e := a.fake.AddEvent(integration.Event{Name: integration.EventPerform, IntegrationID: in.ID, AccountID: "acc-1", Message: "m"})
	m, err := a.fake.PutMapping(t.Context(), integration.ExternalMapping{M3terEntity: "Account", M3terID: "acc-1", ExternalSystem: "Netsuite",
		ExternalTable: "Customer", ExternalID: "7"})
	if err != nil {
		t.Fatal(err)
	}
	return a, map[string]string{"integration": in.ID, "run": run.ID, "event": e.ID, "mapping": m.ID}
}

// TestAgainstSpecification validates the answer of every operation of m3ter's
// specification in the families that billferry serves.
func TestAgainstSpecification(t *testing.T) {
	t.Parallel()
	doc := loadSpec(t)
	a, ids := seeded(t)
	auth := "Bearer " + a.token(t, "admin")
	left := operations(doc)
	for _, c := range []struct{ method, template, path, body string }{
		{"POST", "/integrationconfigs", "/integrationconfigs",
			`{"entityType":"Bill","destination":"netsuite","name":"UK","configData":{},"version":0}`},
		{"GET", "/integrationconfigs", "/integrationconfigs?pageSize=1", ""},
		{"GET", "/integrationconfigs/{id}", "/integrationconfigs/INTEGRATION", ""},
		{"PUT", "/integrationconfigs/{id}", "/integrationconfigs/INTEGRATION",
			`{"entityType":"Bill","destination":"Netsuite","name":"NetSuite US","configData":{"x":1},"version":1}`},
		{"POST", "/integrationconfigs/{id}/enable", "/integrationconfigs/INTEGRATION/enable", ""},
		{"GET", "/integrationconfigs/entity/{entityType}", "/integrationconfigs/entity/Bill?destination=NETSUITE", ""},
		{"GET", "/integrationconfigs/available", "/integrationconfigs/available?systemName=Netsuite&entityType=Bill", ""},
		{"GET", "/integrationconfigs/available/systems", "/integrationconfigs/available/systems", ""},
		{"GET", "/integrationconfigs/available/{systemName}/entities", "/integrationconfigs/available/Netsuite/entities", ""},
		{"GET", "/integrationconfigs/available/{systemName}/auth/{entityType}", "/integrationconfigs/available/Netsuite/auth/Bill", ""},
		{"GET", "/integrationconfigs/values/{systemName}/{configOption}", "/integrationconfigs/values/Netsuite/netsuiteDefaultItemId", ""},
		{"GET", "/integrationruns/{id}", "/integrationruns/RUN", ""},
		{"GET", "/integrationruns/{entityType}/latest", "/integrationruns/Bill/latest?ids=bill-1,none", ""},
		{"GET", "/integrationruns/{entityType}/latest/{id}", "/integrationruns/Bill/latest/bill-1", ""},
		{"GET", "/integrationruns/{entityType}/{entityId}",
			"/integrationruns/Bill/bill-1?status=COMPLETE&order=ASC&startDate=2026-08-01&endDate=2026-08-01", ""},
		{"GET", "/integrationruns/destinations/{destinationId}", "/integrationruns/destinations/INTEGRATION", ""},
		{"GET", "/integrationruns/logs/{id}", "/integrationruns/logs/RUN", ""},
		{"GET", "/externalmappingconfiguration", "/externalmappingconfiguration", ""},
		{"GET", "/externalmappingconfiguration/values/{destination}/{entityType}", "/externalmappingconfiguration/values/Netsuite/Account", ""},
		{"GET", "/externalmappingconfiguration/values/{destination}/{entityType}/{integrationCredentialsId}",
			"/externalmappingconfiguration/values/Netsuite/Product/none", ""},
		{"POST", "/externalmappings", "/externalmappings",
			`{"m3terEntity":"Account","m3terId":"acc-2","externalSystem":"Netsuite","externalTable":"Customer","externalId":"8"}`},
		{"GET", "/externalmappings", "/externalmappings?externalSystemId=netsuite&m3terIds=acc-1,acc-2", ""},
		{"GET", "/externalmappings/{id}", "/externalmappings/MAPPING", ""},
		{"PUT", "/externalmappings/{id}", "/externalmappings/MAPPING",
			`{"m3terEntity":"Account","m3terId":"acc-1","externalSystem":"Netsuite","externalTable":"Customer","externalId":"9","version":1}`},
		{"GET", "/externalmappings/externalid/{system}/{externalTable}/{externalId}", "/externalmappings/externalid/Netsuite/customer/9", ""},
		{"GET", "/externalmappings/external/{entity}/{m3terId}", "/externalmappings/external/account/acc-1", ""},
		{"DELETE", "/externalmappings/{id}", "/externalmappings/MAPPING", ""},
		{"GET", "/events", "/events?eventType=IntegrationEvent&accountId=acc-1", ""},
		{"GET", "/events/{id}", "/events/EVENT", ""},
		{"GET", "/events/types", "/events/types", ""},
		{"GET", "/events/fields", "/events/fields?eventName=integration.perform.error", ""},
		{"DELETE", "/integrationconfigs/{id}", "/integrationconfigs/INTEGRATION", ""},
	} {
		op := c.method + " /organizations/{orgId}" + c.template
		left = slices.DeleteFunc(left, func(o string) bool { return o == op })
		path := strings.NewReplacer("INTEGRATION", ids["integration"], "RUN", ids["run"], "EVENT", ids["event"], "MAPPING",
			ids["mapping"]).Replace(c.path)
		status, body := a.ask(t, c.method, "/organizations/acme"+path, auth, c.body)
		if status != 200 {
			t.Errorf("%s %s: %d %s", c.method, path, status, body)
			continue
		}
		if name := absent[op]; name != "" {
			v := object(t, body)
			if _, there := v[name]; there {
				t.Errorf("%s answers %s, which nobody set", op, name)
			}
			v[name] = "x"
			body, _ = json.Marshal(v)
		}
		err := validate(doc, c.method, "/organizations/{orgId}"+c.template, body)
		if _, known := deviations[op]; known != (err != nil) {
			t.Errorf("%s (known to deviate: %t): %v\n%s", op, known, err, body)
		}
	}
	if len(left) > 0 {
		t.Errorf("operations of the specification that nothing was tried on: %q", left)
	}
}

// operations lists the specification's operations in our families.
func operations(doc *openapi3.T) []string {
	var out []string
	for path, item := range doc.Paths.Map() {
		family := strings.SplitN(strings.TrimPrefix(path, "/organizations/{orgId}/"), "/", 2)[0]
		if !slices.Contains([]string{"integrationconfigs", "integrationruns", "externalmappings", "externalmappingconfiguration", "events"},
			family) ||
			slices.ContainsFunc(leftOut, func(s string) bool { return strings.Contains(path, s) }) {
			continue
		}
		for method := range item.Operations() {
			out = append(out, method+" "+path)
		}
	}
	return out
}

func validate(doc *openapi3.T, method, template string, body []byte) error {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	item := doc.Paths.Value(template)
	if item == nil {
		return errors.New("the specification has no such path")
	}
	content := item.GetOperation(method).Responses.Status(200).Value.Content
	for _, kind := range content {
		return kind.Schema.Value.VisitJSON(v, openapi3.MultiErrors(), openapi3.EnableFormatValidation())
	}
	return errors.New("the specification has no answer")
}

// TestTokenAgainstSpecification is apart: its path has no organisation.
func TestTokenAgainstSpecification(t *testing.T) {
	t.Parallel()
	doc := loadSpec(t)
	a, _ := seeded(t)
	resp := a.send(t, "POST", "/oauth/token", "Basic "+basicOf(a), "application/x-www-form-urlencoded",
		url.Values{"grant_type": {"client_credentials"}}.Encode())
	defer func() { _ = resp.Body.Close() }()
	var raw json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&raw); err != nil {
		t.Fatal(err)
	}
	if err := validate(doc, "POST", "/oauth/token", raw); err != nil {
		t.Errorf("%v\n%s", err, raw)
	}
}

// TestOwnOpenAPI loads the description of our surface with a validator that
// resolves every reference.
func TestOwnOpenAPI(t *testing.T) {
	t.Parallel()
	a := newAPI(t, api.Options{})
	status, body := a.ask(t, "GET", "/openapi.json", "", "")
	doc, err := openapi3.NewLoader().LoadFromData(body)
	if err != nil || status != 200 {
		t.Fatalf("%d %v", status, err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	run := doc.Components.Schemas["RunDetail"]
	if run == nil || run.Value.Properties["amountIn"] == nil || run.Value.Properties["attempts"] == nil {
		t.Error("RunDetail lacks the fields it embeds or its own")
	}
	connect := doc.Components.Schemas["ConnectBody"]
	if connect == nil || !connect.Value.Properties["secrets"].Value.AdditionalProperties.Schema.Value.WriteOnly {
		t.Error("secrets are not write only")
	}
}
