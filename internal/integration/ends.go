package integration

import "time"

// SupersededBy is what becomes of a run that the run of a newer version of its
// Bill replaces.
func (r Run) SupersededBy(by string, at time.Time) Run {
	r.Status, r.Outcome = Complete, Superseded
	r.Cause, r.Error, r.InFlight, r.Next = "", "", false, time.Time{} // the run that replaces it looks first
	r.Advice = "a newer version of the Bill took its place: run " + by
	r.Completed, r.Modified = at, at
	return r
}

const causeDeleted = "integration_deleted"

// Orphaned is what becomes of a run that waits for an integration which was
// deleted: nobody would ever try it.
func (r Run) Orphaned(integrationName string, at time.Time) Run {
	r.Status, r.Outcome, r.Cause = Disabled, "", causeDeleted
	r.Error = "the integration " + integrationName + " was deleted while the run waited"
	r.Advice = "if the Bill is still to be sent, make an integration that selects it"
	r.Completed, r.Modified, r.Next = at, at, time.Time{}
	return r
}
