package accessible

import (
	"context"

	"billferry/internal/service"
	"billferry/internal/spec"
)

// demo makes something happen in the simulators, as the menu of the screens does.
func (s *session) demo(ctx context.Context) error {
	steer := s.svc.(service.Steering)
	acts, err := steer.DemoActs(ctx)
	if err != nil {
		return err
	}
	words := make([]string, len(acts))
	for i, a := range acts {
		words[i] = a.Text
	}
	i, err := s.choose(ctx, "What shall happen?", words, -1)
	if err != nil {
		return err
	}
	v := spec.Values{}
	for _, x := range acts[i].Fields {
		got, err := s.setting(ctx, x, x.Default)
		if err != nil {
			return err
		}
		v.Set(x.Key, got)
	}
	told, err := steer.DemoDo(ctx, acts[i].ID, v)
	if err != nil {
		return err
	}
	s.say("Demo: %s. %s", told, acts[i].Help)
	return nil
}
