package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service"
)

// Explain implements service.Service. What the store does not know by that name
// may be a number that was not read back, which the destination knows.
func (a *App) Explain(ctx context.Context, document string) (service.RunDetail, error) {
	document = strings.TrimSpace(document)
	if err := needed("document", "Document", document); err != nil {
		return service.RunDetail{}, err
	}
	id, err := a.named(ctx, document)
	if err != nil {
		return service.RunDetail{}, err
	}
	var asked error
	if id == "" {
		var found []reconcile.Doc
		if found, asked = a.numbered(ctx, document); len(found) > 0 {
			if id, err = a.named(ctx, found[0].ID); err != nil {
				return service.RunDetail{}, err
			}
		}
	}
	switch {
	case id != "":
		return a.Run(ctx, id)
	case asked != nil:
		return service.RunDetail{}, fmt.Errorf(
			"document %q: no document, Bill or run here is called so, and as a number it could not be looked up: %w", document, asked)
	}
	return service.RunDetail{}, fmt.Errorf(
		"document %q: %w: no document that billferry has delivered has this number or id, and no Bill or run is called so",
		document, integration.ErrNotFound)
}

// named is the run that has this id, else the last that has put a document of this
// name or a Bill of this name into the destination, else the last of that Bill.
func (a *App) named(ctx context.Context, name string) (id string, err error) {
	switch r, err := a.store.Run(ctx, name); {
	case err == nil:
		return r.ID, nil
	case !errors.Is(err, integration.ErrNotFound):
		return "", err
	}
	bill := ""
	for token := ""; ; {
		p, err := a.store.Runs(ctx, integration.RunFilter{Text: name}, token, 200)
		if err != nil {
			return "", err
		}
		for _, r := range p.Runs {
			ofBill := strings.EqualFold(r.BillRef, name) || strings.EqualFold(r.EntityID, name)
			switch r.Outcome {
			case integration.Created, integration.Updated, integration.Unchanged, integration.Adopted:
				if ofBill || r.ExternalID == name || strings.EqualFold(r.ExternalRef, name) || strings.EqualFold(r.DocumentNumber, name) {
					return r.ID, nil
				}
			}
			if ofBill && bill == "" {
				bill = r.ID
			}
		}
		if token = p.Next; token == "" {
			return bill, nil
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
