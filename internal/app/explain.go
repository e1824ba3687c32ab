package app

import (
	"context"
	"fmt"
	"strings"

	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service"
)

// Explain implements service.Service. What the store does not know by that name
// may be a number, which the destination knows.
func (a *App) Explain(ctx context.Context, document string) (service.RunDetail, error) {
	document = strings.TrimSpace(document)
	if err := needed("document", "Document", document); err != nil {
		return service.RunDetail{}, err
	}
	id, err := a.madeBy(ctx, document)
	if err != nil {
		return service.RunDetail{}, err
	}
	var asked error
	if id == "" {
		var found []reconcile.Doc
		if found, asked = a.numbered(ctx, document); len(found) > 0 {
			if id, err = a.madeBy(ctx, found[0].ID); err != nil {
				return service.RunDetail{}, err
			}
		}
	}
	switch {
	case id != "":
		return a.Run(ctx, id)
	case asked != nil:
		return service.RunDetail{}, fmt.Errorf(
			"document %q: no document or Bill that billferry has delivered has this id, and its number could not be looked up: %w", document, asked)
	}
	return service.RunDetail{}, fmt.Errorf(
		"document %q: billferry has delivered no document with this number or id, and none of a Bill or run that is called so: %w",
		document, integration.ErrNotFound)
}

// madeBy is the last run that has put a document into the destination, by the ids
// of the document, the run and its Bill or by what m3ter calls the Bill.
func (a *App) madeBy(ctx context.Context, name string) (string, error) {
	f := integration.RunFilter{Text: name, Outcomes: []integration.Outcome{integration.Created, integration.Updated, integration.Unchanged,
		integration.Adopted}}
	for token := ""; ; {
		p, err := a.store.Runs(ctx, f, token, 200)
		if err != nil {
			return "", err
		}
		for _, r := range p.Runs {
			if r.ExternalID == name || r.ID == name || r.EntityID == name || strings.EqualFold(r.ExternalRef, name) ||
				strings.EqualFold(r.BillRef, name) {
				return r.ID, nil
			}
		}
		if token = p.Next; token == "" {
			return "", nil
		}
	}
}

// numbered asks the destinations for documents of a number; the error is of one
// that could not be asked, when none of them has it.
func (a *App) numbered(ctx context.Context, number string) ([]reconcile.Doc, error) {
	ins, err := a.store.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	var last error
	seen := map[string]bool{}
	for _, in := range ins {
		conn, err := a.dest.open(ctx, in)
		if err != nil || seen[conn.Account()] {
			continue
		}
		books, ok := conn.(destination.Population)
		if !ok {
			continue
		}
		seen[conn.Account()] = true
		docs, err := books.Numbered(ctx, reconcile.Query{}, number)
		if err != nil {
			last = err
			continue
		}
		if len(docs) > 0 {
			return docs, nil
		}
	}
	return nil, last
}
