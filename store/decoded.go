package store

import (
	"bytes"
	"fmt"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

// decoded is an integration with the record it was read from. The engine asks
// for it at each attempt, and reading its JSON was a twentieth of what a Bill
// costs the processor. The record is compared, not a version: so no change can
// be missed, whoever made it.
type decoded struct {
	raw []byte
	in  integration.Integration
}

// readIntegration reads the record of an integration for a caller to keep.
func (t *tx) readIntegration(id, raw []byte) (integration.Integration, error) {
	c, err := t.decode(id, raw)
	if err != nil {
		return integration.Integration{}, err
	}
	in := c.in
	in.ConfigData = CopyValues(in.ConfigData)
	return in, nil
}

// decode reads the record of an integration, or remembers it. Others have what
// it answers: it is not to be changed.
func (t *tx) decode(id, raw []byte) (*decoded, error) {
	if t.decoded != nil {
		if c, ok := t.decoded.Load(string(id)); ok && bytes.Equal(c.(*decoded).raw, raw) {
			return c.(*decoded), nil
		}
	}
	in, err := decodeJSON[integration.Integration](raw)
	if err != nil {
		return nil, fmt.Errorf("read %s %q: %w", bIntegrations, id, err)
	}
	c := &decoded{raw: bytes.Clone(raw), in: in}
	if t.decoded != nil {
		t.decoded.Store(string(id), c)
	}
	return c, nil
}

// CopyValues lets the caller change what it got: everything in it that can be
// changed is new.
func CopyValues(v spec.Values) spec.Values {
	if v == nil {
		return nil
	}
	return spec.Values(copyJSON(map[string]any(v)).(map[string]any))
}

func copyJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = copyJSON(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = copyJSON(x)
		}
		return out
	}
	return v
}
