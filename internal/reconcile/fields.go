package reconcile

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
)

// of is what stands in a field.
func (h Values) of(f *Field) string { return h[strings.ToLower(f.Name)] }

// with is the query for documents that were sent with some fields: those are read, so
// that what was sent is what is compared, whatever the settings are by now.
func (q Query) with(wants []*Want) Query {
	for _, w := range wants {
		if w == nil {
			continue
		}
		q.Head = add(q.Head, w.Fields)
		for i := range w.Lines {
			q.Line = add(q.Line, w.Lines[i].Fields)
		}
	}
	return q
}

// add is a list of fields with others, each name once.
func add(list, more []Field) []Field {
	for _, f := range more {
		if !slices.ContainsFunc(list, func(o Field) bool { return strings.EqualFold(o.Name, f.Name) }) {
			list = append(list[:len(list):len(list)], Field{Name: f.Name, As: f.As})
		}
	}
	return list
}

// fields is what is known of how queries show fields, by name; those of lines begin
// with ofLine. Accounts differ in that: the first document of which one differs is
// read by itself as well.
type fields struct {
	mu    sync.Mutex
	shows map[string]bool // as they are; false: they are not compared
}

const ofLine = "line."

func (k *fields) are(name string) (shows, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	shows, known = k.shows[strings.ToLower(name)]
	return shows, known
}

func (k *fields) learn(name string, shows bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.shows == nil {
		k.shows = map[string]bool{}
	}
	name = strings.ToLower(name)
	was, known := k.shows[name]
	k.shows[name] = shows && (was || !known)
}

// blind lists the fields that are not compared.
func (k *fields) blind() []string {
	out := slices.Sorted(maps.Keys(k.shows))
	return slices.DeleteFunc(out, func(name string) bool { return k.shows[name] })
}

func (s *session) sameHead(f *Field, h Values) bool { return s.same("", f, h) }

func (s *session) sameLine(f *Field, h Values) bool { return s.same(ofLine, f, h) }

// same tells whether a field holds what was sent; of one that is not shown as it is
// nothing is told.
func (s *session) same(of string, f *Field, h Values) bool {
	held, shown := h[strings.ToLower(f.Name)]
	if !shown && h != nil {
		s.fields.learn(of+f.Name, false)
	}
	shows, known := s.fields.are(of + f.Name)
	return !shown || known && !shows || s.books.Same(*f, held)
}

// bothWays reads a document by itself too when a field of it differs that no document
// was read both ways for.
func (s *session) bothWays(ctx context.Context, d *Doc, w *Want) error {
	if w == nil {
		return nil
	}
	unsure := func(of string, f *Field, h Values) bool {
		_, known := s.fields.are(of + f.Name)
		return !known && !s.same(of, f, h)
	}
	var q Query
	for i := range w.Fields {
		if f := &w.Fields[i]; unsure("", f, d.Held) {
			q.Head = add(q.Head, w.Fields[i:i+1])
		}
	}
	for i := range min(len(w.Lines), len(d.Lines)) {
		for k := range w.Lines[i].Fields {
			if f := &w.Lines[i].Fields[k]; unsure(ofLine, f, d.Lines[i].Held) {
				q.Line = add(q.Line, w.Lines[i].Fields[k:k+1])
			}
		}
	}
	if len(q.Head)+len(q.Line) == 0 {
		return nil
	}
	var alone Doc
	var there bool
	err := s.turn(ctx, func(ctx context.Context) (err error) {
		alone, there, err = s.books.Reread(ctx, q, d)
		return err
	})
	if err != nil {
		return err
	}
	// One that is not there any more, or has other lines by now, says nothing against queries.
	agree := func(f Field, alone, queried Values) bool {
		return s.books.Same(Field{f.Name, f.As, alone.of(&f)}, queried.of(&f))
	}
	for _, f := range q.Head {
		s.fields.learn(f.Name, !there || agree(f, alone.Held, d.Held))
	}
	for _, f := range q.Line {
		shows := true
		for i := range d.Lines {
			shows = shows && (!there || len(alone.Lines) != len(d.Lines) || agree(f, alone.Lines[i].Held, d.Lines[i].Held))
		}
		s.fields.learn(ofLine+f.Name, shows)
	}
	return nil
}
