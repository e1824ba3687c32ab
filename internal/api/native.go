package api

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"billferry/internal/integration"
	"billferry/internal/secret"
	"billferry/internal/service"
)

// own is where our surface lies; Client speaks it.
const own = "/organizations/{orgId}/billferry"

// The bodies that carry a secret in, and out. What goes out is made when it is
// sent and held nowhere; secret.Value itself would travel as its mark.
type (
	connectBody struct {
		service.Connect
		// Secrets are on their way in; they hide those of Connect, which never marshal.
		Secrets map[string]secret.Value `json:"secrets"`
	}
	connectOut struct {
		service.Connect
		Secrets map[string]string `json:"secrets"`
	}
	sourceBody struct {
		integration.Source
		Secret secret.Value `json:"apiSecret"`
	}
	sourceOut struct {
		integration.Source
		Secret string `json:"apiSecret"`
	}
	keyBody struct {
		Key secret.Value `json:"privateKey"`
	}
	keyOut struct {
		Key string `json:"privateKey"`
	}
)

// ownRoutes is our surface: the table, and what does not fit into it.
func (s *Server) ownRoutes() []route {
	out := s.handRoutes()
	for _, e := range endpoints {
		out = append(out, e.route(s))
	}
	return out
}

// handRoutes are the routes that stream, carry a secret or Bills as they come,
// or work on what is no service.Service.
func (s *Server) handRoutes() []route {
	one, keys := own+"/integrations/{id}", own+"/apikeys"
	return []route{
		{method: get, path: own + "/changes", scope: ScopeRead, summary: "What happens, as it happens", handle: s.changes,
			out: service.Change{}, stream: true},
		{method: post, path: one + "/connect", scope: ScopeAdmin, summary: "Prove credentials against the destination and keep them",
			handle: s.connect,
			in:     connectBody{}, out: stepLine{}, stream: true},
		{method: post, path: one + "/test", scope: ScopeWrite, summary: "Walk what the configuration needs of the destination", handle: s.test,
			out: stepLine{}, stream: true},
		{method: post, path: one + "/reconcile", scope: ScopeWrite, summary: "Reconcile a period with the destination and keep what is found",
			handle: s.reconcile, in: service.ReconcileRequest{}, out: progressLine{}, stream: true},
		{method: post, path: one + "/plans", scope: ScopeWrite, summary: "Make a plan of what would be sent of the Bills that wait",
			handle: s.makePlan, in: service.PlanRequest{}, out: stepLine{}, stream: true},
		{method: post, path: own + "/plans/{id}/apply", scope: ScopeWrite,
			summary: "Let go what is just as an approved plan has it, and name what is not",
			handle:  s.applyPlan, in: service.PlanAct{}, out: stepLine{}, stream: true},
		{method: post, path: one + "/evidence", scope: ScopeAdmin,
			summary: "Reconcile a period and stream a signed pack of what stands behind the result", handle: s.evidence,
			in: service.ReconcileRequest{}, out: packLine{}, stream: true, localOnly: true},
		{method: post, path: one + "/coverage", scope: ScopeRead,
			summary: "What settings make of the Bills that are kept, and what others would change",
			handle:  s.coverage, in: service.CoverageRequest{}, out: stepLine{}, stream: true},
		{method: put, path: own + "/source", scope: ScopeAdmin, summary: "Prove m3ter's credentials and keep them", handle: s.connectSource,
			in: sourceBody{}, out: stepLine{}, stream: true},
		{method: post, path: own + "/keys/inspect", scope: ScopeAdmin, summary: "What a private key is, or what is wrong with it",
			handle: s.inspectKey,
			in:     keyBody{}, out: service.KeyInfo{}},
		{method: post, path: own + "/store/check", scope: ScopeAdmin,
			summary: "Check the store's file, indexes and counters, and mend them if asked to",
			handle:  s.checkStore, query: []string{"repair"}, out: stepLine{}, stream: true, localOnly: true},
		{method: get, path: own + "/backup", scope: ScopeAdmin, summary: "A whole copy of the store's file", handle: s.backup,
			out: []byte{}, media: "application/octet-stream", stream: true, localOnly: true},
		{method: post, path: own + "/bills", scope: ScopeWrite, summary: "Hand over Bills; answered when their runs are on disk", handle: s.bills,
			query: []string{"integrationId"}, out: billsResult{}, body: maxBills},
		{method: post, path: own + "/bills/submit", scope: ScopeWrite, summary: "Hand over exactly one Bill", handle: s.submit,
			query: []string{"integrationId", "trigger"}, out: []integration.Run{}, body: maxBills},
		{method: post, path: own + "/nudge", scope: ScopeWrite, summary: "Fetch one Bill from m3ter now and hand it over", handle: s.nudge,
			in: nudgeBody{}, out: billsResult{}},
		{method: get, path: keys, scope: ScopeAdmin, summary: "The API keys, without their secrets", handle: s.listKeys, out: []Key{}},
		{method: post, path: keys, scope: ScopeAdmin, summary: "Make an API key; its secret is shown this once", handle: s.createKey,
			in: newKeyBody{}, out: newKeyAnswer{}},
		{method: del, path: keys + "/{id}", scope: ScopeAdmin, summary: "Revoke an API key; its tokens end at once",
			handle: s.revokeKey, out: none{}},
	}
}

func (s *Server) connect(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[connectBody](r)
	if err != nil {
		return err
	}
	c := b.Connect
	c.IntegrationID, c.Secrets = r.PathValue("id"), b.Secrets
	return steps(w, func(step func(service.Step)) (integration.Credentials, error) {
		return s.svc.Connect(r.Context(), c, step)
	})
}

func (s *Server) test(w http.ResponseWriter, r *http.Request) error {
	return steps(w, func(step func(service.Step)) (none, error) {
		return none{}, s.svc.Test(r.Context(), r.PathValue("id"), step)
	})
}

func (s *Server) coverage(w http.ResponseWriter, r *http.Request) error {
	q, err := decode[service.CoverageRequest](r)
	if err != nil {
		return err
	}
	q.IntegrationID = r.PathValue("id")
	return steps(w, func(step func(service.Step)) (service.Coverage, error) { return s.svc.Coverage(r.Context(), q, step) })
}

func (s *Server) connectSource(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[sourceBody](r)
	if err != nil {
		return err
	}
	src := b.Source
	src.APISecret = b.Secret
	return steps(w, func(step func(service.Step)) (none, error) {
		return none{}, s.svc.ConnectSource(r.Context(), src, step)
	})
}

// inspectKey answers a plain error of the service with 400: it is a sentence
// on what is wrong with the key that was sent.
func (s *Server) inspectKey(w http.ResponseWriter, r *http.Request) error {
	b, err := decode[keyBody](r)
	if err != nil {
		return err
	}
	v, err := s.svc.InspectKey(r.Context(), b.Key)
	return answer(w, v, callersFault(err))
}

// callersFault makes 400 of an error that says nothing of itself.
func callersFault(err error) error {
	if err == nil {
		return nil
	}
	if status, _ := statusOf(err); status == http.StatusInternalServerError {
		return &apiError{status: http.StatusBadRequest, message: err.Error()}
	}
	return err
}

// pageFault makes 400 of a plain error while a page token is in play: the
// service refuses a token that is not its own with a sentence.
func pageFault(token string, err error) error {
	if token == "" || errors.Is(err, integration.ErrNotFound) {
		return err
	}
	return callersFault(err)
}

// The most that one answer of our surface lists, and the body that
// service.MaxImport mappings fit in with room to spare.
const (
	maxLimit  = 10_000
	maxImport = 8 << 20
)

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
