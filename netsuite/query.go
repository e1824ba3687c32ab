package netsuite

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"billferry/internal/integration"
	"billferry/internal/jsonread"
)

// pageSize is the most rows SuiteQL gives at once.
const pageSize = 1000

// transient is what SuiteQL demands of a request.
var transient = http.Header{"Prefer": {"transient"}}

// row is one row of a SuiteQL answer, by lower-case column; nulls are left out.
type row map[string]scalar

// suiteql runs a query and follows its pages until max rows are there. Values
// travel as params, so none of them can change the query.
func (c *Client) suiteql(ctx context.Context, purpose, query string, limit int, rec Recorder, params ...string) ([]row, error) {
	var out []row
	for offset := 0; len(out) < limit; offset += pageSize {
		rows, more, err := c.page(ctx, purpose, query, offset, rec, params...)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
		if !more || len(rows) == 0 {
			break
		}
	}
	return out[:min(limit, len(out))], nil
}

// page runs a query for one page, and tells whether there are others.
func (c *Client) page(
	ctx context.Context, purpose, query string, offset int, rec Recorder, params ...string,
) (rows []row, more bool, err error) {
	body, err := json.Marshal(struct {
		Q      string   `json:"q"`
		Params []string `json:"params,omitempty"`
	}{query, params})
	if err != nil {
		return nil, false, badAnswer(err)
	}
	ans, err := c.do(ctx, call{purpose: purpose, method: http.MethodPost, path: queryPath, body: body, rec: rec,
		query: fmt.Sprintf("limit=%d&offset=%d", pageSize, offset), head: transient})
	if err != nil {
		return nil, false, err
	}
	if rows, more, err = parsePage(ans.body); err != nil {
		return nil, false, badAnswer(err)
	}
	return rows, more, nil
}

// parsePage reads a page of rows. A full one has a thousand of them with some
// twenty columns each; the names are parts of b, which must not change.
func parsePage(b []byte) (rows []row, more bool, err error) {
	if !utf8.Valid(b) {
		b = []byte(string([]rune(string(b))))
	}
	s := recordReader{Reader: jsonread.New(b)}
	columns := 0
	item := func(int) error {
		r := make(row, columns)
		rows = append(rows, r)
		err := s.Object(func(name string) error {
			text, err := s.Raw()
			if err != nil {
				return err
			}
			if value, ok := scalarOf(text); ok {
				r[strings.ToLower(name)] = value
			}
			return nil
		})
		columns = len(r)
		return err
	}
	err = s.Object(func(name string) (err error) {
		switch {
		case strings.EqualFold(name, "items"):
			if none, err := s.Null(); none || err != nil {
				return err
			}
			err = s.Array(item)
		case strings.EqualFold(name, "hasMore"):
			more, err = s.Bool()
		default:
			err = s.Skip()
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	return rows, more, err
}

// scalarOf is the value of a JSON text; ok is false for an object and a list.
func scalarOf(text string) (value scalar, ok bool) {
	switch {
	case text == "null":
		return "", true
	case text[0] == '{' || text[0] == '[':
		return "", false
	case text[0] != '"':
		return scalar(text), true
	case strings.IndexByte(text, '\\') < 0:
		return scalar(text[1 : len(text)-1]), true
	}
	plain, err := jsontext.AppendUnquote(nil, text)
	return scalar(plain), err == nil
}

// rowOf keeps the columns and leaves out links, which is an array. A record
// read from the record service makes a row, too.
func rowOf(item map[string]jsontext.Value) row {
	r := row{}
	for k, v := range item {
		var s scalar
		if json.Unmarshal(v, &s) == nil {
			r[strings.ToLower(k)] = s
		}
	}
	return r
}

// scalar is a string that may be written as a number or a boolean.
type scalar string

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (s *scalar) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	switch d.PeekKind() {
	case '"', 'n', '0', 't', 'f':
		t, err := d.ReadToken()
		if err != nil {
			return err
		}
		*s = ""
		if t.Kind() != 'n' {
			*s = scalar(t.String())
		}
		return nil
	default:
		v, err := d.ReadValue()
		if err != nil {
			return err
		}
		return fmt.Errorf("want a string or a number, not %s", clip(string(v), 40))
	}
}

func badAnswer(err error) error {
	return &integration.Failure{Class: integration.ClassTransient, Cause: "answer_unreadable", Err: err,
		Message: "netsuite's answer could not be read: " + err.Error(), Advice: adviceLater}
}

// notPermitted tells whether SuiteQL is closed to the role: without
// SuiteAnalytics Workbook it answers 400, and a missing table permission looks
// like a bad query. The record API by id works all the same.
func notPermitted(err error) bool {
	switch asFailure(err).Cause {
	case causeForbidden, causeRestricted, causeQuery, "not_found", causeNoType:
		return true
	}
	return false
}
