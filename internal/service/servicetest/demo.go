package servicetest

import (
	"context"

	"billferry/internal/service"
	"billferry/internal/spec"
)

var _ service.Steering = (*Fake)(nil)

// DemoActs implements service.Steering.
func (f *Fake) DemoActs(ctx context.Context) ([]service.DemoAct, error) {
	if err := f.enter(ctx, "DemoActs"); err != nil {
		return nil, err
	}
	date := spec.Field{Key: "date", Label: "A date in it", Panel: "Demo", Kind: spec.Text, Required: true, Default: "2026-06-01",
		Help: "The month of this date becomes open."}
	return []service.DemoAct{
		{ID: "open", Key: "o", Text: "open an accounting period", Help: "Then retry what it had stopped.", Fields: []spec.Field{date}},
		{ID: "well", Key: "n", Text: "all is well again", Help: "What waited goes on by itself."},
	}, nil
}

// DemoDo implements service.Steering: nothing happens but the change that tells of it.
func (f *Fake) DemoDo(ctx context.Context, id string, _ spec.Values) (string, error) {
	if err := f.enter(ctx, "DemoDo"); err != nil {
		return "", err
	}
	f.Notify("demo", id)
	return "done: " + id, nil
}
