package service

import "time"

// The spans of Activity.
const (
	ActivityHours = 24
	ActivityDays  = 30
)

// Activity is what goes on: how many runs were made lately, and how fast each
// account of a destination is sent to.
type Activity struct {
	Hours    []int         `json:"hours"`   // Bills of the last 24 hours by the hour, this one last
	Days     []int         `json:"days"`    // Bills of the last 30 days by 24 hours, of which the last end with this hour
	Refused  []int         `json:"refused"` // requests refused for load in the same hours, since the process began
	Accounts []AccountPace `json:"accounts"`
}

// AccountPace is how an account of a destination is sent to.
type AccountPace struct {
	Account      string   `json:"account"`
	Integrations []string `json:"integrations"` // that send into it, by their ids
	Slots        int      `json:"slots"`        // requests at once that it is given now
	InUse        int      `json:"inUse"`
	PerMinute    int      `json:"perMinute"` // Bills settled lately
	// ToProve is how many seconds it takes from an answer to the proof, as the last
	// documents took; 0: none was proven since the process began.
	ToProve    int       `json:"secondsToProve,omitempty"`
	Left       int       `json:"left"` // runs that are still to be sent; not those that are held
	Paused     time.Time `json:"pausedUntil,omitzero"`
	LastAnswer time.Time `json:"lastAnswer,omitzero"` // of the account; zero: none since the process began
	Refusals   int       `json:"refusals"`            // requests refused for load since the process began
}
