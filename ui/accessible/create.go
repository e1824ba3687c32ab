package accessible

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/ui/widget"
	"billferry/wizard"
)

// create walks the three stages, from where a draft has come to. Each answer is kept
// as a draft.
func (s *session) create(ctx context.Context) error {
	w, draft, err := s.begin(ctx)
	if err != nil {
		return err
	}
	return s.walk(ctx, w, draft)
}

// duplicate makes a draft of an integration that there is, and goes on with it.
func (s *session) duplicate(ctx context.Context) error {
	in, err := s.pick(ctx)
	if err != nil {
		return err
	}
	w, draft := wizard.Copy(s.svc.Catalog(), in), integration.Draft{}
	if err := s.save(ctx, w, &draft); err != nil {
		return err
	}
	s.say("A copy to finish: nothing is created yet.")
	return s.walk(ctx, w, draft)
}

// walk goes through the stages from where a wizard stands.
func (s *session) walk(ctx context.Context, w wizard.Wizard, draft integration.Draft) error {
	for {
		step := w.Step()
		s.say("Stage %d of 3: %s. %s.", step.Stage, step.Name, step.Task)
		var err error
		if step.Stage == wizard.Configure {
			if err = s.connectFirst(ctx, w, draft); err == nil {
				w, err = s.configure(ctx, w, &draft)
			}
		} else {
			w, err = s.stage(ctx, w)
		}
		if errors.Is(err, errBack) {
			back, ok := w.Back()
			if !ok {
				return errBack
			}
			w = back
			continue
		}
		if err != nil {
			return err
		}
		next, problems := w.Next()
		if problems.Err() != nil {
			s.problems(problems)
			continue
		}
		if step.Stage == wizard.Configure {
			var refused spec.Problems
			err := s.finish(ctx, w, draft)
			if errors.Is(err, errBack) {
				continue
			}
			if !errors.As(err, &refused) {
				return err
			}
			s.problems(refused) // by the account that the draft is connected to
			continue
		}
		w = next
		if err := s.save(ctx, w, &draft); err != nil {
			return err
		}
	}
}

func (s *session) stage(ctx context.Context, w wizard.Wizard) (wizard.Wizard, error) {
	label := map[wizard.Stage]string{wizard.Entity: "Entity Type", wizard.Destination: "Destination"}[w.Draft().Stage]
	i, err := s.choose(ctx, label, w.Options(), max(0, slices.Index(w.Options(), w.Chosen())))
	if err != nil {
		return w, err
	}
	return w.Choose(w.Options()[i]), nil
}

func (s *session) problems(p spec.Problems) {
	for _, x := range p {
		kind := "Error"
		if x.Warning {
			kind = "Warning"
		}
		s.say("%s: %s", kind, x.Error())
	}
}

func (s *session) save(ctx context.Context, w wizard.Wizard, d *integration.Draft) error {
	data, err := w.Data()
	if err != nil {
		return err
	}
	d.Title, d.Stage, d.Data = w.Title(), int(w.Draft().Stage), data
	*d, err = s.svc.SaveDraft(ctx, *d)
	return err
}

// configure asks for every setting, panel by panel; a fault is said at once
// and the setting asked again. The panels after the first are offered, since
// their defaults are good for most; back from such an offer is to the question before.
func (s *session) configure(ctx context.Context, w wizard.Wizard, draft *integration.Draft) (wizard.Wizard, error) {
	f, _ := w.Form()
	s.say("Entity type %s, integration destination %s.", f.EntityType, f.Destination)
	const rest = spec.Panel("The rest are billferry's own settings, not m3ter's. Change any of them?") // asked before the first of ours
	var stops []spec.Panel
	for _, panel := range spec.Panels {
		if !slices.ContainsFunc(f.Fields, func(x spec.Field) bool { return x.Panel == panel }) {
			continue
		}
		if slices.Contains(spec.Extensions, panel) && !slices.Contains(stops, rest) {
			stops = append(stops, rest)
		}
		stops = append(stops, panel)
	}
	for at := 0; at < len(stops); at++ {
		panel, change, err := stops[at], true, error(nil)
		switch {
		case panel == rest:
			if change, err = s.confirm(ctx, string(rest)); err == nil && !change {
				return w, nil
			}
			change = false // it has no settings of its own
		case slices.Contains(spec.Extensions, panel):
			s.say("%s.", panel)
			change, err = s.confirm(ctx, "Change any of "+string(panel)+"?")
		default:
			s.say("%s.", panel)
		}
		switch {
		case errors.Is(err, errBack) && at > 0:
			at -= 2 // and on to the one before
		case err != nil:
			return w, err
		case change:
			if w, err = s.panel(ctx, w, draft, f, panel); err != nil {
				return w, err
			}
		}
	}
	return w, nil
}

// panel asks for the settings of one panel.
func (s *session) panel(ctx context.Context, w wizard.Wizard, draft *integration.Draft, f spec.Form, panel spec.Panel) (
	wizard.Wizard, error) {
	for _, x := range f.Fields {
		if x.Panel != panel || !x.Shown(w.Draft().ConfigData) {
			continue
		}
		now := w.Draft().ConfigData.Get(x.Key)
		if x.Key == "name" {
			now = w.Draft().Name
		}
		v, err := s.setting(ctx, x, now)
		if err != nil {
			return w, err
		}
		w = w.SetField(x.Key, v)
		if err := s.save(ctx, w, draft); err != nil {
			return w, err
		}
	}
	return w, nil
}

