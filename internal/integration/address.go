package integration

// Address is where the document of a run can be looked at; "" when there is none, or
// when it was deleted: its address leads nowhere then.
func (r Run) Address() string {
	if r.Gone() {
		return ""
	}
	return r.URL
}

// Gone tells that the destination had the document of a run and has it no more.
func (r Run) Gone() bool { return r.Cause == CauseDeleted }
