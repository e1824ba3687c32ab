package accessible

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/load"
	"billferry/ui/whatif"
	"billferry/ui/widget"
)

// edit changes settings one by one, says what that changes on the Bills that are
// kept, and saves after a yes.
func (s *session) edit(ctx context.Context) error {
	base, err := s.pick(ctx)
	if err != nil {
		return err
	}
	f, ok := s.svc.Catalog().Form(base.EntityType, base.Destination)
	if !ok {
		return fmt.Errorf("this version has no settings for %s with %s", base.EntityType, base.Destination)
	}
	s.of = base.ID
	base.ConfigData = f.Fill(base.ConfigData)
	in := base
	in.ConfigData = base.ConfigData.Clone()
	for {
		done, err := s.editOne(ctx, f, &in)
		if changed := in.Name != base.Name || !reflect.DeepEqual(in.ConfigData, base.ConfigData); changed && errors.Is(err, errBack) {
			leave, err := s.confirm(ctx, "Leave without saving what was changed?")
			if leave || err != nil && !errors.Is(err, errBack) {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if !done {
			continue
		}
		p := f.Validate(in.Name, in.ConfigData)
		s.problems(p)
		if p.Err() != nil {
			continue
		}
		if !reflect.DeepEqual(in.ConfigData, base.ConfigData) {
			s.compare(ctx, in)
		}
		if err := s.preview(ctx, service.PreviewRequest{IntegrationID: in.ID, EntityType: in.EntityType, Destination: in.Destination,
			ConfigData: in.ConfigData}); errors.Is(err, errBack) {
			continue // to the list of settings: what was changed is not lost
		} else if err != nil {
			return err
		}
		save, err := s.confirm(ctx, "Save the settings of "+in.Name+"?")
		if errors.Is(err, errBack) {
			continue
		}
		if err != nil {
			return err
		}
		if !save {
			s.say("Not saved.")
			return nil
		}
		var refused spec.Problems
		_, err = s.svc.Update(ctx, in)
		switch {
		case errors.As(err, &refused): // by the account itself: what was typed is not lost
			s.problems(refused)
			continue
		case errors.Is(err, integration.ErrConflict):
			return errors.New("somebody else changed it meanwhile, and nothing was saved: choose it again to begin from their settings")
		case err == nil:
			s.say("Saved.")
		}
		return err
	}
}

// editOne asks for one setting; done is the choice to save.
func (s *session) editOne(ctx context.Context, f spec.Form, in *integration.Integration) (done bool, err error) {
	labels := []string{"Save"}
	var shown []spec.Field
	for _, x := range f.Fields {
		if x.Shown(in.ConfigData) {
			shown, labels = append(shown, x), append(labels, x.Label)
		}
	}
	i, err := s.choose(ctx, "Which setting?", labels, 0)
	if err != nil || i == 0 {
		return err == nil, err
	}
	x := shown[i-1]
	now := in.ConfigData.Get(x.Key)
	if x.Key == "name" {
		now = in.Name
	}
	v, err := s.setting(ctx, x, now)
	switch name, _ := v.(string); {
	case errors.Is(err, errBack): // to the list of settings
		return false, nil
	case err != nil:
	case x.Key == "name":
		in.Name = name
	default:
		in.ConfigData.Set(x.Key, v)
	}
	return false, err
}

// sayEvery is how often long work says how far it is.
const sayEvery = 5 * time.Second

// nowAndThen says how far long work is, no more often than that.
func (s *session) nowAndThen() func(string) {
	said := time.Now()
	return func(text string) {
		if now := time.Now(); text != "" && now.Sub(said) >= sayEvery {
			said = now
			s.say("%s.", text)
		}
	}
}

// progress says how far a reconciliation is.
func (s *session) progress() func(reconcile.Progress) {
	say := s.nowAndThen()
	return func(p reconcile.Progress) {
		text := p.Step
		if p.All > 0 {
			text += fmt.Sprintf(", %s of %s", widget.Count(p.Done), widget.Count(p.All))
		}
		say(text)
	}
}

// compare says what other settings change on kept Bills. What cannot be compared
// keeps nobody from saving.
func (s *session) compare(ctx context.Context, in integration.Integration) {
	ctx, cancel := load.Bound(ctx)
	defer cancel()
	s.say("Comparing with the Bills that are kept.")
	say := s.nowAndThen()
	got, err := s.svc.Coverage(ctx, service.CoverageRequest{IntegrationID: in.ID, ConfigData: in.ConfigData, Limit: whatif.Bills},
		func(st service.Step) { say(st.Detail) })
	switch {
	case err != nil:
		s.say("What the change does to kept Bills is not known:")
		s.fault(err)
	case !whatif.Differs(got):
		s.say("No document of a kept Bill changes.")
	default:
		for _, line := range whatif.Words(got) {
			s.say("%s", line)
		}
	}
}