// setting asks until the answer is good.
func (s *session) setting(ctx context.Context, x spec.Field, now any) (any, error) {
	s.say("%s. %s", x.Label, x.Help)
	v := spec.Values{}
	v.Set(x.Key, now)
	if names := s.names(ctx, s.of, []spec.Field{x}, v); len(names) > 0 {
		s.say("Now: %s.", x.ShowNamed(now, names))
	}
	for {
		v, err := s.value(ctx, x, now)
		if err != nil {
			return nil, err
		}
		bad := x.Validate(v)
		if bad == nil {
			return v, nil
		}
		s.say("Error: %s: %v", x.Label, bad)
	}
}

// value asks for one value in the way of its kind.
func (s *session) value(ctx context.Context, x spec.Field, now any) (any, error) {
	v := spec.Values{"v": now}
	switch x.Kind {
	case spec.Bool:
		def := 0
		if v.Bool("v") {
			def = 1
		}
		i, err := s.choose(ctx, x.Label, []string{"off", "on"}, def)
		return i == 1, err
	case spec.Enum:
		labels, def := make([]string, len(x.Options)), 0
		for i, o := range x.Options {
			labels[i] = strings.TrimSuffix(o.Label+": "+o.Help, ": ")
			if o.Value == v.Text("v") {
				def = i
			}
		}
		i, err := s.choose(ctx, x.Label, labels, def)
		if err != nil {
			return nil, err
		}
		return x.Options[i].Value, nil
	case spec.Int:
		text, err := s.askFor(ctx, x, x.Label, fmt.Sprint(v.Int("v")))
		if n, bad := strconv.Atoi(text); bad == nil {
			return n, err
		}
		return text, err
	case spec.Multi, spec.Accounts, spec.List:
		if x.Kind == spec.Multi {
			s.say("The values: %s.", optionValues(x.Options))
		}
		text, err := s.askFor(ctx, x, x.Label+", with commas between", strings.Join(v.Strings("v"), ", "))
		list := widget.Split(text)
		if x.Kind == spec.Accounts && err == nil {
			list, err = s.accounts(ctx, list)
		}
		return list, err
	case spec.Item:
		text, err := s.askFor(ctx, x, x.Label, v.Text("v"))
		if err != nil || text == "" || s.of == "" || x.Validate(text) == nil {
			return text, err
		}
		return s.among(ctx, text, func() ([]integration.Named, error) { return s.svc.Items(ctx, s.of, text, pageOf) })
	case spec.Rules:
		return s.rules(ctx, x, now)
	case spec.ItemMap, spec.FieldMap:
		return s.pairs(ctx, x, v.Map("v"))
	}
	text, err := s.askFor(ctx, x, x.Label, v.Text("v"))
	return text, err
}

func optionValues(options []spec.Option) string {
	out := make([]string, len(options))
	for i, o := range options {
		out[i] = o.Value
	}
	return strings.Join(out, ", ")
}

// pairs asks for a map as lines of KEY=value until an empty line.
func (s *session) pairs(ctx context.Context, x spec.Field, now map[string]string) (any, error) {
	out := map[string]any{}
	for k, v := range now {
		out[k] = v
		s.say("now %s=%s", k, v)
	}
	s.say("The keys: %s.", optionValues(x.Options))
	for {
		s.say("%s: type KEY=value, KEY= to take one out, enter when done:", x.Label)
		line, err := s.line(ctx)
		switch line = strings.TrimSpace(line); {
		case err != nil || line == "":
			return out, err
		case strings.EqualFold(line, "back"):
			return out, errBack
		}
		k, v, ok := strings.Cut(strings.TrimSpace(line), "=")
		if _, known := x.Option(strings.TrimSpace(k)); !ok || !known {
			s.say("Error: %q is not KEY=value with one of the keys above.", line)
			continue
		}
		if k, v = strings.TrimSpace(k), strings.TrimSpace(v); v == "" {
			delete(out, k)
			continue
		}
		if x.Kind == spec.ItemMap && s.of != "" && x.Validate(map[string]any{k: v}) != nil {
			if v, err = s.among(ctx, v, func() ([]integration.Named, error) { return s.svc.Items(ctx, s.of, v, pageOf) }); err != nil {
				return out, err
			}
		}
		out[k] = v
	}
}

func (s *session) finish(ctx context.Context, w wizard.Wizard, draft integration.Draft) error {
	s.problems(w.Validate())
	at := w.Draft()
	if err := s.preview(ctx, service.PreviewRequest{IntegrationID: s.of, EntityType: at.EntityType, Destination: at.Destination,
		ConfigData: at.ConfigData}); err != nil {
		return err
	}
	ok, err := s.confirm(ctx, "Create “"+w.Title()+"”?")
	if err != nil {
		return err
	}
	if !ok {
		s.say("Not created. The draft is kept.")
		return nil
	}
	d := w.Draft()
	in, err := s.svc.Create(ctx, service.NewIntegration{EntityType: d.EntityType, Destination: d.Destination, Name: d.Name,
		ConfigData: d.ConfigData, DraftID: draft.ID})
	if err != nil {
		return err
	}
	if in.Authorized {
		s.say("Created %s. It is CONNECTED.", in.Name)
		return nil
	}
	s.say("Created %s. It is not yet authenticated for connection to your %s system.", in.Name, in.Destination)
	now, err := s.confirm(ctx, "Connect it now?")
	if err != nil || !now { // it is created: there is no way back from here
		return s.showError(err)
	}
	_, err = s.connect(ctx, in)
	return s.showError(err)
}
