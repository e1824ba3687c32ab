package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// Endpoint is one method of service.Service on the wire. Server, Client and
// /openapi.json are made of the same value.
//
// Q says where its fields travel: those with a tag path or query there, the
// others as the JSON body. A is the answer.
type Endpoint[Q, A any] struct {
	Method, Path string // Path lies below own
	Scope        Scope
	Summary      string
	Do           func(ctx context.Context, svc service.Service, q Q) (A, error)

	body      int64 // bytes allowed; 0 is maxBody
	localOnly bool
}

// router is an Endpoint of whatever types.
type router interface{ route(s *Server) route }

// endpoints is the table. row fills it while the package's variables are made.
var endpoints []router

func row[Q, A any](
	method, path string, scope Scope, summary string, do func(context.Context, service.Service, Q) (A, error),
) *Endpoint[Q, A] {
	e := &Endpoint[Q, A]{Method: method, Path: path, Scope: scope, Summary: summary, Do: do}
	endpoints = append(endpoints, e)
	return e
}

// upTo allows a longer body.
func (e *Endpoint[Q, A]) upTo(bytes int64) *Endpoint[Q, A] { e.body = bytes; return e }

// here serves it on the unix socket only.
func (e *Endpoint[Q, A]) here() *Endpoint[Q, A] { e.localOnly = true; return e }

// The usual forms of a method of Service.

func plain[A any](m func(service.Service, context.Context) (A, error)) func(context.Context, service.Service, none) (A, error) {
	return func(ctx context.Context, svc service.Service, _ none) (A, error) { return m(svc, ctx) }
}

func byID[A any](m func(service.Service, context.Context, string) (A, error)) func(context.Context, service.Service, idQuery) (A, error) {
	return func(ctx context.Context, svc service.Service, q idQuery) (A, error) { return m(svc, ctx, q.ID) }
}

func gone(m func(service.Service, context.Context, string) error) func(context.Context, service.Service, idQuery) (none, error) {
	return func(ctx context.Context, svc service.Service, q idQuery) (none, error) {
		return none{}, m(svc, ctx, q.ID)
	}
}

func taking[Q, A any](m func(service.Service, context.Context, Q) (A, error)) func(context.Context, service.Service, Q) (A, error) {
	return func(ctx context.Context, svc service.Service, q Q) (A, error) { return m(svc, ctx, q) }
}

// keeping is a method of a Service that looks after its store, as an App does.
func keeping[Q, A any](m func(service.Keeper, context.Context, Q) (A, error)) func(context.Context, service.Service, Q) (A, error) {
	return func(ctx context.Context, svc service.Service, q Q) (A, error) {
		if k, ok := svc.(service.Keeper); ok {
			return m(k, ctx, q)
		}
		return *new(A), noStore()
	}
}

// route is the server's side.
func (e *Endpoint[Q, A]) route(s *Server) route {
	w := wireOf(reflect.TypeFor[Q]())
	rt := route{method: e.Method, path: own + e.Path, scope: e.Scope, summary: e.Summary, body: e.body, localOnly: e.localOnly,
		out: *new(A), query: w.queryNames()}
	if w.body {
		rt.in = *new(Q)
	}
	rt.handle = func(out http.ResponseWriter, r *http.Request) error {
		var q Q
		var err error
		if w.body {
			if q, err = decode[Q](r); err != nil {
				return err
			}
		}
		if err := w.read(reflect.ValueOf(&q).Elem(), r); err != nil {
			return err
		}
		a, err := e.Do(r.Context(), s.svc, q)
		return answer(out, a, err)
	}
	return rt
}

// call is the client's side.
func (e *Endpoint[Q, A]) call(ctx context.Context, c *Client, q Q) (A, error) {
	w := wireOf(reflect.TypeFor[Q]())
	path, query, err := w.write(reflect.ValueOf(q), e.Path)
	if err != nil {
		return *new(A), err
	}
	var in any
	if w.body {
		in = q
	}
	resp, err := c.do(ctx, e.Method, path, query, in)
	if err != nil {
		return *new(A), err
	}
	return answerOf[A](ctx, c, resp)
}

// wire says where the fields of a request travel.
type wire struct {
	path, query []reflect.StructField
	body        bool // the other fields are the body
}

func wireOf(t reflect.Type) (w wire) {
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Tag.Get("path") != "":
			w.path = append(w.path, f)
		case f.Tag.Get("query") != "":
			w.query = append(w.query, f)
		case name != "" && name != "-":
			w.body = true
		}
	}
	return w
}

// filterParameters is the tag of a RunFilter, which is many parameters.
const filterParameters = "*"

func (w wire) queryNames() (names []string) {
	for _, f := range w.query {
		if name := f.Tag.Get("query"); name != filterParameters {
			names = append(names, name)
		} else {
			names = append(names, filterNames()...)
		}
	}
	return names
}

// read fills q from path and query. A number is at most maxLimit, and what its
// tag absent says when it is left out.
func (w wire) read(q reflect.Value, r *http.Request) error {
	for _, f := range w.path {
		q.FieldByIndex(f.Index).SetString(r.PathValue(f.Tag.Get("path")))
	}
	values := r.URL.Query()
	for _, f := range w.query {
		v, name := q.FieldByIndex(f.Index), f.Tag.Get("query")
		switch v.Kind() {
		case reflect.Struct:
			filter, err := decodeFilter(values)
			if err != nil {
				return err
			}
			v.Set(reflect.ValueOf(filter))
		case reflect.Int:
			absent, _ := strconv.Atoi(f.Tag.Get("absent")) // without the tag 0
			n, err := number(values, name, absent, 0, maxLimit)
			if err != nil {
				return err
			}
			v.SetInt(int64(n))
		case reflect.Bool:
			b, err := truth(values, name)
			if err != nil {
				return err
			}
			v.SetBool(b)
		default:
			v.SetString(values.Get(name))
		}
	}
	return nil
}

// write is the other way of read.
func (w wire) write(q reflect.Value, path string) (string, url.Values, error) {
	for _, f := range w.path {
		id := q.FieldByIndex(f.Index).String()
		if err := known(strings.TrimSuffix(strings.Split(path, "/")[1], "s"), id); err != nil {
			return "", nil, err
		}
		path = strings.Replace(path, "{"+f.Tag.Get("path")+"}", segment(id), 1)
	}
	values := url.Values{}
	for _, f := range w.query {
		v, name := q.FieldByIndex(f.Index), f.Tag.Get("query")
		switch x := v.Interface().(type) {
		case integration.RunFilter:
			for name, texts := range encodeFilter(x) {
				values[name] = texts
			}
		case string:
			if x != "" {
				values.Set(name, x)
			}
		default:
			values.Set(name, fmt.Sprint(x))
		}
	}
	return path, values, nil
}
