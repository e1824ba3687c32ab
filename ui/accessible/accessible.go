package accessible

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/glance"
	"billferry/ui/widget"
)

// session is one visit.
type session struct {
	*prompt
	svc  service.Service
	info service.Info
	of   string // the integration whose settings are changed: its destination knows items by name
}

// Run asks and answers until the operator quits or the input ends.
func Run(ctx context.Context, svc service.Service, in io.Reader, out io.Writer) error {
	info, err := svc.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask whose data this is: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s := &session{newPrompt(ctx, in, out), svc, info, ""}
	s.say("billferry: m3ter Bills to %s invoices. Organisation: %s, %s store.", svc.Catalog().Systems(), info.Called(), info.Mode)
	if info.Sandbox {
		s.say("This is a SANDBOX: simulators answer, not the real systems.")
	}
	err = s.menu(ctx)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// menu offers what can be done until Quit.
func (s *session) menu(ctx context.Context) error {
	type entry struct {
		name string
		do   func(context.Context) error
	}
	acts := []entry{
		{"Create an integration", s.create}, {"List integrations", s.list},
		{"Connect an integration to its destination", s.connectOne}, {"Review runs", s.runs},
		{"Change the settings of an integration", s.edit}, {"Test the connection of an integration", s.test},
		{"Enable or disable an integration", s.enable}, {"Events that nobody has seen to", s.events},
		{"External mappings", s.mappings}, {"Month end", s.month}, {"Retry all failed runs of an integration", s.retryAll},
		{"Saved filters", s.filters}, {"Plans", s.plans}, {"Evidence of a month", s.evidence}, {"Delete an integration", s.remove},
		{"Failed runs by cause", s.causes}, {"Duplicate an integration", s.duplicate},
		{"Hear about an integration", s.about},
	}
	if _, ok := s.svc.(service.Steering); ok && s.info.Demo != nil {
		acts = append(acts, entry{"Make something happen in demo's simulators", s.demo})
	}
	acts = append(acts, entry{"Quit", nil})
	names := make([]string, len(acts))
	for i, a := range acts {
		names[i] = a.name
	}
	for {
		i, err := s.choose(ctx, "What do you want to do?", names, -1)
		if errors.Is(err, errBack) {
			continue
		}
		if err != nil {
			return err
		}
		if acts[i].do == nil {
			return nil
		}
		s.of = ""
		if err := s.showError(acts[i].do(ctx)); err != nil {
			return err
		}
	}
}

// showError says a failure and goes on; only the end of the session is returned.
func (s *session) showError(err error) error {
	switch {
	case err == nil || errors.Is(err, errBack):
		return nil
	case errors.Is(err, io.EOF) || errors.Is(err, context.Canceled):
		return err
	}
	s.fault(err)
	return nil
}

func (s *session) fault(err error) {
	s.say("Error: %v", err)
	var f *integration.Failure
	if errors.As(err, &f) && f.Advice != "" {
		s.say("What to do: %s", f.Advice)
	}
}

func (s *session) list(ctx context.Context) error {
	all, err := s.svc.Integrations(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		s.say("There is no integration yet.")
	}
	if len(all) > 0 {
		s.glance(ctx, all)
	}
	for _, x := range all {
		s.say("%s: %s to %s, %s, %s runs in 24 hours, %s need you.", x.Name, x.EntityType, x.Destination, x.Integration.State(),
			widget.Count(x.Bills24h), widget.Count(x.NeedsYou))
	}
	return nil
}

// glance says the state of everything; without it the list is still of use.
func (s *session) glance(ctx context.Context, all []service.Summary) {
	now := time.Now()
	state, err := glance.Read(ctx, s.svc, all, now)
	if err == nil {
		var month integration.Totals
		month, err = glance.ReadMonth(ctx, s.svc, now)
		state.Month = &month
	}
	if err != nil {
		s.fault(err)
		return
	}
	for _, line := range state.Words() {
		s.say("%s", line)
	}
}

// pick asks for one integration.
func (s *session) pick(ctx context.Context) (integration.Integration, error) {
	all, i, err := s.which(ctx)
	if err != nil {
		return integration.Integration{}, err
	}
	return all[i].Integration, nil
}

// pickOrAll asks for the id of one integration; "" is all of them.
func (s *session) pickOrAll(ctx context.Context) (string, error) {
	all, i, err := s.which(ctx, "All of them")
	if err != nil || i == len(all) {
		return "", err
	}
	return all[i].ID, nil
}

// which asks for one of the integrations, or what stands after them.
func (s *session) which(ctx context.Context, or ...string) ([]service.Summary, int, error) {
	all, err := s.svc.Integrations(ctx)
	if err != nil {
		return nil, 0, err
	}
	if len(all) == 0 {
		return nil, 0, errors.New("there is no integration yet: create one first")
	}
	names := make([]string, len(all))
	for i, x := range all {
		names[i] = x.Name + ", " + x.Integration.State()
	}
	i, err := s.choose(ctx, "Which integration?", append(names, or...), 0)
	return all, i, err
}
