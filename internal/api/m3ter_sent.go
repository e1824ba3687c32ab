package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

// given tells whether a member of a body was there and not null.
func given(raw json.RawMessage) bool { return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) }

// values reads configData.
func values(raw json.RawMessage) (spec.Values, error) {
	v := spec.Values{}
	if !given(raw) {
		return v, nil
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, badRequest("configData must be an object of settings: %v", err)
	}
	return v, nil
}

// sent is what the request leaves to be read again; what it does not name stays
// as it was. The id of the integration's own credentials is nothing sent.
func (q configRequest) sent(in integration.Integration) *integration.Sent {
	out := integration.Sent{}
	if in.Sent != nil {
		out = *in.Sent
	}
	out.EntityID = cmp.Or(q.EntityID, out.EntityID)
	out.DestinationID = cmp.Or(q.DestinationID, out.DestinationID)
	if out.CredentialsID = cmp.Or(q.CredentialsID, out.CredentialsID); in.CredentialsID != "" &&
		textOf(out.CredentialsID) == in.CredentialsID {
		out.CredentialsID = nil
	}
	if given(q.ConfigData) {
		out.ConfigData = bytes.Clone(q.ConfigData)
	}
	return &out
}

// shown is configData as it was sent. Where the settings are others meanwhile,
// because a person changed them at a screen, those are shown; a default that
// nobody sent is not.
func shown(form spec.Form, in integration.Integration) (json.RawMessage, error) {
	raw := json.RawMessage("{}")
	if in.Sent != nil && given(in.Sent.ConfigData) {
		raw = in.Sent.ConfigData
	}
	out, err := values(raw)
	if err != nil {
		return nil, err
	}
	was, now, differs := form.Fill(form.Texts(out)), form.Fill(in.ConfigData), false
	set := func(key string) {
		if before, after := was.Get(key), now.Get(key); !alike(before, after) {
			out.Set(key, after)
			differs = true
		}
	}
	ours := map[string]bool{}
	for _, x := range form.Fields {
		head, _, _ := strings.Cut(x.Key, ".")
		if ours[head] = true; x.Key != "name" {
			set(x.Key)
		}
	}
	for key := range now { // what no field knows
		if !ours[key] && !alike(was[key], now[key]) {
			out[key], differs = now[key], true
		}
	}
	for key := range was {
		if _, still := now[key]; !ours[key] && !still {
			delete(out, key)
			differs = true
		}
	}
	if !differs {
		return raw, nil
	}
	return json.Marshal(out)
}

func textOf(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func alike(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
