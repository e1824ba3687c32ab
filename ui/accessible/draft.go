package accessible

import (
	"context"
	"fmt"

	"billferry/internal/integration"
	"billferry/wizard"
)

// begin starts with a draft that waits to be finished, or with a new one. What a
// draft is connected to knows items and fields by name.
func (s *session) begin(ctx context.Context) (wizard.Wizard, integration.Draft, error) {
	fresh, none := wizard.New(s.svc.Catalog()), integration.Draft{}
	drafts, err := s.svc.Drafts(ctx)
	if err != nil || len(drafts) == 0 {
		return fresh, none, err
	}
	options := []string{"A new one"}
	for _, d := range drafts {
		options = append(options, fmt.Sprintf("%s, a draft at stage %d of 3", d.Title, d.Stage))
	}
	for _, d := range drafts {
		options = append(options, "Discard the draft "+d.Title)
	}
	i, err := s.choose(ctx, "Which one do you want to go on with?", options, 0)
	switch {
	case err != nil || i == 0:
		return fresh, none, err
	case i > len(drafts):
		d := drafts[i-1-len(drafts)]
		yes, err := s.confirm(ctx, "Discard "+d.Title+"?")
		if err == nil && yes {
			if err = s.svc.DeleteDraft(ctx, d.ID); err == nil {
				s.say("Discarded.")
			}
		}
		if err != nil {
			return fresh, none, err
		}
		return s.begin(ctx)
	}
	d := drafts[i-1]
	if d.CredentialsID != "" {
		s.of = d.ID
	}
	w, err := wizard.Resume(s.svc.Catalog(), d.Data)
	return w, d, err
}

// connectFirst connects a draft, so that what is asked for next is found by name.
func (s *session) connectFirst(ctx context.Context, w wizard.Wizard, draft integration.Draft) error {
	if s.of != "" {
		return nil
	}
	yes, err := s.confirm(ctx, "Connect it first, so that items and fields are found by name?")
	if err != nil || !yes {
		return err
	}
	d := w.Draft()
	on, err := s.connect(ctx, integration.Integration{ID: draft.ID, Name: w.Title(), EntityType: d.EntityType, Destination: d.Destination})
	if on {
		s.of = draft.ID
	}
	return err
}
