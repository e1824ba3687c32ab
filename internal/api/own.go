package api

import (
	"net/http"
	"net/url"
	"strconv"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// own is where our surface lies; Client speaks it.
const own = "/organizations/{orgId}/billferry"

// The bodies of our surface that no domain type is.
type (
	connectBody struct {
		service.Connect
		// Key is a secret on its way in; it hides Connect.PrivateKey, which never marshals.
		Key secret.Value `json:"privateKey"`
	}
	sourceBody struct {
		integration.Source
		Secret secret.Value `json:"apiSecret"`
	}
	keyBody struct {
		Key secret.Value `json:"privateKey"`
	}
	generateBody struct {
		Dir       string `json:"dir"`
		Algorithm string `json:"algorithm"`
		Days      int    `json:"days"`
	}
	enabledBody struct {
		Enabled *bool `json:"enabled"`
	}
	actionedBody struct {
		Actioned *bool `json:"actioned"`
	}
	countBody struct {
		Count int `json:"count"`
	}
	doneBody struct{}
)

// ownRoutes is the table of our surface.
func (s *Server) ownRoutes() []route {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	one := own + "/integrations/{id}"
	return append([]route{
		{method: get, path: own + "/info", scope: ScopeRead, summary: "Whose data this is, and which process has it", handle: s.info, out: service.Info{}},
		{method: get, path: own + "/catalog", scope: ScopeRead, summary: "Every setting there is", handle: s.catalog, out: spec.Catalog{}},
		{method: get, path: own + "/changes", scope: ScopeRead, summary: "What happens, as it happens", handle: s.changes, out: service.Change{}, stream: true},

		{method: get, path: own + "/integrations", scope: ScopeRead, summary: "The integrations with their last runs", handle: s.integrations, out: []service.Summary{}},
		{method: post, path: own + "/integrations", scope: ScopeWrite, summary: "Create an integration and drop its draft", handle: s.create, in: service.NewIntegration{}, out: integration.Integration{}},
		{method: get, path: one, scope: ScopeRead, summary: "One integration with credentials, last runs and totals", handle: s.integration, out: service.Detail{}},
		{method: put, path: one, scope: ScopeWrite, summary: "Replace name and configData; version must be the stored one", handle: s.update, in: integration.Integration{}, out: integration.Integration{}},
		{method: del, path: one, scope: ScopeWrite, summary: "Delete an integration and what is linked to it", handle: s.deleteIntegration, out: integration.Integration{}},
		{method: put, path: one + "/enabled", scope: ScopeWrite, summary: "Enable or disable", handle: s.setEnabled, in: enabledBody{}, out: integration.Integration{}},
		{method: post, path: one + "/connect", scope: ScopeAdmin, summary: "Prove credentials against NetSuite and keep them", handle: s.connect, in: connectBody{}, out: stepLine{}, stream: true},
		{method: post, path: one + "/test", scope: ScopeWrite, summary: "Walk what the configuration needs of NetSuite", handle: s.test, out: stepLine{}, stream: true},
		{method: get, path: one + "/items", scope: ScopeRead, summary: "Search NetSuite's items", handle: s.items, query: []string{"query", "limit"}, out: []integration.Named{}},
		{method: get, path: one + "/customers", scope: ScopeRead, summary: "Search NetSuite's customers", handle: s.customers, query: []string{"query", "limit"}, out: []integration.Named{}},

		{method: get, path: own + "/drafts", scope: ScopeRead, summary: "Wizards that were not finished", handle: s.drafts, out: []integration.Draft{}},
		{method: post, path: own + "/drafts", scope: ScopeWrite, summary: "Save a draft; without an id a new one", handle: s.saveDraft, in: integration.Draft{}, out: integration.Draft{}},
		{method: del, path: own + "/drafts/{id}", scope: ScopeWrite, summary: "Delete a draft", handle: s.deleteDraft, out: doneBody{}},
		{method: post, path: own + "/keys/inspect", scope: ScopeAdmin, summary: "What a private key is, or what is wrong with it", handle: s.inspectKey, in: keyBody{}, out: service.KeyInfo{}},
		{method: post, path: own + "/keys/generate", scope: ScopeAdmin, summary: "Make a key pair in a folder of this machine", handle: s.generateKey, in: generateBody{}, out: service.KeyFiles{}, localOnly: true},
		{method: get, path: own + "/source", scope: ScopeRead, summary: "The m3ter side", handle: s.source, out: service.SourceStatus{}},
		{method: put, path: own + "/source", scope: ScopeAdmin, summary: "Prove m3ter's credentials and keep them", handle: s.connectSource, in: sourceBody{}, out: stepLine{}, stream: true},
		{method: get, path: own + "/accounts", scope: ScopeRead, summary: "Search m3ter's accounts", handle: s.accounts, query: []string{"query", "limit"}, out: []integration.Account{}},
		{method: post, path: own + "/preview", scope: ScopeRead, summary: "What a Bill would become under a configuration", handle: s.preview, in: service.PreviewRequest{}, out: service.Preview{}, body: maxBills},
		{method: get, path: own + "/backup", scope: ScopeAdmin, summary: "A whole copy of the store's file", handle: s.backup, out: []byte{}, media: "application/octet-stream", stream: true, localOnly: true},
	}, append(s.runRoutes(), s.keyRoutes()...)...)
}

func (s *Server) info(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Info(r.Context())
	return answer(w, v, err)
}

func (s *Server) catalog(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, s.svc.Catalog())
}

