package wizard

// State says where a stage stands beside the one that is on.
type State int

// The states of a stage.
const (
	Ahead State = iota
	Current
	Done
)

// Step is one stage as a stepper line shows it.
type Step struct {
	Stage Stage
	Name  string // short, for the stepper
	Task  string // what to do there, in m3ter's words
	State State
}

var steps = []Step{
	{Stage: Entity, Name: "Entity type", Task: "Select the type of entity you want to integrate with an external system"},
	{Stage: Destination, Name: "Destination", Task: "Select an external system to integrate with"},
	{Stage: Configure, Name: "Configure and create", Task: "Configure the details required for the destination and create the integration"},
}

// Steps lists the three stages with their state.
func (w Wizard) Steps() []Step {
	out := make([]Step, len(steps))
	for i, s := range steps {
		switch {
		case s.Stage < w.draft.Stage:
			s.State = Done
		case s.Stage == w.draft.Stage:
			s.State = Current
		}
		out[i] = s
	}
	return out
}

// Step is the stage that is on.
func (w Wizard) Step() Step { return w.Steps()[w.draft.Stage-1] }
