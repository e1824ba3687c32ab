package service

import (
	"context"

	"billferry/internal/spec"
)

// Steering is what a Service of demo can do besides: make things happen in the
// simulators, as people and the world do in real accounts.
type Steering interface {
	// DemoActs lists what can be made to happen now. Defaults of fields name
	// something that is there.
	DemoActs(ctx context.Context) ([]DemoAct, error)
	// DemoDo makes it happen and says what happened.
	DemoDo(ctx context.Context, id string, v spec.Values) (told string, err error)
}

// DemoAct is one of these acts.
type DemoAct struct {
	ID     string
	Key    string // its letter in the menu
	Text   string // "close an accounting period"
	Help   string // what to watch for then
	Fields []spec.Field
}