func (s *Server) integrations(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Integrations(r.Context())
	return answer(w, v, err)
}

func (s *Server) integration(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Integration(r.Context(), r.PathValue("id"))
	return answer(w, v, err)
}

func (s *Server) create(w http.ResponseWriter, r *http.Request) error {
	n, err := decode[service.NewIntegration](r)
	if err != nil {
		return err
	}
	v, err := s.svc.Create(r.Context(), n)
	return answer(w, v, err)
}

func (s *Server) update(w http.ResponseWriter, r *http.Request) error {
	in, err := decode[integration.Integration](r)
	if err != nil {
		return err
	}
	in.ID = r.PathValue("id")
	v, err := s.svc.Update(r.Context(), in)
	return answer(w, v, err)
}

func (s *Server) deleteIntegration(w http.ResponseWriter, r *http.Request) error {
	v, err := s.svc.Delete(r.Context(), r.PathValue("id"))
	return answer(w, v, err)
}

func (s *Server) setEnabled(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[enabledBody](r)
	if err != nil {
		return err
	}
	if b.Enabled == nil {
		return badRequest(`say {"enabled": true} or {"enabled": false}`)
	}
	v, err := s.svc.SetEnabled(r.Context(), r.PathValue("id"), *b.Enabled)
	return answer(w, v, err)
}

func (s *Server) connect(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[connectBody](r)
	if err != nil {
		return err
	}
	c := b.Connect
	c.IntegrationID, c.PrivateKey = r.PathValue("id"), b.Key
	return steps(w, func(step func(service.Step)) (integration.Credentials, error) {
		return s.svc.Connect(r.Context(), c, step)
	})
}

func (s *Server) test(w http.ResponseWriter, r *http.Request) error {
	return steps(w, func(step func(service.Step)) (doneBody, error) {
		return doneBody{}, s.svc.Test(r.Context(), r.PathValue("id"), step)
	})
}

func (s *Server) items(w http.ResponseWriter, r *http.Request) error {
	query, limit, err := searchQuery(r.URL.Query())
	if err != nil {
		return err
	}
	v, err := s.svc.Items(r.Context(), r.PathValue("id"), query, limit)
	return answer(w, v, err)
}

func (s *Server) customers(w http.ResponseWriter, r *http.Request) error {
	query, limit, err := searchQuery(r.URL.Query())
	if err != nil {
		return err
	}
	v, err := s.svc.Customers(r.Context(), r.PathValue("id"), query, limit)
	return answer(w, v, err)
}

func (s *Server) accounts(w http.ResponseWriter, r *http.Request) error {
	query, limit, err := searchQuery(r.URL.Query())
	if err != nil {
		return err
	}
	v, err := s.svc.Accounts(r.Context(), query, limit)
	return answer(w, v, err)
}

// maxLimit bounds what one answer of our surface lists.
const maxLimit = 10_000

func searchQuery(q url.Values) (query string, limit int, err error) {
	limit, err = number(q, "limit", 50, 0, maxLimit)
	return q.Get("query"), limit, err
}

// number reads a whole number between lo and hi from the query.
func number(q url.Values, name string, absent, lo, hi int) (int, error) {
	text := q.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < lo || n > hi {
		return 0, badRequest("%s must be a whole number from %d to %d, not %q", name, lo, hi, text)
	}
	return n, nil
}

// truth reads true or false from the query.
func truth(q url.Values, name string) (bool, error) {
	text := q.Get(name)
	if text == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		return false, badRequest("%s must be true or false, not %q", name, text)
	}
	return b, nil
}
