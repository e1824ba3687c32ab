package world

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"golang.org/x/crypto/argon2"

	"billferry/internal/api"
	"billferry/internal/app"
	"billferry/internal/integration"
	"billferry/internal/notify"
	"billferry/internal/secret/seal"
	"billferry/store"
)

// person is one who works through the API, with a key of their own.
type person struct{ id, secret string }

var (
	operator   = person{"key-operator", "bfk_operator-secret-0123456789"}
	clerk      = person{"key-clerk", "bfk_clerk-secret-0123456789"}
	controller = person{"key-controller", "bfk_controller-secret-0123456789"}
	people     = []person{operator, clerk, controller}
)

// employ makes the keys of the people, hashed at less cost than real ones: argon2's
// own time is not what is tried.
func (w *world) employ(st *store.Store) error {
	var keys []api.Key
	for _, p := range people {
		salt := []byte("0123456789abcdef")
		b64 := base64.RawStdEncoding
		hash := fmt.Sprintf("$argon2id$v=%d$m=8,t=1,p=1$%s$%s", argon2.Version, b64.EncodeToString(salt),
			b64.EncodeToString(argon2.IDKey([]byte(p.secret), salt, 1, 8, 1, 32)))
		keys = append(keys, api.Key{ID: p.id, Name: p.id, Scope: api.ScopeAdmin, Hash: hash, Created: w.now()})
		w.rules.secrets = append(w.rules.secrets, p.secret)
	}
	raw, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	return st.SetMeta(context.Background(), "api/keys", raw)
}

// office is the store as the API and what follows it have it: who changes something
// takes a turn before and when it is answered.
type office struct {
	ledger
	shelf
}

// shelf has the methods of the store that ledger has not; it lies deeper, so that
// those of ledger win.
type (
	shelf struct{ board }
	board struct{ *store.Store }
)

// turned does something between two turns.
func (o office) turned(what string, do func() error) error {
	o.l.turn("office " + what)
	err := do()
	o.l.turn("office did " + what)
	return err
}

func (o office) CreateIntegration(ctx context.Context, in integration.Integration, draft string) (out integration.Integration, err error) {
	o.l.w.names.Store(in.ID, in.Name)
	err = o.turned("create", func() error { out, err = o.shelf.CreateIntegration(ctx, in, draft); return err })
	return out, err
}

func (o office) UpdateIntegration(ctx context.Context, in integration.Integration) (out integration.Integration, err error) {
	err = o.turned("update", func() error { out, err = o.shelf.UpdateIntegration(ctx, in); return err })
	return out, err
}

func (o office) DeleteIntegration(ctx context.Context, id string) (out integration.Integration, err error) {
	err = o.turned("delete", func() error { out, err = o.shelf.DeleteIntegration(ctx, id); return err })
	return out, err
}

func (o office) EndDeleted(ctx context.Context) error {
	return o.turned("end deleted", func() error { return o.shelf.EndDeleted(ctx) })
}

func (o office) PutCredentials(ctx context.Context, id string, c integration.Credentials) error {
	return o.turned("credentials", func() error { return o.shelf.PutCredentials(ctx, id, c) })
}

func (o office) PutMapping(ctx context.Context, m integration.ExternalMapping) (out integration.ExternalMapping, err error) {
	err = o.turned("map", func() error { out, err = o.shelf.PutMapping(ctx, m); return err })
	return out, err
}

func (o office) DeleteMapping(ctx context.Context, id string) error {
	return o.turned("unmap", func() error { return o.shelf.DeleteMapping(ctx, id) })
}

func (o office) ImportMappings(ctx context.Context, q store.MappingImport, ms []integration.ExternalMapping) (
	out []store.ImportedMapping, err error) {
	err = o.turned("import", func() error { out, err = o.shelf.ImportMappings(ctx, q, ms); return err })
	return out, err
}

func (o office) ActionEvent(ctx context.Context, id string, actioned bool) (out integration.Event, err error) {
	err = o.turned("event", func() error { out, err = o.shelf.ActionEvent(ctx, id, actioned); return err })
	return out, err
}

