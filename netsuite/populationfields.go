package netsuite

import (
	"context"
	"strings"

	"billferry/internal/destination"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// Compared implements destination.Population.
func (c *Client) Compared(d *mapping.Document) destination.Compared {
	list := func(all []field) (out []reconcile.Field) {
		for _, f := range all {
			out = append(out, reconcile.Field{Name: f.name, As: string(f.as), Value: f.value})
		}
		return out
	}
	out := destination.Compared{Head: list(headFields(d)), Memo: !ignores(d, "memo"), Reference: !ignores(d, "otherRefNum"),
		Text: !ignores(d, "line.description")}
	for i := range d.Lines {
		out.Lines = append(out.Lines, list(lineFields(d, &d.Lines[i])))
	}
	return out
}

// Same implements reconcile.Books.
func (c *Client) Same(f reconcile.Field, held string) bool {
	return field{f.Name, mapping.Shape(f.As), f.Value}.same(held)
}

// Reread implements reconcile.Books.
func (c *Client) Reread(ctx context.Context, q reconcile.Query, d *reconcile.Doc) (reconcile.Doc, bool, error) {
	names := func(list []reconcile.Field) (out []string) {
		for _, f := range list {
			out = append(out, f.Name)
		}
		return out
	}
	s := &sending{c: c}
	r, found, err := s.readOf(ctx, "read a document by itself", recordPath+"/"+d.Kind+"/"+d.ID, names(q.Head), names(q.Line))
	if err != nil && isDenied(asFailure(err).Cause) {
		return reconcile.Doc{}, false, nil
	}
	if err != nil || !found {
		return reconcile.Doc{}, false, err
	}
	out := reconcile.Doc{ID: r.ID, Held: reconcile.Values{}, Lines: make([]reconcile.Line, len(r.Item.Items))}
	for _, f := range q.Head {
		out.Held[strings.ToLower(f.Name)] = valueOf(r.Head, f.Name).ID
	}
	for i := range out.Lines {
		held := reconcile.Values{}
		for _, f := range q.Line {
			held[strings.ToLower(f.Name)] = r.Item.Items[i].custom(f.Name).ID
		}
		out.Lines[i].Held = held
	}
	return out, true, nil
}
