package api

import (
	"encoding/json"
	"mime"
	"net/http"
	"time"
)

// tokenAnswer is m3ter's BearerAccessTokenResponse.
type tokenAnswer struct {
	Token   string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int64  `json:"expires_in"` // seconds
	Scope   string `json:"scope"`
}

// token is POST /oauth/token: Basic credentials, and the grant type in a form
// or in JSON, as m3ter's documentation and its SDKs send it.
func (s *Server) token(w http.ResponseWriter, r *http.Request) error {
	if s.authenticator.keys == nil {
		return forbidden("no API keys are set up here: make one with 'billferry apikey create'")
	}
	grant, err := grantType(r)
	if err != nil {
		return err
	}
	if grant != "client_credentials" {
		return badRequest("grant_type must be client_credentials, not %q", grant)
	}
	id, text, ok := r.BasicAuth()
	if !ok {
		return forbidden("unauthorized: send the access key id and the API secret as HTTP Basic credentials")
	}
	key, err := s.authenticator.verify(r.Context(), id, text)
	if err != nil {
		return err
	}
	showsKey(r)
	token, err := s.authenticator.issue(r.Context(), key.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return reply(w, tokenAnswer{token, "Bearer", int64(s.o.TokenLife / time.Second), string(key.Scope)})
}

func grantType(r *http.Request) (string, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "application/json" {
		if err := r.ParseForm(); err != nil {
			return "", badRequest("the form cannot be read: %v", err)
		}
		return r.PostForm.Get("grant_type"), nil
	}
	var b struct {
		Grant string `json:"grant_type"`
	}
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
		return "", bodyError(err)
	}
	return b.Grant, nil
}

type newKeyBody struct {
	Name  string `json:"name"`
	Scope Scope  `json:"scope"`
}

// newKeyAnswer is the one answer that holds a secret: the one it has just made.
type newKeyAnswer struct {
	Key
	Secret string `json:"apiSecret"`
}

var errNoKeys = &apiError{status: http.StatusNotFound, message: "this server keeps no API keys"}

func (s *Server) listKeys(w http.ResponseWriter, r *http.Request) error {
	if s.authenticator.keys == nil {
		return errNoKeys
	}
	keys, err := s.authenticator.keys.Keys(r.Context())
	out := make([]Key, 0, len(keys))
	for _, k := range keys {
		k.Hash = ""
		out = append(out, k)
	}
	return answer(w, out, err)
}

func (s *Server) createKey(w http.ResponseWriter, r *http.Request) error {
	if s.authenticator.keys == nil {
		return errNoKeys
	}
	b, err := decode[newKeyBody](r)
	if err != nil {
		return err
	}
	key, text, err := NewKey(b.Name, b.Scope, s.o.Now())
	if err != nil {
		return err
	}
	if err := s.authenticator.keys.PutKey(r.Context(), key); err != nil {
		return err
	}
	key.Hash = ""
	w.Header().Set("Cache-Control", "no-store")
	return reply(w, newKeyAnswer{key, text.Reveal()})
}

func (s *Server) revokeKey(w http.ResponseWriter, r *http.Request) error {
	if s.authenticator.keys == nil {
		return errNoKeys
	}
	return answer(w, none{}, s.authenticator.keys.DeleteKey(r.Context(), r.PathValue("id")))
}
