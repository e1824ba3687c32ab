package delivery

import (
	"slices"

	"billferry/internal/integration"
)

// next holds every transition of a run; docs/STATES.md tells it. What is
// settled moves only by an act from outside: an external mapping that appears,
// a connection that works again, or a person.
var next = map[integration.Status][]integration.Status{
	integration.Waiting:         open(integration.Started, integration.Disabled),
	integration.AwaitingRetry:   open(integration.Started, integration.Disabled),
	integration.RateLimitRetry:  open(integration.Started, integration.Disabled),
	integration.Started:         open(integration.Waiting),
	integration.Errored:         {integration.Waiting, integration.Complete},
	integration.AuthFailed:      {integration.Waiting, integration.Complete},
	integration.PeriodClosed:    {integration.Complete},
	integration.AlreadyPaid:     {integration.Complete},
	integration.TimeoutExceeded: {integration.Complete},
	integration.Disabled:        {integration.Complete},
	integration.Complete:        {},
}

// open is what any run that is not settled can become, and more.
func open(more ...integration.Status) []integration.Status {
	return append(more,
		integration.Complete, integration.Errored, integration.AwaitingRetry, integration.RateLimitRetry,
		integration.AuthFailed, integration.PeriodClosed, integration.AlreadyPaid, integration.TimeoutExceeded)
}

// CanBecome tells whether a run may go from one status to another. Nothing
// leaves COMPLETE: what has to be sent again is a new run that names the old.
func CanBecome(from, to integration.Status) bool { return slices.Contains(next[from], to) }
