package app

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"billferry/internal/api"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
)

type object = map[string]any

// sdkConfig is a configuration as the SDKs type it, and the run they type GET
// of one as, so all of it in one.
type sdkConfig struct {
	ID            string    `json:"id"`
	Version       int64     `json:"version"`
	EntityType    string    `json:"entityType"`
	EntityID      string    `json:"entityId"`
	Destination   string    `json:"destination"`
	Name          string    `json:"name"`
	Status        string    `json:"status"`
	Config        object    `json:"configData"`
	Authorized    bool      `json:"authorized"`
	Enabled       bool      `json:"enabled"`
	Trigger       string    `json:"triggerType"`
	CredentialsID string    `json:"integrationCredentialsId"`
	Created       time.Time `json:"dtCreated"`
}

// The seven calls on configurations. The bodies are those of the Terraform
// provider, which has to send every field: empty ids, credentials without a
// secret, a version on create.
func TestSDKConfigurations(t *testing.T) {
	t.Parallel()
	w, c := newSDK(t, api.ScopeAdmin)
	const path = "/integrationconfigs"
	body := object{"entityType": "Bill", "entityId": "", "destination": "Netsuite", "destinationId": "", "name": "NetSuite US", "version": 0,
		"integrationCredentialsId": "", "credentials": object{"type": "NETSUITE_AUTH", "empty": true},
		"configData": object{"netsuiteDefaultItemId": sandbox.ItemDefault, "onlySendBillOnApproval": true}}
	made := must[sdkConfig](t, c, "POST", path, body)
	if made.ID == "" || made.Version != 1 || made.EntityType != "Bill" || made.Destination != "Netsuite" || !made.Enabled || made.Authorized ||
		made.Trigger != "EVENT" || made.Created.IsZero() {
		t.Errorf("created %+v", made)
	}
	c.refused(t, 409, "POST", path, body) // the name is taken

	got := must[sdkConfig](t, c, "GET", path+"/"+made.ID, nil)
	if got.Status == "" || got.EntityID != "" || got.Config["onlySendBillOnApproval"] != true {
		t.Errorf("GET does not satisfy both typings: %+v", got)
	}
	raw := must[object](t, c, "GET", path+"/"+made.ID, nil)
	for _, name := range []string{"entityId", "destinationId", "integrationCredentialsId"} {
		if raw[name] != "" {
			t.Errorf("%s is %v, sent was an empty text", name, raw[name])
		}
	}
	if want := body["configData"].(object); len(raw["configData"].(object)) != len(want) {
		t.Errorf("configData %v, sent was %v", raw["configData"], want)
	}
	body["version"], body["name"] = got.Version, "NetSuite UK"
	if put := must[sdkConfig](t, c, "PUT", path+"/"+made.ID, body); put.Version != 2 || put.Name != "NetSuite UK" {
		t.Errorf("updated %+v", put)
	}
	c.refused(t, 409, "PUT", path+"/"+made.ID, body) // an SDK that repeated it would only lose again

	whole := must[object](t, c, "GET", path+"/"+made.ID, nil) // as the other provider does: GET, change, PUT all of it
	whole["name"] = "NetSuite EU"
	if put := must[sdkConfig](t, c, "PUT", path+"/"+made.ID, whole); put.Version != 3 || put.Name != "NetSuite EU" {
		t.Errorf("put back %+v", put)
	}
	connected := w.sdkConnected(t, c, "NetSuite with a key")
	if list := all[sdkConfig](t, c, path, url.Values{"pageSize": {"1"}}); len(list) != 2 || list[0].ID != connected.ID ||
		list[1].ID != made.ID {
		t.Errorf("pages of one: %+v", list)
	}
	if x := must[sdkConfig](t, c, "GET", path+"/entity/Bill?destination=NETSUITE", nil); x.ID != connected.ID {
		t.Errorf("by entity %+v", x)
	}
	if _, err := w.app.SetEnabled(t.Context(), made.ID, false); err != nil {
		t.Fatal(err)
	}
	if on := must[sdkConfig](t, c, "POST", path+"/"+made.ID+"/enable", nil); !on.Enabled {
		t.Errorf("enabled %+v", on)
	}
	if gone := must[sdkConfig](t, c, "DELETE", path+"/"+made.ID, nil); gone.ID != made.ID {
		t.Errorf("deleted %+v", gone)
	}
	c.refused(t, 404, "GET", path+"/"+made.ID, nil)
	number := must[object](t, c, "POST", path, object{"entityType": "Bill", "destination": "Netsuite",
		"configData": object{"netsuiteDefaultItemId": 199, "accountIds": []any{7}}})
	if d, err := w.app.Integration(t.Context(), number["id"].(string)); err != nil || d.ConfigData.Text("netsuiteDefaultItemId") != "199" ||
		number["configData"].(object)["netsuiteDefaultItemId"] != 199.0 || number["name"] == "" {
		t.Errorf("a number where text is expected: %v, %v", number, err)
	}
	c.refused(t, 400, "POST", path, object{"entityType": "Bill", "destination": "Xero", "name": "x", "configData": object{}})
}