func (o office) CloseEvents(ctx context.Context, id, group string) error {
	return o.turned("close", func() error { return o.shelf.CloseEvents(ctx, id, group) })
}

func (o office) Purge(ctx context.Context, olderThan time.Time, step int) (n int, err error) {
	err = o.turned("purge", func() error { n, err = o.shelf.Purge(ctx, olderThan, step); return err })
	return n, err
}

func (o office) Audit(ctx context.Context, who, what, detail string) error {
	return o.turned("audit", func() error { return o.shelf.Audit(ctx, who, what, detail) })
}

func (o office) MetaUnder(ctx context.Context, prefix string) (map[string][]byte, error) {
	o.l.turn("under " + section(prefix))
	return o.shelf.MetaUnder(ctx, prefix)
}

// open has the API over this life, and what its changes ask for worked off.
func (l *life) open(ctx context.Context, led ledger, sealer *seal.Sealer, n *notify.Notifier) {
	l.app = app.Over(app.Config{DataDir: l.w.dir, Logger: l.w.log, Now: l.w.now, Destinations: app.Destinations()}, app.Parts{
		Store: office{led, shelf{board{l.store}}}, Sealer: sealer, Engine: l.engine, Notifier: n,
		HTTP: &http.Client{Transport: wire{l}}})
	l.api = l.app.Handler()
	l.all.Go(l.app.Follow(ctx))
	l.tokens = map[string]string{}
}

// answer is what the API says.
type answer struct {
	status int
	body   []byte
}

func (a answer) ok() bool { return a.status == http.StatusOK }

// done tells whether what was asked for was done, or may have been: a commit may fail
// after it is made, and who dies does not answer.
func (a answer) done(l *life) bool { return a.ok() || a.status >= 500 || l.gone() }

// read takes the answer apart. One that streams has what came of it in its last line,
// and says there whether that is an error.
func (a answer) read(to any) error { return json.Unmarshal(a.body, to) }

func (a answer) result(to any) error {
	lines := bytes.Split(bytes.TrimSpace(a.body), []byte("\n"))
	var last struct {
		Result json.RawMessage
		Error  *struct{ Message string }
	}
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		return err
	}
	if last.Error != nil {
		return errors.New(last.Error.Message)
	}
	return json.Unmarshal(last.Result, to)
}

// ask sends a request of a person to the API.
func (l *life) ask(who person, method, path string, in any) answer {
	a := l.asking(who, method, path, in)
	if a.status == http.StatusForbidden { // the token has ended
		delete(l.tokens, who.id)
		a = l.asking(who, method, path, in)
	}
	return a
}

func (l *life) asking(who person, method, path string, in any) answer {
	if l.tokens[who.id] == "" {
		req := request(http.MethodPost, "/oauth/token", map[string]string{"grant_type": "client_credentials"})
		req.SetBasicAuth(who.id, who.secret)
		a := l.serve(req)
		var t struct {
			Token string `json:"access_token"`
		}
		if !a.ok() || a.read(&t) != nil {
			return a
		}
		l.w.rules.secret(a.body)
		l.tokens[who.id] = t.Token
	}
	req := request(method, "/organizations/-/billferry"+path, in)
	req.Header.Set("Authorization", "Bearer "+l.tokens[who.id])
	return l.serve(req)
}

func (l *life) serve(req *http.Request) answer {
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	go func() { // who asks hears nothing more of who is dead
		select {
		case <-l.dead:
			cancel()
		case <-ctx.Done():
		}
	}()
	rec := httptest.NewRecorder()
	l.api.ServeHTTP(rec, req.WithContext(ctx))
	return answer{rec.Code, rec.Body.Bytes()}
}

func request(method, path string, in any) *http.Request {
	raw, ok := in.([]byte)
	if !ok && in != nil {
		var err error
		if raw, err = json.Marshal(in); err != nil {
			panic(err)
		}
	}
	req := httptest.NewRequest(method, path, bytes.NewReader(raw))
	req.Header.Set("Content-Type", "application/json")
	return req
}
