package ui

import (
	"billferry/ui/create"
	"billferry/ui/details"
	"billferry/ui/events"
	"billferry/ui/home"
	"billferry/ui/mappings"
	"billferry/ui/month"
	"billferry/ui/plans"
	"billferry/ui/run"
	"billferry/ui/runs"
	"billferry/ui/screen"
)

// build makes the screen of a route. An unknown name is the list.
func build(env screen.Env, to screen.Route) screen.Screen {
	switch to.Name {
	case screen.Create:
		return create.New(env, to.ID)
	case screen.Edit:
		return create.NewEdit(env, to)
	case screen.Details:
		return details.New(env, to.ID, to.Arg)
	case screen.Runs:
		return runs.New(env, to)
	case screen.Run:
		return run.New(env, to.ID)
	case screen.Events:
		return events.New(env, to.ID)
	case screen.Month:
		return month.New(env, to.ID, to.Arg)
	case screen.Plans:
		return plans.New(env, to.ID, to.Arg)
	case screen.Mappings:
		return mappings.New(env, to.ID, to.Arg)
	default:
		return home.New(env)
	}
}
