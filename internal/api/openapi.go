package api

import (
	"net/http"
	"reflect"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/secret"
	"billferry/internal/spec"
)

type object = map[string]any

// openAPI describes our own surface, from the table that serves it and the
// types that are marshalled: it cannot fall behind. m3ter's surface has m3ter's
// own description.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, s.described())
}

// describe builds the document. It takes a dozen milliseconds and no key is
// asked for it, so a server builds it once.
func (s *Server) describe() object {
	b := schemas{known: object{"Error": object{
		"type": "object", "required": []string{"message"}, "properties": object{
			"message": object{"type": "string"}, "code": object{"type": "string"},
			"problems": object{"type": "array", "items": object{"type": "object"}}, "failure": object{"type": "object"},
		},
	}}}
	paths := object{}
	for _, rt := range s.routes() {
		if !strings.HasPrefix(rt.path, own) {
			continue
		}
		p, ok := paths[rt.path].(object)
		if !ok {
			p = object{}
			paths[rt.path] = p
		}
		p[strings.ToLower(rt.method)] = b.operation(rt)
	}
	return object{
		"openapi": "3.0.3",
		"info": object{"title": "billferry", "version": "1",
			"description": "The surface of billferry beside the one that is compatible with m3ter's API. " +
				"Use - as orgId for the organisation that is served."},
		"paths": paths,
		"components": object{"schemas": b.known, "securitySchemes": object{"token": object{
			"type": "http", "scheme": "bearer", "description": "from POST /oauth/token; the unix socket needs none"}}},
		"security": []object{{"token": []string{}}},
	}
}

func (b *schemas) operation(rt route) object {
	var params []object
	for part := range strings.SplitSeq(rt.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			params = append(params, object{"name": strings.TrimSuffix(name, "}"), "in": "path", "required": true,
				"schema": object{"type": "string"}})
		}
	}
	for _, name := range rt.query {
		params = append(params, object{"name": name, "in": "query", "schema": object{"type": "string"}})
	}
	kind := "application/json"
	if rt.stream {
		kind = "application/x-ndjson"
	}
	if rt.media != "" {
		kind = rt.media
	}
	done := object{"description": "done", "content": object{kind: object{"schema": b.of(reflect.TypeOf(rt.out))}}}
	refused := object{"description": "refused",
		"content": object{"application/json": object{"schema": object{"$ref": "#/components/schemas/Error"}}}}
	needs := "Scope: " + string(rt.scope) + "."
	if rt.localOnly {
		needs += " On the unix socket only."
	}
	op := object{"summary": rt.summary, "description": needs, "parameters": params,
		"responses": object{"200": done, "4XX": refused, "5XX": refused}}
	if rt.in != nil {
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": b.of(reflect.TypeOf(rt.in))}}}
	}
	return op
}

// schemas makes JSON schemas of Go types as encoding/json writes them.
type schemas struct{ known object }

// opaque are the types that write themselves.
var opaque = map[reflect.Type]object{
	reflect.TypeFor[time.Time]():     {"type": "string", "format": "date-time"},
	reflect.TypeFor[time.Duration](): {"type": "integer", "format": "int64", "description": "nanoseconds"},
	reflect.TypeFor[decimal.D]():     {"type": "number", "description": "exact decimal"},
	reflect.TypeFor[secret.Value]():  {"type": "string", "writeOnly": true},
	reflect.TypeFor[spec.Values]():   {"type": "object", "additionalProperties": true},
	reflect.TypeFor[[]byte]():        {"type": "string", "format": "byte"},
}

func (b *schemas) of(t reflect.Type) object {
	if o, ok := opaque[t]; ok {
		return o
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.of(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"description": "any JSON value"} // json.RawMessage
		}
		return object{"type": "array", "items": b.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": b.of(t.Elem())}
	case reflect.Struct:
		return b.named(t)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Interface:
		return object{"description": "any JSON value"}
	}
	return object{"type": "integer", "format": "int64"}
}

func (b *schemas) named(t reflect.Type) object {
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	ref := object{"$ref": "#/components/schemas/" + name}
	if _, ok := b.known[name]; ok {
		return ref
	}
	properties := object{}
	b.known[name] = object{"type": "object", "properties": properties} // first, for a type that holds itself
	b.fields(t, properties)
	return ref
}

// fields goes through embedded structs first, so that a field of the outer one
// takes the place of one that it hides, as in encoding/json.
func (b *schemas) fields(t reflect.Type, into object) {
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous && f.Tag.Get("json") == "" {
			b.fields(f.Type, into)
		}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			into[name] = b.of(f.Type)
		}
	}
}