// m3ter's SDKs keep a token until it ends and never ask again on 403: it works
// after a restart, and the key that signs it lies sealed in the store.
func TestSDKTokenOutlivesARestart(t *testing.T) {
	t.Parallel()
	w, c := newSDK(t, api.ScopeRead)
	must[object](t, c, "GET", "/events", nil)
	key, err := w.app.tokens.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := w.app.store.Meta(t.Context(), tokenMeta)
	if err != nil || len(kept) == 0 || bytes.Contains(kept, key) {
		t.Fatalf("the key is not sealed: %v", err)
	}
	w.close(t)
	w.open(t)
	addr, err := w.app.ListenTCP(t.Context(), api.TCP{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ask := func() int {
		req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/organizations/"+c.org+"/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+c.token)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if status := ask(); status != 200 {
		t.Errorf("the token of before the restart: %d", status)
	}
	if err := w.app.RevokeAPIKey(t.Context(), c.key); err != nil {
		t.Fatal(err)
	}
	if status := ask(); status != 403 {
		t.Errorf("the token of a revoked key: %d", status)
	}
}

// TestSDKMappingsAreKeptAsSent: m3ter takes any external id. What NetSuite has
// not is noted here and refused at the screens.
func TestSDKMappingsAreKeptAsSent(t *testing.T) {
	t.Parallel()
	w, c := newSDK(t, api.ScopeAdmin)
	w.sdkConnected(t, c, "connected")
	for _, id := range []string{"99999", "ext:none", "Ünï cødé & 50% +1"} {
		m := must[object](t, c, "POST", "/externalmappings", object{"m3terEntity": "Account", "m3terId": "a " + id, "externalSystem": "Netsuite",
			"externalTable": "Customer", "externalId": id})
		if m["externalId"] != id || m["unchecked"] == nil {
			t.Errorf("sent %q, got %v", id, m)
		}
		m["externalId"] = id + "0"
		if put := must[object](t, c, "PUT", "/externalmappings/"+m["id"].(string), m); put["externalId"] != id+"0" || put["unchecked"] == nil {
			t.Errorf("sent %q, got %v", id+"0", put)
		}
	}
	if _, err := w.app.PutMapping(t.Context(), integration.ExternalMapping{M3terEntity: "Account", M3terID: "x", ExternalSystem: "Netsuite",
		ExternalTable: "Customer", ExternalID: "99999"}); err == nil {
		t.Error("a screen may map to what NetSuite has not")
	}
}

// sdkConnected makes a configuration with its credentials in one call.
func (w *world) sdkConnected(t *testing.T, c *sdk, name string) sdkConfig {
	t.Helper()
	keys, err := w.sb.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	made := must[sdkConfig](t, c, "POST", "/integrationconfigs", object{"entityType": "Bill", "destination": "NETSUITE", "name": name,
		"configData": object{"netsuiteDefaultItemId": sandbox.ItemDefault},
		"credentials": object{"type": "NETSUITE_AUTH", "destination": "NETSUITE", "externalCustomerId": keys.AccountID, "clientId": keys.ClientID,
			"keyId": keys.KeyID, "privateKey": keys.PrivateKey.Reveal(), "restUrl": keys.RESTURL, "tokenUrl": keys.TokenURL}})
	if !made.Authorized || made.CredentialsID == "" {
		t.Fatalf("not connected: %+v", made)
	}
	cred := must[object](t, c, "GET", "/integrationcredentials/"+made.CredentialsID, nil)
	if cred["type"] != "NETSUITE_AUTH" || cred["destination"] != "NETSUITE" || cred["privateKey"] != nil {
		t.Errorf("credentials %v", cred)
	}
	return made
}

// The seven calls on external mappings.
func TestSDKMappings(t *testing.T) {
	t.Parallel()
	_, c := newSDK(t, api.ScopeWrite)
	const path = "/externalmappings"
	type mapping struct {
		ID      string `json:"id"`
		Version int64  `json:"version"`
		integration.ExternalMapping
	}
	ids := []string{}
	for _, account := range []string{"a1", "a2", "a3"} {
		m := must[mapping](t, c, "POST", path, object{"m3terEntity": "Account", "m3terId": account, "externalSystem": "Netsuite",
			"externalTable": "Customer", "externalId": "9" + account[1:], "version": 0})
		if m.Version != 1 || m.ID == "" || m.M3terID != account {
			t.Fatalf("created %+v", m)
		}
		ids = append(ids, m.ID)
	}
	change := object{"m3terEntity": "Account", "m3terId": "a2", "externalSystem": "Netsuite", "externalTable": "Customer",
		"externalId": "77", "version": 1}
	if m := must[mapping](t, c, "PUT", path+"/"+ids[1], change); m.Version != 2 || m.ExternalID != "77" {
		t.Errorf("updated %+v", m)
	}
	c.refused(t, 409, "PUT", path+"/"+ids[1], change)
	change["version"] = 0
	c.refused(t, 409, "PUT", path+"/"+ids[1], change) // 0 is not a way around the version
	c.refused(t, 404, "PUT", path+"/8c5c0b1e-0000-4000-8000-000000000000", change)
	if m := must[mapping](t, c, "GET", path+"/"+ids[1], nil); m.ID != ids[1] || m.ExternalID != "77" {
		t.Errorf("got %+v", m)
	}
	for query, want := range map[string]int{path: 3, path + "/external/Account/a2": 1, path + "/externalid/Netsuite/Customer/77": 1} {
		if list := all[mapping](t, c, query, url.Values{"pageSize": {"2"}}); len(list) != want {
			t.Errorf("%s: %d of them, want %d", query, len(list), want)
		}
	}
	if list := all[mapping](t, c, path, url.Values{"m3terIds": {"a1,a3"}, "externalSystemId": {"Netsuite"}}); len(list) != 2 {
		t.Errorf("joined by a comma: %+v", list)
	}
	if m := must[mapping](t, c, "DELETE", path+"/"+ids[0], nil); m.ID != ids[0] {
		t.Errorf("deleted %+v", m)
	}
	c.refused(t, 404, "GET", path+"/"+ids[0], nil)
	c.refused(t, 404, "DELETE", path+"/"+ids[0], nil)
}

// Accounts and Bills come from m3ter through the same base URL.
func TestSDKAccountsAndBills(t *testing.T) {
	t.Parallel()
	w, c := newSDK(t, api.ScopeWrite)
	type thing struct {
		ID     string      `json:"id"`
		Name   string      `json:"name"`
		Status string      `json:"status"`
		Locked bool        `json:"locked"`
		Total  json.Number `json:"billTotal"`
		Lines  []object    `json:"lineItems"`
	}
	accounts := all[thing](t, c, "/accounts", url.Values{"pageSize": {"5"}})
	if len(accounts) != len(w.sb.World().Accounts) {
		t.Fatalf("%d accounts in pages of 5", len(accounts))
	}
	one := accounts[0]
	if a := must[thing](t, c, "GET", "/accounts/"+one.ID, nil); a.Name != one.Name {
		t.Errorf("account %+v", a)
	}
	if found := must[struct{ Data []thing }](t, c, "GET", "/accounts/search?searchQuery="+url.QueryEscape("name:"+one.Name), nil); len(
		found.Data) != 1 || found.Data[0].ID != one.ID {
		t.Errorf("found %+v", found)
	}
	bills := all[thing](t, c, "/bills", url.Values{"pageSize": {"7"}, "includeBillTotal": {"true"}, "excludeLineItems": {"true"}})
	if len(bills) != len(w.sb.World().Bills) || bills[0].Total == "" || len(bills[0].Lines) != 0 {
		t.Fatalf("%d bills in pages of 7, the first %+v", len(bills), bills[0])
	}
	two := all[thing](t, c, "/bills", url.Values{"ids": {bills[3].ID + "," + bills[5].ID}})
	if len(two) != 2 {
		t.Errorf("ids joined by a comma: %+v", two)
	}
	search := must[struct{ Data []thing }](t, c, "GET", "/bills/search?pageSize=50&searchQuery="+url.QueryEscape("id:"+bills[3].ID), nil)
	if len(search.Data) != 1 || search.Data[0].ID != bills[3].ID {
		t.Errorf("search found %+v", search)
	}
	var pending string
	for _, b := range bills {
		if b.Status == "PENDING" {
			pending = b.ID
		}
	}
	if b := must[thing](t, c, "GET", "/bills/"+pending, nil); len(b.Lines) == 0 {
		t.Errorf("bill %+v", b)
	}
	if lines := all[thing](t, c, "/bills/"+pending+"/lineitems", url.Values{"pageSize": {"1"}}); len(lines) == 0 {
		t.Error("no line items")
	}
	if b := must[object](t, c, "GET", "/bills/"+pending, nil); must[thing](t, c, "GET", "/bills/latest/"+b["accountId"].(string),
		nil).ID == "" {
		t.Error("no latest bill")
	}
	c.refused(t, 400, "PUT", "/bills/"+pending+"/lock", nil) // it is pending
	if said := must[object](t, c, "POST", "/bills/approve", object{"billIds": []string{pending}}); said["message"] == "" {
		t.Errorf("approve said %v", said)
	}
	if b := must[thing](t, c, "PUT", "/bills/"+pending+"/status", object{"status": "APPROVED"}); b.Status != "APPROVED" {
		t.Errorf("status %+v", b)
	}
	if b := must[thing](t, c, "PUT", "/bills/"+pending+"/lock", nil); !b.Locked {
		t.Errorf("lock %+v", b)
	}
	c.refused(t, 404, "GET", "/bills/00000000-0000-4000-8000-000000000000", nil)
}

// Runs and events of Bills that were delivered, and one that could not be.
func TestSDKRunsAndEvents(t *testing.T) {
	t.Parallel()
	w, c := newSDK(t, api.ScopeAdmin)
	in := w.sdkConnected(t, c, "NetSuite US")
	w.submitAll(t, in.ID)
	type run struct {
		ID, Status, EntityID, EntityType, Destination, ExternalID, URL string
		DtCreated, DtStarted, DtCompleted                              time.Time
	}
	done := all[run](t, c, "/integrationruns/destinations/"+in.ID, url.Values{"pageSize": {"9"}, "status": {"COMPLETE"}})
	if len(done) != 37 || done[0].ExternalID == "" || done[0].URL == "" || done[0].DtCompleted.Before(done[0].DtStarted) {
		t.Fatalf("%d complete, the first %+v", len(done), done)
	}
	one := done[0]
	for _, path := range []string{"/" + one.ID, "/Bill/latest/" + one.EntityID, "/Bill/latest?ids=" + one.EntityID + ",none"} {
		if r := must[run](t, c, "GET", "/integrationruns"+path, nil); r != one {
			t.Errorf("%s: %+v, want %+v", path, r, one)
		}
	}
	if log := must[struct{ Payload []byte }](t, c, "GET", "/integrationruns/logs/"+one.ID, nil); len(log.Payload) == 0 {
		t.Error("an empty log")
	}
	if got := must[sdkConfig](t, c, "GET", "/integrationconfigs/"+in.ID, nil); got.Status == "WAITING" {
		t.Errorf("the configuration does not tell its last run: %+v", got)
	}
	type event struct {
		ID, EventName string
		EventTime     time.Time
		DtActioned    time.Time
		M3terEvent    object
	}
	events := all[event](t, c, "/events", url.Values{"pageSize": {"1"}, "eventType": {"IntegrationEvent"}})
	if len(events) == 0 || !events[0].DtActioned.IsZero() || events[0].M3terEvent == nil {
		t.Fatalf("events %+v", events)
	}
	if e := must[event](t, c, "GET", "/events/"+events[0].ID, nil); e.EventName != events[0].EventName ||
		!e.EventTime.Equal(events[0].EventTime) {
		t.Errorf("event %+v, want %+v", e, events[0])
	}
	c.refused(t, 404, "GET", "/events/none", nil)
	if few := all[event](t, c, "/events", url.Values{"ids": {events[0].ID + ",none"}}); len(few) != 1 {
		t.Errorf("by ids: %+v", few)
	}
	types := must[struct{ Events []string }](t, c, "GET", "/events/types", nil).Events
	for _, name := range types {
		fields := must[struct{ Events map[string]map[string]string }](t, c, "GET", "/events/fields?eventName="+name, nil)
		if len(fields.Events[name]) == 0 {
			t.Errorf("%s has no fields", name)
		}
	}
}

// What ends a client's day: another organisation, a key that was revoked.
func TestSDKRefused(t *testing.T) {
	t.Parallel()
	w, c := newSDK(t, api.ScopeRead)
	c.refused(t, 403, "POST", "/integrationconfigs", object{"entityType": "Bill", "destination": "Netsuite", "name": "x"})
	elsewhere := *c
	elsewhere.org = "somebody-else"
	elsewhere.refused(t, 403, "GET", "/integrationconfigs", nil)
	must[object](t, c, http.MethodGet, "/integrationconfigs", nil)
	if err := w.app.RevokeAPIKey(t.Context(), c.key); err != nil {
		t.Fatal(err)
	}
	c.refused(t, 403, http.MethodGet, "/integrationconfigs", nil)
}
