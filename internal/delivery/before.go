package delivery

import (
	"context"
	"slices"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// newerOf finds the run about a newer version of the Bill that a run has to give
// way to. One that was on its way when that one came gives way once it is back:
// what it may have made stays in doubt, and the other one looks for it.
func newerOf(r integration.Run, siblings []integration.Run) (integration.Run, bool) {
	for _, o := range siblings {
		if o.IntegrationID == r.IntegrationID && o.NewerThan(r) && o.Outcome != integration.Skipped {
			return o, true
		}
	}
	return integration.Run{}, false
}

// ours reduces siblings to what concerns this run's documents. Another
// integration that is still there and names its own otherwise makes them beside
// ours, and is meant to; those of one that was deleted are nobody else's.
func (t *task) ours(ctx context.Context, siblings []integration.Run) []integration.Run {
	return t.e.ours(ctx, t.queue.conf.cfg, t.run, &t.doc.Document, siblings)
}

func (e *Engine) ours(
	ctx context.Context, cfg mapping.Config, r integration.Run, doc *mapping.Document, siblings []integration.Run,
) []integration.Run {
	theirs := map[string]bool{r.IntegrationID: false}
	beside := mapping.AmendmentPrefix(cfg, r.EntityID) // whoever posted one beside a document that is ours as well
	foreign := func(d integration.Doc) bool {
		return d.ExternalID != doc.ExternalID && d.ExternalID != doc.OtherID && !strings.HasPrefix(d.ExternalID, beside)
	}
	out := slices.Clone(siblings)
	for i := range out {
		o := &out[i]
		is, known := theirs[o.IntegrationID]
		if !known {
			is = !e.gone(ctx, o.IntegrationID)
			theirs[o.IntegrationID] = is
		}
		if !is {
			continue
		}
		if foreign(o.Doc()) {
			o.ExternalID = ""
		}
		o.Doubt = slices.DeleteFunc(slices.Clone(o.Doubt), foreign)
	}
	return out
}

// overtaken finds a run of another integration that has sent a newer version of
// the Bill under the same name.
func (t *task) overtaken(siblings []integration.Run, account string) (integration.Run, bool) {
	i := slices.IndexFunc(siblings, func(o integration.Run) bool { return o.Sent() && o.Account == account && o.NewerThan(t.run) })
	if i < 0 {
		return integration.Run{}, false
	}
	return siblings[i], true
}

// look works out what the destination may hold of the Bill: what every run of it
// has sent, and what any may have sent without hearing of it. Doubt is the
// Bill's, whatever version, setting or integration comes next.
func (t *task) look(siblings []integration.Run, account string) {
	own := t.run.Doc()
	own.Account = account
	for _, o := range siblings {
		t.exists = t.exists || o.Sent() && (o.IntegrationID == t.run.IntegrationID || o.Account == account)
		for _, d := range o.Doubt {
			t.mayLand(&t.late, d, account)
			t.mayMake(d, own)
		}
		// It was delivered since, and its doubt is settled.
		t.mayLand(&t.late, integration.Doc{Account: o.Account, Update: true, Since: o.LateChange}, account)
		t.doubted = t.doubted || slices.ContainsFunc(o.Doubt, func(d integration.Doc) bool { return d.Account == account })
	}
	before := &t.resent
	if t.run.PayloadHash != t.tried { // an attempt under other settings
		before = &t.late
	}
	for _, d := range t.run.Doubt {
		t.mayLand(before, d, account)
		t.mayMake(d, own)
	}
	amends := t.doc.Amends != nil // the others stand beside it, and were looked at
	look := t.unknown || (t.exists || t.forgotten) && !amends
	looks := t.looks != nil || !t.exists || t.forgotten // amendments may stand beside what no run is known of
	t.was, t.seen = Before{Look: look, Looks: looks, Stands: t.stands}, []integration.Doc{own}
	for _, d := range integration.Traces(append(slices.Clip(siblings), t.run), account) {
		switch {
		case d.Same(own):
			t.was.Look = true
		case amends, d.Amends:
			t.seen = append(t.seen, d)
		default:
			t.was.Others, t.seen = append(t.was.Others, d), append(t.seen, d)
		}
	}
}

// mayLand notes when a request to change a document was last under way that got no
// answer.
func (t *task) mayLand(last *time.Time, d integration.Doc, account string) {
	if d.Update && d.Account == account && d.Since.After(*last) {
		*last = d.Since
	}
}

// mayMake notes when a request was last under way that may make the document of
// this run, and got no answer.
func (t *task) mayMake(d, own integration.Doc) {
	if d.Same(own) && d.Since.After(t.remake) {
		t.remake = d.Since
	}
}

// leftOver holds a Bill that has come to nothing while a document of an earlier
// version stands, or may stand, in the destination: it would count for ever.
func (e *Engine) leftOver(s *Skip, siblings []integration.Run, own integration.Run, account string) *integration.Failure {
	docs := integration.Traces(append(slices.Clip(siblings), own), account)
	if !s.Empty || len(docs) == 0 {
		return nil
	}
	name := e.nameOf(own.EntityType, own.Destination)
	var names []string
	for _, d := range docs {
		names = append(names, d.Kind+" "+d.ExternalID)
	}
	return &integration.Failure{
		Class: integration.ClassHeld, Cause: "earlier_version_left",
		Message: s.Reason + ", but an earlier version of it is, or may be, in " + name + ": " + strings.Join(names, ", "),
		Advice:  "look for it in " + name + " by its External ID, delete or void what is there, then settle this run by hand (skip)",
	}
}

// unremembered holds a Bill that has come to nothing and of which runs may have been
// deleted: what they made is not known here, and would count for ever.
func (t *task) unremembered(s *Skip) *integration.Failure {
	name := t.e.nameOf(t.run.EntityType, t.run.Destination)
	var names []string
	for _, kind := range []mapping.Kind{mapping.Invoice, mapping.CreditMemo} {
		names = append(names, string(kind)+" "+mapping.ExternalID(t.queue.conf.cfg, kind, t.run.EntityID))
	}
	return &integration.Failure{
		Class: integration.ClassHeld, Cause: "earlier_version_left",
		Message: s.Reason + ", and runs of it may have been deleted: an earlier version may be in " + name + " as " + strings.Join(names, " or "),
		Advice:  "look for it in " + name + " by its External ID, delete or void what is there, then settle this run by hand (skip)",
	}
}

// handMade holds a Bill of which a person has put an earlier version into the
// destination: the document has no name that a delivery would find it by, and
// what a person made is not ours to change. One that is voided or gone holds
// nothing up.
func (t *task) handMade(ctx context.Context, siblings []integration.Run, account string) error {
	reader, ok := t.queue.dest.(Reader)
	if !ok {
		return nil
	}
	for _, o := range siblings {
		if o.Cause != causeMarkedSent || !o.Sent() || o.Account != "" && o.Account != account {
			continue
		}
		var d Document
		var found bool
		err := t.paced(ctx, func() (err error) {
			d, found, err = reader.Document(t.calls, o.ExternalID)
			return err
		})
		switch ours := d.ExternalID != "" && (d.ExternalID == t.doc.ExternalID || d.ExternalID == t.doc.OtherID); {
		case err != nil:
			return err
		case found && !d.Voided && !ours:
			name := t.e.nameOf(t.run.EntityType, t.run.Destination)
			return &integration.Failure{
				Class: integration.ClassHeld, Cause: "made_by_hand",
				Message: "an earlier version of this Bill is in " + name + " as " + d.Name + ", which a person put there: both would count",
				Advice: "give " + d.Name + " the figures of this version by hand and mark this run as sent; or delete or void it in " +
					name + ", then retry",
			}
		}
	}
	return nil
}
