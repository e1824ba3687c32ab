package accessible

import (
	"cmp"
	"context"
	"fmt"

	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/ui/month"
	"billferry/ui/widget"
)

// breaks lets a person resolve the breaks of a reconciliation, and undo that.
func (s *session) breaks(ctx context.Context, r reconcile.Report) error {
	for at := 0; len(r.Breaks) > 0; {
		shown, next := pageFrom(r.Breaks, at)
		options := make([]string, len(shown), len(shown)+2)
		for i, b := range shown {
			verb := "Resolve"
			if !b.Open() {
				verb = "Undo the resolution of"
			}
			options[i] = fmt.Sprintf("%s %s of %s, %s %s: %s", verb, cmp.Or(b.Ref, b.Number), b.Account, widget.Money(b.Amount, b.Currency),
				b.Currency, b.Text)
		}
		i, err := s.choose(ctx, "Breaks that a person can resolve:", append(append(options, "None of them"), next...), len(shown))
		if err != nil || i == len(shown) {
			return err
		}
		if i > len(shown) {
			at += pageOf
			continue
		}
		if err := s.showError(s.resolve(ctx, &shown[i])); err != nil {
			return err
		}
	}
	return nil
}

// resolve asks what became of a break, or takes back what was said of it.
func (s *session) resolve(ctx context.Context, b *reconcile.Break) error {
	if !b.Open() {
		now, err := s.svc.UndoBreak(ctx, b.ID)
		if err == nil {
			*b = now
			s.say("It is open again.")
		}
		return err
	}
	ways := month.Ways()
	words := make([]string, len(ways))
	for i, w := range ways {
		words[i] = w.Label
	}
	if b.Doc != "" {
		s.say("The document: id %s %s", b.Doc, b.URL)
	}
	options := words
	if b.Bill != "" {
		options = append(words[:len(words):len(words)], "Not known yet: hear the runs of its Bill")
	}
	i, err := s.choose(ctx, "What became of it?", options, 0)
	switch {
	case err != nil:
		return err
	case i == len(words):
		return s.hear(ctx, integration.RunFilter{BillID: b.Bill})
	}
	q := service.ResolveRequest{Break: b.ID, As: ways[i].Value}
	if q.Reason, err = s.must(ctx, "Reason, which is kept for whoever reviews the month", ""); err != nil {
		return err
	}
	if q.Reference, err = s.ask(ctx, "Reference, such as JE-1042", ""); err != nil {
		return err
	}
	now, err := s.svc.ResolveBreak(ctx, q)
	if err == nil {
		*b = now
		s.say("It is %s.", q.As)
	}
	return err
}
